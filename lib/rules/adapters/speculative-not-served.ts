import { needsGpu, serverName } from '../helpers/engine';
import { found } from '../helpers/finding';
import { LLAMA_8B } from '../helpers/samples';
import type { Rule } from '../types';

const example = (family: string, rest: object) => ({
  model: { config: LLAMA_8B },
  container: { family },
  options: { maxModelLen: 4096 },
  ...rest,
});

export const speculativeNotServed: Rule = {
  id: 'SPECULATIVE_NOT_SERVED',
  severity: 'warning',
  summary: 'speculative decoding is asked of a server that it is rendered for',
  explanation:
    'The spec’s speculative section is rendered for vLLM and SGLang. Neuron images take a draft model at compile time, TensorRT-LLM in the engine, and llama-server by variables of its own (SM_LLAMA_CPP_MODEL_DRAFT): for them the section has no effect.',
  source: 'aws/deep-learning-containers docs; llama.cpp tools/server/README.md, --model-draft',
  examples: {
    passes: [
      example('vllm', { speculative: { method: 'ngram', tokens: 4 } }),
      example('sglang', { speculative: { method: 'ngram', tokens: 4 } }),
      example('llama-cpp', { quantization: 'gguf:Q4_K_M' }),
    ],
    fails: [
      example('lmi-trtllm', { speculative: { tokens: 4 } }),
      example('llama-cpp', {
        quantization: 'gguf:Q4_K_M',
        speculative: { method: 'draft', model: 'small', tokens: 4 },
      }),
    ],
  },
  evaluate(context) {
    const { container, spec } = context;
    if (spec.speculative === undefined || container === undefined || container.engine === 'unknown') return [];
    if (needsGpu(context) && container.engine !== 'tensorrt-llm') return [];
    return [
      found({
        what: `${serverName(context)} does not read the speculative section`,
        got: `speculative ${spec.speculative.method ?? ''} on ${container.family}`.replace('  ', ' '),
        allowed: 'vllm, lmi or sglang',
        fix: container.engine === 'llama.cpp' ? 'set SM_LLAMA_CPP_MODEL_DRAFT in environment' : 'leave speculative out',
        path: '/speculative',
      }),
    ];
  },
};
