import { llamaServerVariables } from '../../container';
import { nearestNames } from '../../text/nearest';
import { shown } from '../helpers/environment';
import { found } from '../helpers/finding';
import { LLAMA_8B } from '../helpers/samples';
import type { Rule, RuleFinding } from '../types';

const example = (options: object, environment?: Record<string, string>) => ({
  model: { config: LLAMA_8B },
  quantization: 'gguf:Q4_K_M',
  container: { family: 'llama-cpp' },
  options: { maxModelLen: 4096, ...options },
  ...(environment === undefined ? {} : { environment }),
});

/** Source: llama.cpp common/arg.cpp, `kv_cache_types`. */
const TYPES = ['f32', 'f16', 'bf16', 'q8_0', 'q4_0', 'q4_1', 'iq4_nl', 'q5_0', 'q5_1'];

const VARIABLES = ['CACHE_TYPE_K', 'CACHE_TYPE_V'].flatMap(llamaServerVariables);

export const kvTypeUnknown: Rule = {
  id: 'KV_TYPE_UNKNOWN',
  severity: 'error',
  summary: 'kvTypeK and kvTypeV are types that llama-server keeps a cache in',
  explanation:
    'llama-server takes nine types for keys and values (--cache-type-k, --cache-type-v) and stops on others: "Unsupported cache type". K-quants such as q4_k are for weights only. It compares letter by letter: Q8_0 is none of them.',
  source: 'llama.cpp tools/server/README.md, --cache-type-k; common/arg.cpp, kv_cache_type_from_str',
  examples: {
    passes: [example({ kvTypeK: 'q8_0', kvTypeV: 'q8_0' })],
    fails: [
      example({ kvTypeK: 'q4_k' }),
      example({ kvTypeV: 'fp8' }),
      example({}, { SM_LLAMA_CPP_CACHE_TYPE_K: 'Q8_0' }),
    ],
  },
  evaluate({ container, options, spec }) {
    if (container?.engine !== 'llama.cpp') return [];
    const findings: RuleFinding[] = [];
    for (const variable of VARIABLES) {
      const word = spec.environment?.[variable];
      const type = word?.toLowerCase();
      if (word === undefined || type === undefined || word === type || !TYPES.includes(type)) continue;
      findings.push(
        found({
          what: 'llama-server knows this type in small letters alone',
          got: shown(variable, word),
          allowed: type,
          fix: `set ${variable} to ${type}`,
          path: `/environment/${variable}`,
        }),
      );
    }
    for (const name of ['kvTypeK', 'kvTypeV'] as const) {
      const type = options[name].toLowerCase();
      if (TYPES.includes(type)) continue;
      findings.push(
        found({
          what: 'llama-server keeps no KV cache in this type',
          got: `${name} ${options[name]}`,
          allowed: TYPES.join(', '),
          fix: `write ${/8/.test(type) ? 'q8_0' : (nearestNames(type, TYPES)[0] ?? 'f16')}`,
          path: `/options/${name}`,
        }),
      );
    }
    return findings;
  },
};
