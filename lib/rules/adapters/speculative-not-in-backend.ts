import { serverName } from '../helpers/engine';
import { shown } from '../helpers/environment';
import { found } from '../helpers/finding';
import { LLAMA_8B } from '../helpers/samples';
import { speculationOf } from '../helpers/speculation';
import type { Rule } from '../types';

const example = (environment: Record<string, string>) => ({
  model: { config: LLAMA_8B },
  container: { family: 'sglang' },
  options: { maxModelLen: 4096 },
  environment,
});

const VARIABLE = 'SM_SGLANG_ATTENTION_BACKEND';
/** Backends that check no more than one token of a sequence at once. */
const WITHOUT_SPECULATION: ReadonlySet<string> = new Set(['torch_native', 'flex_attention']);

export const speculativeNotInBackend: Rule = {
  id: 'SPECULATIVE_NOT_IN_BACKEND',
  severity: 'error',
  summary: 'the attention backend that is named can check guessed tokens',
  explanation:
    "A step of speculative decoding checks several tokens of a sequence at once, which not every attention backend can. SGLang takes n-gram guesses with torch_native all the same, and the server ends in its own warm-up: \"AttributeError: 'NoneType' object has no attribute 'shape'\". Other methods and flex_attention are marked as not supported; nobody has reported what they do.",
  source: 'SGLang docs, "Attention backend", support matrix; sgl-project/sglang#36352',
  server: { engine: 'sglang' },
  examples: {
    passes: [
      example({ SM_SGLANG_SPECULATIVE_ALGORITHM: 'NGRAM', [VARIABLE]: 'triton' }),
      example({ [VARIABLE]: 'torch_native' }),
    ],
    fails: [
      example({ SM_SGLANG_SPECULATIVE_ALGORITHM: 'NGRAM', [VARIABLE]: 'torch_native' }),
      example({ SM_SGLANG_SPECULATIVE_ALGORITHM: 'NGRAM', [VARIABLE]: 'flex_attention' }),
    ],
  },
  evaluate(context) {
    const backend = context.spec.environment?.[VARIABLE];
    if (backend === undefined || !WITHOUT_SPECULATION.has(backend)) return [];
    const method = speculationOf(context)?.method;
    if (method === undefined) return [];
    return [
      found({
        what: `the attention backend ${backend} of ${serverName(context)} does no speculative decoding`,
        severity: method === 'ngram' && backend === 'torch_native' ? 'error' : 'warning',
        got: `${shown(VARIABLE, backend)} with ${method}`,
        allowed: 'flashinfer, fa3 or triton',
        fix: `leave ${VARIABLE} out`,
        path: `/environment/${VARIABLE}`,
      }),
    ];
  },
};
