import { isSglang, serverName } from '../helpers/engine';
import { found } from '../helpers/finding';
import { LLAMA_8B, T5_SMALL } from '../helpers/samples';
import { SGLANG_SOURCE, sglangImplements } from '../helpers/server-support';
import { whyNoFallback } from '../helpers/transformers-fallback';
import type { Rule } from '../types';

const NEOX = {
  ...LLAMA_8B,
  architectures: ['GPTNeoXForCausalLM'],
  model_type: 'gpt_neox',
  num_key_value_heads: undefined,
  rope_scaling: undefined,
};

const example = (config: object, version?: string) => ({
  model: { config },
  container: { family: 'sglang', ...(version === undefined ? {} : { version }) },
});

/** `resolve_transformers_arch` came with 0.4.7; 0.4.6.post5 stops at what it does not implement. */
const WITHOUT_FALLBACK = { before: '0.4.7' };

const GLM4 = {
  ...LLAMA_8B,
  architectures: ['Glm4ForCausalLM'],
  model_type: 'glm4',
  rope_scaling: undefined,
};

export const sglangArchitectureNotNative: Rule = {
  id: 'SGLANG_ARCHITECTURE_NOT_NATIVE',
  severity: 'error',
  summary: 'SGLang has an implementation of the architecture',
  explanation:
    'SGLang implements architectures one by one. For others it falls back on the implementation of Transformers, if that takes another attention ("has no SGlang implementation and the Transformers implementation is not compatible with SGLang" if not), with fewer features and slower: a warning. The fallback is for decoders and encoders; a model with both, such as T5 and BART, has nothing there that feeds the encoder, and cannot be served. Before 0.4.7 there was no fallback, and the server stops: "Model architectures … are not supported for now".',
  source: `${SGLANG_SOURCE}; sglang/srt/model_loader/utils.py, \`resolve_transformers_arch\`, and models/registry.py; sgl-project/sglang#5441, #4689`,
  server: { engine: 'sglang' },
  examples: {
    passes: [example(LLAMA_8B), example(LLAMA_8B, '0.2.6'), example(GLM4, '0.4.8')],
    fails: [example(T5_SMALL), example(NEOX), example(GLM4, '0.4.6.post5')],
  },
  evaluate(context) {
    const { container, model } = context;
    if (container === undefined || model === undefined) return [];
    if (sglangImplements(model.architecture, container.engineVersion)) return [];
    const isBoth = model.kind === 'encoder-decoder';
    const why = whyNoFallback(context, model);
    const isRefused = isBoth || why !== undefined || isSglang(context, WITHOUT_FALLBACK);
    return [
      found({
        what: isBoth
          ? `${serverName(context)} cannot serve ${model.architecture}, an encoder with a decoder`
          : isRefused
            ? `${serverName(context)} has no implementation of ${model.architecture}${why === undefined ? '' : `, and ${why}`}`
            : `${serverName(context)} has no implementation of ${model.architecture} and falls back on that of Transformers, which may lack what it needs`,
        got: `${model.architecture} (model_type ${model.modelType})`,
        allowed: 'an architecture of sglang/srt/models',
        fix: isBoth
          ? 'choose a model that is a decoder alone'
          : isRefused
            ? 'use a newer image, or the vllm container'
            : 'use the vllm container, or try it on one endpoint first',
        path: '/model/config/architectures',
        severity: isRefused ? 'error' : 'warning',
      }),
    ];
  },
};
