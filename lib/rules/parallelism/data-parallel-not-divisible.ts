import { isSglang, serverName } from '../helpers/engine';
import { isFlagWord, shown } from '../helpers/environment';
import { anyOf, found } from '../helpers/finding';
import { QWEN3_MOE } from '../helpers/samples';
import type { Rule } from '../types';

const example = (degree: string, tensorParallelSize: number, attention: string | null = 'true', version?: string) => ({
  model: { config: QWEN3_MOE },
  container: { family: 'sglang', ...(version === undefined ? {} : { version }) },
  options: { tensorParallelSize, maxModelLen: 4096 },
  environment: {
    SM_SGLANG_DP_SIZE: degree,
    ...(attention === null ? {} : { SM_SGLANG_ENABLE_DP_ATTENTION: attention }),
  },
});

const DEGREES = ['SM_SGLANG_DP_SIZE', 'SM_SGLANG_DATA_PARALLEL_SIZE', 'SM_SGLANG_DP'];
const ATTENTION = 'SM_SGLANG_ENABLE_DP_ATTENTION';

const LARGEST_DEGREE = 64;

/** Up to here every rank is a group of its own, whatever is asked for. */
const ALL_APART = { before: '0.4.4.post1' };

export const dataParallelNotDivisible: Rule = {
  id: 'DATA_PARALLEL_NOT_DIVISIBLE',
  severity: 'error',
  summary: 'data-parallel attention divides the tensor-parallel ranks',
  explanation:
    'With --enable-dp-attention SGLang does not run more copies of the model: it puts the ranks of tensor parallelism into --dp-size groups, each of which attends to requests of its own. The ranks must divide by the groups, or an assertion ends the start.',
  source: 'sglang/srt/server_args.py of 0.4.4 to 0.5.23, `assert tp_size % dp_size == 0`',
  holdsFor: 'SGLang 0.4.4.post1 and later; before, each rank is a group',
  needs: ['environment'],
  examples: {
    passes: [example('4', 8), example('3', 8, null), example('3', 8, 'false'), example('3', 8, 'true', '0.4.4')],
    fails: [example('3', 8), example('8', 4), example('3', 8, 'true', '0.4.4.post1')],
  },
  evaluate(context) {
    const { container, options, spec } = context;
    const { environment } = spec;
    if (container?.family !== 'sglang' || environment === undefined || isSglang(context, ALL_APART)) return [];
    const attention = environment[ATTENTION];
    const variable = DEGREES.find((name) => /^\d+$/.test(environment[name] ?? ''));
    if (variable === undefined || attention === undefined) return [];
    if (isFlagWord(attention) && !/true/i.test(attention)) return [];
    const degree = Number(environment[variable]);
    const ranks = options.tensorParallelSize;
    if (degree <= 0 || ranks % degree === 0) return [];
    // Ranks may be any number that was written; groups are not more than a server has devices.
    const working = Array.from({ length: Math.min(ranks, LARGEST_DEGREE) }, (_, index) => index + 1).filter(
      (other) => ranks % other === 0,
    );
    return [
      found({
        what: `${serverName(context)} puts the ranks of tensor parallelism into data-parallel groups, and ${ranks} do not divide by ${degree}`,
        got: `${shown(variable, environment[variable])} with tensorParallelSize ${ranks}`,
        allowed: anyOf(working),
        fix: `set ${variable} to ${working.filter((other) => other < degree).at(-1) ?? 1}`,
        path: `/environment/${variable}`,
      }),
    ];
  },
};
