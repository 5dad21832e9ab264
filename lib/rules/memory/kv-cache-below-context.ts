import { uncertainBytes } from '../../plan';
import { instanceText } from '../helpers/accelerator';
import { isNeuron } from '../helpers/engine';
import { fitText, holdsRequest, PLAN_ERROR, reachableContext, wantedContext } from '../helpers/fit';
import { count, found, gib } from '../helpers/finding';
import { runsLmiDist } from '../helpers/lmi-dist';
import { offloadsByItself } from '../helpers/offload';
import { LLAMA_70B, LLAMA_8B } from '../helpers/samples';
import type { Rule, RuleContext, RuleFinding } from '../types';

const example = (config: object, instanceType: string, options: object) => ({
  model: { config },
  container: { family: 'vllm' },
  instanceType,
  options,
});

/** Shares of the accelerator's memory: below the first the plan cannot tell, below the second it is not sure. */
const NOT_TELLABLE = 0.01;
const MEMORY_ERROR = 0.015;

/** llama-server shortens a context that nobody set, but not below this. Source: llama.cpp common/common.h, `fit_params_min_ctx`. */
const SHORTEST_FITTED = 4096;

/** Round down to what people write: a multiple of 256. */
function roundedContext(tokens: number): number {
  return tokens >= 256 ? Math.floor(tokens / 256) * 256 : Math.max(1, Math.floor(tokens));
}

function isAsked({ spec }: RuleContext): boolean {
  return (
    spec.options?.maxModelLen !== undefined ||
    Object.keys(spec.environment ?? {}).some((name) => /MAX_MODEL_LEN|CTX_SIZE|MAX_SEQ_LEN|CONTEXT_LEN/.test(name))
  );
}

function fitsContext({ options }: RuleContext): boolean {
  return options.fitsContext === true;
}

function contextName(context: RuleContext): string {
  if (fitsContext(context)) return 'the shortest context that llama-server falls back to';
  return isAsked(context)
    ? 'maxModelLen'
    : `the model’s own context (no maxModelLen is set, max_position_embeddings is ${context.model?.maxPositionEmbeddings})`;
}

export const kvCacheBelowContext: Rule = {
  id: 'KV_CACHE_BELOW_CONTEXT',
  severity: 'error',
  summary: 'the KV cache holds one request of the longest context',
  explanation:
    'A server that promises a context must be able to hold one such request. vLLM refuses to start otherwise: "To serve at least one request with the model’s max seq len (131072), 16.0 GiB KV cache is needed, which is larger than the available KV cache memory". With no maxModelLen the model’s whole context is promised, which for recent models is far more than a small GPU holds; the commonest reason why a model that fits does not start. SGLang starts, and shortens what a request may have to what its cache holds: there a context that was asked for is a warning, and the model’s own none. lmi-dist, which LMI 0.27 to 0.32 take by themselves, starts as well, as AWS’s benchmark of Llama 3.1 8B on ml.g5.xlarge does; what becomes of a request that is longer than the cache is not known, so there too it is a warning. llama-server shortens a context that nobody set to what fits, down to 4,096 tokens, and keeps layers in the host’s memory where nobody said how many go to the GPU.',
  source:
    'vllm/v1/core/kv_cache_utils.py, `check_enough_kv_cache_memory`; vllm/worker/worker.py of V0, `raise_if_cache_size_invalid`; sglang/srt/managers/tp_worker.py, `max_req_len`; aws-samples/foundation-model-benchmarking-tool configs/llama3.1/8b/config-llama3.1-8b-g5.2xl-g5.4xl-sm.yml; this library’s plan',
  examples: {
    passes: [
      example(LLAMA_8B, 'ml.g5.2xlarge', { maxModelLen: 8192 }),
      {
        model: { config: LLAMA_8B },
        instanceType: 'ml.g5.2xlarge',
        options: { tensorParallelSize: 1, maxModelLen: 8192 },
      },
      { model: { config: LLAMA_8B }, instanceType: 'ml.g5.12xlarge', options: { maxModelLen: 65536 } },
    ],
    fails: [
      example(LLAMA_8B, 'ml.g5.2xlarge', {}),
      example(LLAMA_70B, 'ml.p5.48xlarge', { tensorParallelSize: 2, maxModelLen: 131072 }),
      {
        model: { config: LLAMA_8B },
        instanceType: 'ml.g5.2xlarge',
        options: { tensorParallelSize: 1, maxModelLen: 65536 },
      },
      {
        model: { config: LLAMA_8B },
        container: { family: 'lmi', version: '0.29.0-lmi11.0.0-cu124' },
        instanceType: 'ml.g5.xlarge',
      },
      {
        model: { config: LLAMA_8B },
        container: { family: 'lmi', version: '0.29.0-lmi11.0.0-cu124' },
        instanceType: 'ml.g5.xlarge',
        environment: { OPTION_ROLLING_BATCH: 'vllm' },
      },
    ],
  },
  evaluate(context) {
    const { instance } = context;
    if (context.spec.container === undefined) return withoutServer(context);
    // There the cache is allocated for the whole batch: a rule of Neuron's own.
    if (isNeuron(context)) return [];
    const shortens = context.container?.engine === 'sglang';
    if (shortens && !isAsked(context)) return [];
    const wanted = fitsContext(context)
      ? Math.min(SHORTEST_FITTED, wantedContext(context) ?? SHORTEST_FITTED)
      : wantedContext(context);
    if (
      instance === undefined ||
      wanted === undefined ||
      context.model === undefined ||
      context.model.kind === 'encoder'
    )
      return [];
    const { largestMaxModelLen: largest, kvCacheTokens, memory, kvBytesPerToken } = context.plan;
    if (largest === null || memory.kvCache === null || memory.kvCache <= 0) return [];
    if (holdsRequest(context.plan, context.model, wanted)) return [];
    // Where layers forget, a long request takes less than its length times what a token takes.
    const isLinear =
      kvBytesPerToken !== null &&
      kvCacheTokens !== null &&
      Math.abs((kvCacheTokens * kvBytesPerToken) / memory.kvCache - 1) < 0.05;
    const needed = kvBytesPerToken === null || !isLinear ? '' : ` (${gib(kvBytesPerToken * wanted)})`;
    const short =
      kvBytesPerToken === null || memory.total === null ? 1 : ((wanted - largest) * kvBytesPerToken) / memory.total;
    // llama.cpp allocates to the byte what its formulas say, so that only the memory beside the cache is uncertain.
    const near = context.container?.engine !== 'llama.cpp' && largest >= wanted * (1 - PLAN_ERROR);
    // Short by so little of the memory that the plan cannot tell it from enough.
    if ((near || context.container?.engine === 'llama.cpp') && short < NOT_TELLABLE) return [];
    const close = near || short < MEMORY_ERROR;
    const isSure = !close && (wanted - largest) * (kvBytesPerToken ?? Infinity) > uncertainBytes(context);
    const better = fitText(context);
    const reachable = reachableContext(context, largest);
    return [
      found({
        what: `the KV cache cannot hold one request of ${contextName(context)}, ${count(wanted)} tokens${needed}${isSure ? '' : ', by a margin that is within the plan’s own error'}`,
        got: `${gib(memory.kvCache)} of KV cache${kvCacheTokens === null ? '' : `, ${count(kvCacheTokens)} tokens`}, on ${instanceText(instance)}`,
        allowed: `maxModelLen up to ${count(reachable)}`,
        fix: `set maxModelLen to ${roundedContext(reachable)}${better === undefined ? '' : `, or ${better}`}`,
        path: '/options/maxModelLen',
        severity: !isSure || shortens || runsLmiDist(context) || offloadsByItself(context) ? 'warning' : 'error',
      }),
    ];
  },
};

/** Variables by which a server that is not named may be told to keep less on the GPUs. */
const SHRINKS = /QUANTIZ|OFFLOAD|KV_CACHE|NUM_SHARD|NUM_GPUS/i;

/** Where no server is named, what none can do: hold the weights and one request of the length asked for on GPUs that are smaller together. */
function withoutServer(context: RuleContext): RuleFinding[] {
  const { instance, model, spec } = context;
  const { maxModelLen: wanted, tensorParallelSize, pipelineParallelSize = 1 } = spec.options ?? {};
  if (wanted === undefined || model === undefined || instance?.kind !== 'gpu' || pipelineParallelSize > 1) return [];
  if (Object.keys(spec.environment ?? {}).some((name) => SHRINKS.test(name))) return [];
  if (tensorParallelSize === undefined && instance.acceleratorCount > 1) return [];
  // Layers that forget take less than their length times what a token takes.
  if (model.kind !== 'decoder' || model.kv.some(({ kind, window }) => kind !== 'full' || window !== undefined))
    return [];
  const { kvBytesPerToken, memory } = context.plan;
  const { weights, total } = memory;
  if (weights === null || total === null || kvBytesPerToken === null) return [];
  const needed = wanted * kvBytesPerToken;
  if (weights >= total || weights + needed <= total) return [];
  const largest = (total - weights) / kvBytesPerToken;
  return [
    found({
      what: `the weights (${gib(weights)}) and the KV cache of one request of maxModelLen, ${count(wanted)} tokens (${gib(needed)}), do not fit together into the memory of a GPU, whatever the server`,
      got: `${gib(weights + needed)} for ${gib(total)} on ${instanceText(instance)}`,
      allowed: `maxModelLen up to ${count(Math.floor(largest))}, less what the server itself takes`,
      fix: `set maxModelLen to ${roundedContext(largest)} or less, or use an instance with larger GPUs`,
      path: '/options/maxModelLen',
    }),
  ];
}
