import { formatVersion } from '../../text/version';
import { isVllm, serverName } from '../helpers/engine';
import { found } from '../helpers/finding';
import { firstWith, VLLM_SOURCE, vllmHas } from '../helpers/vllm-models';
import { LLAMA_8B, QWEN3_MOE, QWEN3_SMALL } from '../helpers/samples';
import type { Rule } from '../types';

const example = (config: object, version: string) => ({
  model: { config },
  container: { family: 'vllm', version },
  options: { maxModelLen: 4096 },
});

export const architectureNewerThanServer: Rule = {
  id: 'ARCHITECTURE_NEWER_THAN_SERVER',
  severity: 'error',
  summary: 'the image’s vLLM is new enough for the architecture',
  explanation:
    'Each architecture is implemented in vLLM from some version on; with an older image the server stops at once: "Model architectures [\'Qwen3ForCausalLM\'] are not supported for now" or "The checkpoint you are trying to load has model type `qwen3` but Transformers does not recognize this architecture". A newer image is the only way.',
  source: VLLM_SOURCE,
  holdsFor: 'each architecture has its own first version',
  examples: {
    passes: [example(LLAMA_8B, '0.6.3'), example(QWEN3_SMALL, '0.8.5')],
    fails: [example(QWEN3_MOE, '0.7.3'), example(QWEN3_SMALL, '0.6.3')],
  },
  evaluate(context) {
    const { container, model } = context;
    if (model === undefined || container?.engineVersion === undefined || !isVllm(context)) return [];
    if (vllmHas(model.architecture, 'served', container.engineVersion) !== 'not-yet') return [];
    const since = firstWith(model.architecture, 'served') ?? 'a later version';
    return [
      found({
        what: `${serverName(context)} is too old for ${model.architecture}: the architecture is supported from vLLM ${since} on`,
        got: `vLLM ${formatVersion(container.engineVersion)}`,
        allowed: `vLLM ${since} or newer`,
        fix: `use an image with vLLM ${since} or newer`,
        path: '/container/version',
      }),
    ];
  },
};
