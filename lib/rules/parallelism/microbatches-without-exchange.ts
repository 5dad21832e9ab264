import { isVllm, serverName } from '../helpers/engine';
import { shown } from '../helpers/environment';
import { found } from '../helpers/finding';
import { QWEN3_MOE } from '../helpers/samples';
import { argumentOf, isSwitchedOn } from '../helpers/switches';
import type { Rule, RuleContext } from '../types';

const example = (environment: object, version?: string) => ({
  model: { config: QWEN3_MOE },
  container: { family: 'vllm', ...(version === undefined ? {} : { version }) },
  options: { maxModelLen: 4096, tensorParallelSize: 2, expertParallel: true },
  environment,
});

const DEEPEP = ['deepep_low_latency', 'deepep_high_throughput'];

/** What cuts a batch into parts that overlap; undefined where nothing does. */
function overlap(context: RuleContext): { readonly name: string; readonly value: string } | undefined {
  if (isSwitchedOn(context, 'ENABLE_DBO')) return argumentOf(context, 'ENABLE_DBO');
  const size = argumentOf(context, 'UBATCH_SIZE');
  return size !== undefined && Number(size.value) > 1 && isVllm(context, { since: '0.14.0' }) ? size : undefined;
}

export const microbatchesWithoutExchange: Rule = {
  id: 'MICROBATCHES_WITHOUT_EXCHANGE',
  severity: 'error',
  summary: 'batches are cut in two for overlap only with an exchange of tokens that can overlap',
  explanation:
    'Dual batch overlap computes one half of a batch while the tokens of the other travel between experts, which the DeepEP exchanges can do (from 0.24 on NIXL’s as well): "Microbatching currently only supports the deepep_low_latency and deepep_high_throughput all2all backends." The server’s own choice of an exchange is another one.',
  source: 'vllm/config/vllm.py, `__post_init__` of 0.11 to 0.30; vllm-project/vllm#54493',
  holdsFor: 'vLLM 0.11.1 and later',
  server: { engine: 'vllm', since: '0.11.1' },
  needs: ['environment'],
  examples: {
    passes: [
      example({ SM_VLLM_ENABLE_DBO: '', SM_VLLM_ALL2ALL_BACKEND: 'deepep_low_latency' }),
      example({ SM_VLLM_ENABLE_DBO: '', VLLM_ALL2ALL_BACKEND: 'deepep_high_throughput' }, '0.11.2'),
      example({ SM_VLLM_ENABLE_DBO: 'false' }),
      example({ SM_VLLM_UBATCH_SIZE: '0' }),
    ],
    fails: [
      example({ SM_VLLM_ENABLE_DBO: '' }),
      example({ SM_VLLM_UBATCH_SIZE: '2' }),
      example({ SM_VLLM_ENABLE_DBO: '', SM_VLLM_ALL2ALL_BACKEND: 'allgather_reducescatter' }),
    ],
  },
  evaluate(context) {
    const { environment } = context.spec;
    if (environment === undefined) return [];
    const set = overlap(context);
    if (set === undefined) return [];
    const allowed = isVllm(context, { before: '0.24.0' }) ? DEEPEP : [...DEEPEP, 'nixl_ep'];
    const exchange = argumentOf(context, 'ALL2ALL_BACKEND')?.value ?? environment.VLLM_ALL2ALL_BACKEND;
    if (exchange !== undefined && allowed.includes(exchange)) return [];
    return [
      found({
        what: `${serverName(context)} overlaps two halves of a batch (microbatching, DBO) only with ${allowed.join(', ')} as its all2all backend`,
        got: `${shown(set.name, set.value)} with ${exchange ?? 'the all2all backend that the server takes by itself'}`,
        allowed: allowed.join(', '),
        fix: `leave ${set.name} out`,
        path: `/environment/${set.name}`,
      }),
    ];
  },
};
