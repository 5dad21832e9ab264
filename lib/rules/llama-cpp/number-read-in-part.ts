import { lookup } from '../../text/lookup';
import data from '../data/argument-numbers.json';
import { shown } from '../helpers/environment';
import { count, found } from '../helpers/finding';
import { argumentsOf } from '../helpers/passed-on';
import { LLAMA_8B } from '../helpers/samples';
import type { Rule } from '../types';

const example = (environment: Record<string, string>, family = 'llama-cpp') => ({
  model: { config: LLAMA_8B },
  ...(family === 'llama-cpp' ? { quantization: 'gguf:Q4_K_M' } : {}),
  container: { family },
  environment,
});

const NUMBERS = (data.arguments as Readonly<Record<string, Readonly<Record<string, string>>>>)['llama-cpp'];

const UNITS: Readonly<Record<string, number>> = { k: 1024, m: 1024 ** 2, g: 1024 ** 3 };

export const numberReadInPart: Rule = {
  id: 'NUMBER_READ_IN_PART',
  severity: 'warning',
  summary: 'a number for llama-server has no unit behind it',
  explanation:
    'llama-server reads whole numbers with std::stoi, which stops at the first letter and says nothing: --ctx-size 32k is a context of 32 tokens, which is then padded to 256. The server starts, and refuses nearly every request.',
  source: 'llama.cpp common/arg.cpp, the handlers of an int; src/llama-context.cpp, GGML_PAD(n_ctx, 256)',
  examples: {
    passes: [
      example({ SM_LLAMA_CPP_CTX_SIZE: '32768' }),
      example({ SM_LLAMA_CPP_CTX_SIZE: '${Token[TOKEN.12]}' }),
      example({ SM_VLLM_MAX_MODEL_LEN: '32k' }, 'vllm'),
    ],
    fails: [example({ SM_LLAMA_CPP_CTX_SIZE: '32k' }), example({ SM_LLAMA_CPP_CACHE_RAM: '4GiB' })],
  },
  evaluate(context) {
    if (context.container?.family !== 'llama-cpp') return [];
    return argumentsOf(context).flatMap(({ variable, value, argument }) => {
      if (lookup(NUMBERS, argument) !== 'leading') return [];
      const match = /^\s*([+-]?\d+)\s*([a-z])\w*\s*$/i.exec(value);
      if (match === null) return [];
      const [, digits, letter] = match;
      const unit = lookup(UNITS, letter.toLowerCase());
      // --cache-ram is in MiB.
      const meant =
        unit === undefined ? Number(digits) : Number(digits) * (argument === 'cache-ram' ? unit / 1024 ** 2 : unit);
      return [
        found({
          what: `llama-server reads --${argument} up to the first letter, as ${count(Number(digits))}`,
          got: shown(variable, value),
          allowed: 'digits alone',
          fix: `set ${variable} to ${Math.max(1, Math.round(meant))}`,
          path: `/environment/${variable}`,
        }),
      ];
    });
  },
};
