import { isVllm } from '../helpers/engine';
import { ggufModelType, ggufNotRead } from '../helpers/gguf-architecture';
import { LLAMA2_7B, QWEN3_MOE } from '../helpers/samples';
import { GGUF_READ, GGUF_SOURCE, vllmReadsGgufSince } from '../helpers/vllm-limits';
import type { Rule } from '../types';

const example = (config: object, version: string) => ({
  model: { config },
  quantization: 'gguf:Q4_K_M',
  container: { family: 'vllm', version },
  options: { maxModelLen: 2048 },
});

export const ggufArchitectureNotInVllm: Rule = {
  id: 'GGUF_ARCHITECTURE_NOT_IN_VLLM',
  severity: 'error',
  summary: 'vLLM reads GGUF files of this architecture',
  explanation:
    'vLLM reads GGUF for fewer architectures than it serves otherwise: the file’s metadata is translated by Transformers, architecture by architecture. Others stop with "GGUF model with architecture qwen3moe is not supported yet." or "Unknown gguf model_type". llama.cpp reads them all.',
  source: `${GGUF_SOURCE}; vllm-project/vllm#28691, #18382, huggingface/transformers#43366`,
  holdsFor: 'vLLM 0.5.5 to 0.23; later vLLM has no GGUF',
  server: { engine: 'vllm', ...GGUF_READ },
  examples: {
    passes: [example(LLAMA2_7B, '0.8.5'), example(QWEN3_MOE, '0.11.0')],
    fails: [example(QWEN3_MOE, '0.8.5')],
  },
  evaluate(context) {
    const { model, scheme } = context;
    if (scheme.layout !== 'gguf' || model === undefined) return [];
    const since = vllmReadsGgufSince(ggufModelType(model));
    if (since !== undefined && isVllm(context, { since })) return [];
    return [ggufNotRead(context, model, 'vLLM', since && `vLLM ${since} to 0.23`)];
  },
};
