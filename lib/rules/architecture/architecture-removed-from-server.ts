import { serverName } from '../helpers/engine';
import { found } from '../helpers/finding';
import { lastWith, VLLM_SOURCE, vllmHas } from '../helpers/vllm-models';
import { LLAMA_8B } from '../helpers/samples';
import type { Rule } from '../types';

const QWEN1 = { ...LLAMA_8B, architectures: ['QWenLMHeadModel'], model_type: 'qwen', num_key_value_heads: 32 };

const example = (version?: string) => ({
  model: { config: QWEN1 },
  container: { family: 'vllm', ...(version === undefined ? {} : { version }) },
  options: { maxModelLen: 4096 },
});

export const architectureRemovedFromServer: Rule = {
  id: 'ARCHITECTURE_REMOVED_FROM_SERVER',
  severity: 'error',
  summary: 'the image’s vLLM still serves the architecture',
  explanation:
    'vLLM drops old architectures: encoder-decoder models other than Whisper with 0.11, Qwen 1, Baichuan, InternLM 1 and others with 0.24. It then says "Model architecture QWenLMHeadModel was supported in vLLM until v0.23.0, and is not supported anymore. Please use an older version of vLLM." When no version is asked for, the newest image is meant; that is a warning here, because the spec can be met with an older one.',
  source: `${VLLM_SOURCE}; registry.py, _PREVIOUSLY_SUPPORTED_MODELS`,
  server: { engine: 'vllm' },
  examples: { passes: [example('0.23.0')], fails: [example('0.24.0'), example()] },
  evaluate(context) {
    const { container, model } = context;
    if (model === undefined || container?.engineVersion === undefined) return [];
    if (vllmHas(model.architecture, 'served', container.engineVersion) !== 'no-more') return [];
    const last = lastWith(model.architecture, 'served') ?? 'an older version';
    return [
      found({
        what: `${serverName(context)} does not support ${model.architecture} any more; vLLM ${last} was the last version that did`,
        got: container.versionDefaulted
          ? `no version, so the newest image (${container.version})`
          : `version ${container.version}`,
        allowed: `vLLM ${last} or older`,
        fix: `set container.version to an image with vLLM ${last}`,
        path: '/container/version',
        severity: container.versionDefaulted ? 'warning' : 'error',
      }),
    ];
  },
};
