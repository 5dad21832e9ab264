import { formatVersion } from '../../text/version';
import { isVllm, serverName } from '../helpers/engine';
import { found } from '../helpers/finding';
import { lookedUpArchitecture } from '../helpers/mistral-format';
import { mayFallBack } from '../helpers/transformers-fallback';
import { firstWith, VLLM_SOURCE, vllmHas } from '../helpers/vllm-models';
import { LLAMA_8B, MISTRAL_7B, QWEN3_MOE, QWEN3_SMALL } from '../helpers/samples';
import type { Rule } from '../types';

const example = (config: object, version: string, environment?: object) => ({
  model: { config },
  container: { family: 'vllm', version },
  options: { maxModelLen: 4096 },
  environment,
});

/** mistralai/Mistral-Small-3.1-24B-Instruct-2503 */
const MISTRAL_SMALL = {
  architectures: ['Mistral3ForConditionalGeneration'],
  model_type: 'mistral3',
  text_config: { ...MISTRAL_7B, hidden_size: 5120, num_hidden_layers: 40, intermediate_size: 32768, head_dim: 128 },
  vision_config: { model_type: 'pixtral', hidden_size: 1024, num_hidden_layers: 24, num_attention_heads: 16 },
};
const MISTRAL_FORMAT = { SM_VLLM_CONFIG_FORMAT: 'mistral', SM_VLLM_LOAD_FORMAT: 'mistral' };

/** From here on the class of Transformers is asked whether its attention can be exchanged. */
const TRIES_TRANSFORMERS = { since: '0.8.5' };

export const architectureNewerThanServer: Rule = {
  id: 'ARCHITECTURE_NEWER_THAN_SERVER',
  severity: 'error',
  summary: 'the image’s vLLM is new enough for the architecture',
  explanation:
    'Each architecture is implemented in vLLM from some version on; with an older image the server stops at once: "Model architectures [\'Qwen3ForCausalLM\'] are not supported for now" or "The checkpoint you are trying to load has model type `qwen3` but Transformers does not recognize this architecture". A newer image is the only way, but for Mistral’s own format: with --config-format mistral vLLM makes the architecture out of params.json, one that it had before (Mistral Small 3.1 is served as Pixtral). Where Transformers has a class whose attention can be exchanged, vLLM tries that: a warning.',
  source: VLLM_SOURCE,
  holdsFor: 'each architecture has its own first version',
  server: { engine: 'vllm' },
  examples: {
    passes: [
      example(LLAMA_8B, '0.6.3'),
      example(QWEN3_SMALL, '0.8.5'),
      example(MISTRAL_SMALL, '0.8.1', MISTRAL_FORMAT),
    ],
    fails: [example(QWEN3_MOE, '0.7.3'), example(QWEN3_SMALL, '0.6.3'), example(MISTRAL_SMALL, '0.8.1')],
  },
  evaluate(context) {
    const { container, model } = context;
    if (model === undefined || container?.engineVersion === undefined) return [];
    const architecture = lookedUpArchitecture(context, model);
    if (vllmHas(architecture, 'served', container.engineVersion) !== 'not-yet') return [];
    const since = firstWith(architecture, 'served') ?? 'a later version';
    const isTried = isVllm(context, TRIES_TRANSFORMERS) && mayFallBack(context, model);
    return [
      found({
        what: isTried
          ? `${serverName(context)} has no code of its own for ${architecture}, as vLLM ${since} has, and can only try that of Transformers`
          : `${serverName(context)} is too old for ${architecture}: the architecture is supported from vLLM ${since} on`,
        got: `vLLM ${formatVersion(container.engineVersion)}`,
        allowed: `vLLM ${since} or newer`,
        fix: `use an image with vLLM ${since} or newer`,
        path: '/container/version',
        severity: isTried ? 'warning' : 'error',
      }),
    ];
  },
};
