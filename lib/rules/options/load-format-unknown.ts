import { nearestNames } from '../../text/nearest';
import { serverName } from '../helpers/engine';
import { found } from '../helpers/finding';
import { LLAMA_8B } from '../helpers/samples';
import type { Rule } from '../types';

const example = (loadFormat: string, family = 'lmi') => ({
  model: { config: LLAMA_8B },
  container: { family },
  options: { maxModelLen: 4096, loadFormat },
});

/** Every format that some release of vLLM, or of LMI's lmi-dist, has had. */
const KNOWN: readonly string[] = [
  'auto',
  'hf',
  'pt',
  'safetensors',
  'npcache',
  'dummy',
  'tensorizer',
  'sharded_state',
  'gguf',
  'bitsandbytes',
  'mistral',
  'runai_streamer',
  'runai_streamer_sharded',
  'fastsafetensors',
  'instanttensor',
  'sagemaker_fast_model_loader',
];

export const loadFormatUnknown: Rule = {
  id: 'LOAD_FORMAT_UNKNOWN',
  severity: 'warning',
  summary: 'the load format is one that vLLM has',
  explanation:
    'vLLM looks a load format up by its name and stops at one that it does not know. A plug-in may add more, which the images of AWS have none of.',
  source: 'vllm/config/load.py and vllm/model_executor/model_loader/__init__.py, 0.4 to 0.30',
  server: { engine: 'vllm' },
  examples: {
    passes: [example('runai_streamer'), example('fastsafetensors', 'vllm')],
    fails: [example('run_ai_streamer'), example('streamer', 'vllm')],
  },
  evaluate(context) {
    const { loadFormat } = context.options;
    if (KNOWN.includes(loadFormat)) return [];
    return [
      found({
        what: `no release of vLLM has a load format of that name, and ${serverName(context)} stops at it`,
        got: loadFormat,
        allowed: KNOWN.join(', '),
        fix: `set loadFormat to ${nearestNames(loadFormat, KNOWN, 1)[0] ?? 'auto'}`,
        path: '/options/loadFormat',
      }),
    ];
  },
};
