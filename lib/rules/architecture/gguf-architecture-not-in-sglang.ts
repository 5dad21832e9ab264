import { isSglang } from '../helpers/engine';
import { ggufModelType, ggufNotRead } from '../helpers/gguf-architecture';
import { GEMMA2_2B, LLAMA2_7B, QWEN3_MOE, QWEN3_SMALL } from '../helpers/samples';
import { GGUF_KNOWN, GGUF_SOURCE, sglangReadsGgufSince } from '../helpers/sglang-limits';
import type { Rule } from '../types';

const example = (config: object, version: string) => ({
  model: { config },
  quantization: 'gguf:Q4_K_M',
  container: { family: 'sglang', version },
  options: { maxModelLen: 2048 },
});

export const ggufArchitectureNotInSglang: Rule = {
  id: 'GGUF_ARCHITECTURE_NOT_IN_SGLANG',
  severity: 'error',
  summary: 'SGLang reads GGUF files of this architecture',
  explanation:
    'SGLang leaves the metadata of a GGUF file to Transformers, which translates it architecture by architecture, and names the version it needs: gemma3 came with 0.4.7, qwen3 with 0.4.9.post5, qwen3_moe with 0.5.1. Others stop with "GGUF model with architecture gemma3 is not supported yet." llama.cpp reads them all. Models of images and text are judged only where the table names them: their language model may be stored as one that it knows.',
  source: `${GGUF_SOURCE}; sglang/srt/hf_transformers_utils.py, \`get_config\`; sgl-project/sglang#4894, huggingface/transformers#37002`,
  holdsFor: 'SGLang 0.4.3.post4 to 0.5.9',
  server: { engine: 'sglang', ...GGUF_KNOWN },
  examples: {
    passes: [
      example(LLAMA2_7B, '0.4.4.post3'),
      example(GEMMA2_2B, '0.4.6'),
      example(QWEN3_SMALL, '0.4.10'),
      example(QWEN3_MOE, '0.5.5'),
    ],
    fails: [example(QWEN3_SMALL, '0.4.9'), example(QWEN3_MOE, '0.4.10.post2')],
  },
  evaluate(context) {
    const { model, scheme } = context;
    if (scheme.layout !== 'gguf' || model === undefined) return [];
    const since = sglangReadsGgufSince(ggufModelType(model));
    if (since === undefined ? isComposed(model.config) : isSglang(context, { since })) return [];
    return [ggufNotRead(context, model, 'SGLang', since && `SGLang ${since} or newer`)];
  },
};

/** A model that wraps another, which its GGUF may be named after. */
function isComposed(config: Readonly<Record<string, unknown>>): boolean {
  return config.text_config !== undefined || config.llm_config !== undefined;
}
