import { compareVersions, parseVersion } from '../../text/version';
import { found } from '../helpers/finding';
import { LLAMA_8B } from '../helpers/samples';
import type { Rule } from '../types';

const example = (family: string, version: string, asyncInference = true, environment = {}) => ({
  model: { config: LLAMA_8B },
  container: { family, version },
  environment,
  endpoint: { asyncInference },
});

/** DJL Serving that sends an answer that is not streamed whole, with its length, instead of in chunks. */
const WHOLE_ANSWERS = [0, 31, 0] as const;

/** The first image of each family with it; none for Neuron, whose last one is 0.29. */
const FIRST: ReadonlyMap<string, string | undefined> = new Map([
  ['lmi', '0.31.0-lmi13'],
  ['lmi-trtllm', '0.32.0'],
  ['lmi-neuron', undefined],
]);

export const asyncNeedsNewerLmi: Rule = {
  id: 'ASYNC_NEEDS_NEWER_LMI',
  severity: 'error',
  summary: 'the LMI image answers as asynchronous endpoints ask',
  explanation:
    'An asynchronous endpoint takes only an answer with a Content-Length. Up to 0.30, LMI sends what its rolling batch generates in chunks, streamed or not, and so every request fails: "The response from container primary did not specify the required Content-Length header".',
  source:
    'deepjavalibrary/djl-serving#2567, #2550 ("avoid transfer chunked encoding with non-streaming"), in 0.31.0-dlc and not in 0.30.0-dlc',
  needs: ['endpoint'],
  examples: {
    passes: [
      example('lmi', '0.31.0-lmi13'),
      example('lmi', '0.30.0-lmi12', false),
      example('lmi', '0.30.0-lmi12', true, { OPTION_ROLLING_BATCH: 'disable' }),
      example('lmi', '0.30.0-lmi12', true, { OPTION_ROLLING_BATCH: '${Token[TOKEN.12]}' }),
    ],
    fails: [example('lmi', '0.30.0-lmi12'), example('lmi-trtllm', '0.30.0'), example('lmi-neuron', '0.29.0')],
  },
  evaluate({ container, spec }) {
    if (spec.endpoint?.asyncInference !== true || container?.version === undefined || !FIRST.has(container.family))
      return [];
    const served = parseVersion(container.version);
    if (served === undefined || compareVersions(served, WHOLE_ANSWERS) >= 0) return [];
    const batch = spec.environment?.OPTION_ROLLING_BATCH?.trim() ?? 'auto';
    if (batch === 'disable' || batch.includes('${')) return [];
    const first = FIRST.get(container.family);
    return [
      found({
        what: `LMI ${served.slice(0, 2).join('.')} answers in chunks without a Content-Length, and asynchronous (async) endpoints fail every such request`,
        got: `asyncInference with ${container.version}`,
        allowed: '0.31 or newer',
        fix: first === undefined ? 'turn asyncInference off' : `set container.version to ${first}`,
        path: first === undefined ? '/endpoint/asyncInference' : '/container/version',
      }),
    ];
  },
};
