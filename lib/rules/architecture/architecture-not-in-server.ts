import { isVllm, serverName } from '../helpers/engine';
import { found } from '../helpers/finding';
import { VLLM_SOURCE, vllmHas } from '../helpers/vllm-models';
import { LLAMA_8B, T5_SMALL } from '../helpers/samples';
import { whyNoFallback } from '../helpers/transformers-fallback';
import { TRANSFORMERS_SOURCE } from '../helpers/transformers-models';
import type { Rule } from '../types';

const NEW = {
  ...LLAMA_8B,
  architectures: ['BrandNewForCausalLM'],
  model_type: 'brand_new',
  auto_map: { AutoModelForCausalLM: 'modeling_brand_new.BrandNewForCausalLM' },
};
const NOBODYS = { ...LLAMA_8B, architectures: ['LlavaQwenForCausalLM'], model_type: 'llava_qwen' };
const example = (config: object, version: string) => ({
  model: { config },
  container: { family: 'vllm', version },
});

/** From 0.7 on vLLM runs decoders that it has no code for through Transformers, where their code allows it. */
const TRANSFORMERS_BACKEND = { since: '0.7.0' };

export const architectureNotInServer: Rule = {
  id: 'ARCHITECTURE_NOT_IN_SERVER',
  severity: 'error',
  summary: 'vLLM has an implementation of the architecture',
  explanation:
    'vLLM never had T5 and other encoder-decoder models of text: it refuses them. A decoder without an implementation of its own is tried through the Transformers backend from 0.7 on, which works where the model’s code supports it, slower; before that it is refused. So is one that Transformers has no class for and that brings none along (auto_map), one whose class keeps its attention to itself (`_supports_attention_backend`), and a mixture of experts where the image has Transformers below 5.',
  source: `${VLLM_SOURCE}; ${TRANSFORMERS_SOURCE}; vLLM docs, "Supported models: Transformers"; vllm-project/vllm#32338`,
  server: { engine: 'vllm' },
  examples: {
    passes: [example(LLAMA_8B, '0.8.5')],
    fails: [example(T5_SMALL, '0.10.2'), example(NEW, '0.10.2'), example(NOBODYS, '0.13.0')],
  },
  evaluate(context) {
    const { container, model } = context;
    if (model === undefined || container?.engineVersion === undefined) return [];
    if (vllmHas(model.architecture, 'served', container.engineVersion) !== 'unknown') return [];
    const why = whyNoFallback(context, model);
    const isPossible = model.kind !== 'encoder-decoder' && isVllm(context, TRANSFORMERS_BACKEND) && why === undefined;
    return [
      found({
        what: isPossible
          ? `${serverName(context)} has no implementation of ${model.architecture} that we know, and can only try it through Transformers`
          : `${serverName(context)} does not support the architecture ${model.architecture}${why === undefined ? '' : `: ${why}`}`,
        got: model.architecture,
        allowed: 'an architecture that vLLM implements',
        fix: isPossible
          ? 'try it on one instance first, or use the newest image'
          : 'choose another model, or a custom container that serves it',
        path: '/model/config/architectures',
        severity: isPossible ? 'warning' : 'error',
      }),
    ];
  },
};
