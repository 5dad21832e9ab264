import { serverName } from '../helpers/engine';
import { found } from '../helpers/finding';
import { LLAMA_8B } from '../helpers/samples';
import { speculationOf } from '../helpers/speculation';
import type { Rule } from '../types';

const example = (version: string, method = 'draft') => ({
  model: { config: LLAMA_8B },
  container: { family: 'vllm', version },
  options: { maxModelLen: 4096 },
  speculative: { method, model: 'small', tokens: 4 },
});

export const draftModelNotSupported: Rule = {
  id: 'DRAFT_MODEL_NOT_SUPPORTED',
  severity: 'error',
  summary: 'a draft model meets a version whose engine can run one',
  explanation:
    'The V1 engine began without draft models; from 0.10 up to 0.14 nothing else could run them: "Speculative decoding with draft model is not supported yet. Please consider using other speculative decoding methods such as ngram, medusa, eagle, or mtp."',
  source: 'vllm/config/speculative.py of 0.10.0 to 0.14.0',
  holdsFor: 'vLLM 0.10 to 0.14',
  server: { engine: 'vllm', since: '0.10.0', before: '0.15.0' },
  examples: {
    passes: [example('0.9.2'), example('0.15.0'), example('0.11.0', 'eagle')],
    fails: [example('0.10.0'), example('0.14.0'), example('0.11.0', 'draft_model')],
  },
  evaluate(context) {
    const speculative = speculationOf(context);
    if (speculative?.model === undefined) return [];
    if (speculative.method !== 'draft' && speculative.method !== 'draft_model') return [];
    return [
      found({
        what: `${serverName(context)} does not support speculative decoding with a draft model`,
        got: `method ${speculative.method}`,
        allowed: 'ngram, medusa, eagle, eagle3 or mtp',
        fix: 'use ngram or eagle, or an image with vLLM 0.15 or newer',
        path: '/speculative/method',
      }),
    ];
  },
};
