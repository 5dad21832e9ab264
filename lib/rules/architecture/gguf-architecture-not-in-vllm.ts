import { isVllm } from '../helpers/engine';
import { ggufModelType, ggufNotRead } from '../helpers/gguf-architecture';
import { LLAMA2_7B, QWEN3_MOE } from '../helpers/samples';
import type { Rule } from '../types';

const example = (config: object, version: string) => ({
  model: { config },
  quantization: 'gguf:Q4_K_M',
  container: { family: 'vllm', version },
  options: { maxModelLen: 2048 },
});

/**
 * First vLLM that reads a GGUF of each architecture, by the config’s `model_type`. vLLM leaves the file’s metadata to Transformers, so the
 * version is that of the Transformers release it was built with.
 * Source: transformers integrations/ggml.py, GGUF_CONFIG_MAPPING of 4.44 to 5.0; vllm model_loader/gguf_loader.py.
 */
const SINCE: Readonly<Record<string, string>> = {
  llama: '0.5.5',
  mistral: '0.5.5',
  mixtral: '0.5.5',
  qwen2: '0.5.5',
  phi3: '0.6.3',
  qwen2_moe: '0.6.3',
  bloom: '0.6.4',
  falcon: '0.6.4',
  gpt2: '0.6.4',
  stablelm: '0.6.4',
  starcoder2: '0.6.4',
  mamba: '0.6.5',
  nemotron: '0.6.5',
  gemma2: '0.7.0',
  deepseek_v2: '0.8.3',
  deepseek_v3: '0.8.3',
  gemma3: '0.9.0',
  gemma3_text: '0.9.0',
  qwen3: '0.10.1',
  qwen3_moe: '0.10.1',
  deci: '0.10.2',
  lfm2: '0.11.0',
};

export const ggufArchitectureNotInVllm: Rule = {
  id: 'GGUF_ARCHITECTURE_NOT_IN_VLLM',
  severity: 'error',
  summary: 'vLLM reads GGUF files of this architecture',
  explanation:
    'vLLM reads GGUF for fewer architectures than it serves otherwise: the file’s metadata is translated by Transformers, architecture by architecture. Others stop with "GGUF model with architecture qwen3moe is not supported yet." or "Unknown gguf model_type". llama.cpp reads them all.',
  source:
    'transformers src/transformers/integrations/ggml.py by version; issues vllm-project/vllm#28691, #18382, huggingface/transformers#43366',
  holdsFor: 'vLLM 0.5.5 to 0.23; later vLLM has no GGUF',
  examples: {
    passes: [example(LLAMA2_7B, '0.8.5'), example(QWEN3_MOE, '0.11.0')],
    fails: [example(QWEN3_MOE, '0.8.5')],
  },
  evaluate(context) {
    const { model, scheme } = context;
    if (scheme.layout !== 'gguf' || model === undefined || !isVllm(context, { since: '0.5.5', before: '0.24.0' }))
      return [];
    const type = ggufModelType(model);
    const since = Object.hasOwn(SINCE, type) ? SINCE[type] : undefined;
    if (since !== undefined && isVllm(context, { since })) return [];
    return [ggufNotRead(context, model, 'vLLM', since && `vLLM ${since} to 0.23`)];
  },
};
