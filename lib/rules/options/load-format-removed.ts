import { isVllm, serverName, type VersionRange } from '../helpers/engine';
import { found } from '../helpers/finding';
import { LLAMA_8B } from '../helpers/samples';
import type { Rule, RuleContext } from '../types';

const example = (loadFormat: string, family: string, version: string) => ({
  model: { config: LLAMA_8B },
  container: { family, version },
  options: { maxModelLen: 4096, loadFormat },
});

/** Formats that left vLLM with their quantization methods. */
const GONE: Readonly<Record<string, VersionRange>> = { gguf: { since: '0.24.0' }, bitsandbytes: { since: '0.28.0' } };
/** Fast Model Loader lives in lmi-dist, which LMI 14 was the last to contain. */
const FAST_MODEL_LOADER = 'sagemaker_fast_model_loader';

function isGone(context: RuleContext): boolean {
  const { loadFormat } = context.options;
  if (loadFormat === FAST_MODEL_LOADER) return isVllm(context, { since: '0.8.0' });
  return Object.hasOwn(GONE, loadFormat) && isVllm(context, GONE[loadFormat]);
}

export const loadFormatRemoved: Rule = {
  id: 'LOAD_FORMAT_REMOVED',
  severity: 'error',
  summary: 'the load format exists in this version',
  explanation:
    'Loaders went with what they loaded: gguf with vLLM 0.24, bitsandbytes with 0.28. SageMaker’s Fast Model Loader (sagemaker_fast_model_loader) needs lmi-dist, last shipped with LMI 14 (0.32). runai_streamer, sharded_state and fastsafetensors load fast on newer images.',
  source: 'vllm/model_executor/model_loader/__init__.py by version; djl-serving docs, breaking changes of LMI 15',
  examples: {
    passes: [example('runai_streamer', 'lmi', '0.36.0'), example('bitsandbytes', 'vllm', '0.10.2')],
    fails: [example('bitsandbytes', 'vllm', '0.28.0'), example('sagemaker_fast_model_loader', 'lmi', '0.36.0')],
  },
  evaluate(context) {
    if (!isGone(context)) return [];
    const { loadFormat } = context.options;
    return [
      found({
        what: `${serverName(context)} has no load format of that name any more`,
        got: loadFormat,
        allowed: 'auto, safetensors, runai_streamer, sharded_state, fastsafetensors',
        fix:
          loadFormat === FAST_MODEL_LOADER
            ? 'use runai_streamer, or an image up to 0.32.0-lmi14'
            : 'set loadFormat to auto, and use a checkpoint in another scheme',
        path: '/options/loadFormat',
      }),
    ];
  },
};
