import { found } from '../helpers/finding';
import { serverName } from '../helpers/engine';
import { BERT, LLAMA_8B } from '../helpers/samples';
import type { Rule } from '../types';

const example = (config: object, family: string, rest: object = {}) => ({
  model: { config },
  container: { family },
  ...rest,
});

export const encoderCannotGenerate: Rule = {
  id: 'ENCODER_CANNOT_GENERATE',
  severity: 'error',
  summary: 'an encoder is not put on a server that only generates text',
  explanation:
    'Encoders (BERT and its kin) return vectors or scores, not text. The llama.cpp image answers InvokeEndpoint with chat completions only, and the TensorRT-LLM and Neuron images of LMI serve decoders; an encoder there cannot be asked anything. vLLM serves many encoders as pooling models.',
  source:
    'aws/deep-learning-containers scripts/docker/llama_cpp/sagemaker_entrypoint.sh: POST /invocations → /v1/chat/completions; djl-serving docs',
  examples: {
    passes: [example(BERT, 'vllm'), example(LLAMA_8B, 'lmi-trtllm', { options: { maxModelLen: 4096 } })],
    fails: [example(BERT, 'llama-cpp', { quantization: 'gguf:Q8_0' }), example(BERT, 'lmi-trtllm')],
  },
  evaluate(context) {
    const { container, model } = context;
    if (model?.kind !== 'encoder') return [];
    const generatesOnly = ['llama.cpp', 'tensorrt-llm', 'transformers-neuronx', 'neuron-vllm'];
    if (container === undefined || !generatesOnly.includes(container.engine)) return [];
    return [
      found({
        what: `${serverName(context)} in this container only generates text, and ${model.architecture} is an encoder`,
        got: `${model.architecture} on ${container.family}`,
        allowed: 'a decoder, or the vllm container for embeddings',
        fix: 'use the vllm container, which serves encoders as pooling models',
        path: '/container/family',
      }),
    ];
  },
};
