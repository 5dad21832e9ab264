import { isVllm, serverName } from '../helpers/engine';
import { found, gib } from '../helpers/finding';
import { LLAMA2_7B, LLAMA_70B } from '../helpers/samples';
import type { Rule } from '../types';

const example = (config: object, quantization: string) => ({
  model: { config },
  quantization,
  container: { family: 'vllm', version: '0.8.5' },
  options: { maxModelLen: 2048, tensorParallelSize: 8 },
});

/** The hub takes no single file above 50 GB. */
const LARGEST_FILE = 50e9;

export const ggufInSeveralFiles: Rule = {
  id: 'GGUF_IN_SEVERAL_FILES',
  severity: 'warning',
  summary: 'a GGUF that vLLM is to load is one file',
  explanation:
    'vLLM loads single-file GGUFs. The Hugging Face hub takes no file above 50 GB, so larger models lie there as name-00001-of-0000N.gguf: merge them with gguf-split --merge, or serve them with llama.cpp, which reads the parts.',
  source:
    'vLLM docs, features/quantization/gguf: "vLLM only supports loading single-file GGUF models"; issue unslothai/unsloth#3697',
  holdsFor: 'vLLM 0.5.5 to 0.23',
  examples: { passes: [example(LLAMA2_7B, 'gguf:Q4_K_M')], fails: [example(LLAMA_70B, 'gguf:Q8_0')] },
  evaluate(context) {
    if (context.scheme.layout !== 'gguf' || !isVllm(context, { since: '0.5.5', before: '0.24.0' })) return [];
    const bytes = context.plan.checkpointBytes;
    if (bytes === null || bytes <= LARGEST_FILE) return [];
    return [
      found({
        what: `${serverName(context)} loads a GGUF from one file, and one this large is split on the hub`,
        got: gib(bytes),
        allowed: 'a single file',
        fix: 'merge the parts with gguf-split --merge, or use the llama-cpp container',
        path: '/model',
      }),
    ];
  },
};
