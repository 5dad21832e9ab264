import { kvDtype } from '../../plan/subject';
import { capability } from '../../scheme';
import { gpuOf } from '../helpers/accelerator';
import { isVllm, serverName } from '../helpers/engine';
import { shown } from '../helpers/environment';
import { found } from '../helpers/finding';
import { DEEPSEEK_V3, DEEPSEEK_V32, LLAMA_8B, quantized, type Json } from '../helpers/samples';
import { isSparse } from '../helpers/sparse';
import { attentionBackend } from '../helpers/switches';
import { latentBackendsOf, LIMITS_SOURCE, type LatentBackend } from '../helpers/vllm-limits';
import type { Rule, RuleContext, RuleFinding } from '../types';

const example = (config: Json, instanceType: string, version: string, rest: object = {}) => ({
  model: { config },
  container: { family: 'vllm', version },
  instanceType,
  options: { maxModelLen: 4096, tensorParallelSize: 8 },
  ...rest,
});

const named = (VLLM_ATTENTION_BACKEND: string) => ({ environment: { VLLM_ATTENTION_BACKEND } });
const argument = (SM_VLLM_ATTENTION_BACKEND: string) => ({ environment: { SM_VLLM_ATTENTION_BACKEND } });
const withFp8Cache = { options: { maxModelLen: 4096, tensorParallelSize: 8, kvCacheDtype: 'fp8' } };
const NVFP4_WITH_FP8_CACHE = {
  quant_method: 'modelopt',
  quant_algo: 'NVFP4',
  group_size: 16,
  kv_cache_scheme: { num_bits: 8, type: 'float', dynamic: false },
};

/** From here on a backend is asked whether it is valid, and one that is named has to be. */
const VALIDATES = { since: '0.11.1' };
/** From here on `auto` takes a checkpoint’s own cache scheme. */
const TAKES_SCHEME = { since: '0.14.0' };

/** DeepSeek-V4 brings backends of its own. */
const OWN_BACKENDS = new Set(['DeepseekV4ForCausalLM']);

function cacheDtype(context: RuleContext): string {
  const { model, options } = context;
  if (model === undefined || !isVllm(context, TAKES_SCHEME)) return options.kvCacheDtype;
  return kvDtype(options.kvCacheDtype, model);
}

/** What is asked of a backend. */
interface Wanted {
  readonly sparse: boolean;
  readonly sm: number;
  /** Values in an entry of the cache. */
  readonly width: number;
  readonly kv: string;
}

/** Why a backend is not valid, as the server says it; undefined where it is. */
function refusal(backend: LatentBackend, { sparse, sm, width, kv }: Wanted): string | undefined {
  if (backend.sparse !== sparse) return sparse ? 'sparse not supported' : 'non-sparse not supported';
  if (sm < backend.least || sm > backend.most) return 'compute capability not supported';
  const isFp8 = kv.startsWith('fp8');
  if (backend.kv !== 'any' && isFp8 !== (backend.kv === 'fp8')) return 'kv_cache_dtype not supported';
  if (backend.narrower !== undefined && width >= backend.narrower) return 'head_size not supported';
  return undefined;
}

/** A backend that is named and not valid. */
function ofTheNamed(context: RuleContext, wanted: Wanted, text: string): readonly RuleFinding[] {
  const { sparse } = wanted;
  const asked = attentionBackend(context);
  const version = context.container?.engineVersion;
  if (asked === undefined || version === undefined) return [];
  if (asked.name === 'VLLM_ATTENTION_BACKEND' && !isVllm(context, { before: '0.13.0' })) return [];
  const rows = latentBackendsOf(version).filter(({ name }) => name === asked.value.trim().toUpperCase());
  const reasons = rows.map((row) => refusal(row, wanted));
  if (rows.length === 0 || reasons.includes(undefined)) return [];
  return [
    found({
      what: `the attention backend ${asked.value} of ${serverName(context)} is not valid for ${sparse ? 'sparse ' : ''}latent attention (MLA) here: ${reasons[0]}`,
      got: `${shown(asked.name, asked.value)} for ${context.model?.architecture} on ${text}`,
      allowed: 'the backend that the server chooses',
      fix: `leave ${asked.name} out`,
      path: `/environment/${asked.name}`,
    }),
  ];
}

interface WayOut {
  readonly allowed: string;
  readonly fix: string;
  readonly path: string;
}

/** Triton computes with FP8 from 8.9 on, whatever the version. */
const FP8_IN_TRITON_SM = 89;
/** Its kernel of 8.9 and 12.0 learnt FP8 with 0.18. */
const FP8_IN_TRITON = '0.18.0';

/** What the cache may be in, or where else it can be. */
function wayOut(context: RuleContext, isCache: boolean, sm: number): WayOut {
  const { model } = context;
  const path = '/container/version';
  if (!isCache) return { allowed: 'compute capability 9.0 or 10.0', fix: 'use an image with vLLM 0.24 or newer', path };
  const isOld = sm < FP8_IN_TRITON_SM;
  const allowed = `a KV cache in 16 bit, or compute capability ${isOld ? '8.9 or higher' : '9.0 or 10.0'}`;
  if (!isOld && isVllm(context, { before: FP8_IN_TRITON }))
    return { allowed, fix: 'use an image with vLLM 0.19 to 0.23', path };
  const isOwn = model !== undefined && kvDtype('auto', model) !== 'auto';
  return { allowed, fix: `set kvCacheDtype to ${isOwn ? 'bfloat16' : 'auto'}`, path: '/options/kvCacheDtype' };
}

/** No backend at all. */
function ofAll(context: RuleContext, wanted: Wanted, text: string): readonly RuleFinding[] {
  const { sparse, sm, kv } = wanted;
  const version = context.container?.engineVersion;
  // What is too old for any sparse kernel has a rule of its own.
  if (version === undefined || (sparse && sm < 90)) return [];
  const backends = latentBackendsOf(version);
  if (backends.some((backend) => refusal(backend, wanted) === undefined)) return [];
  const isCache = backends.some((backend) => refusal(backend, { ...wanted, kv: 'auto' }) === undefined);
  const cache = isCache ? ' with a KV cache in FP8' : '';
  return [
    found({
      what: `${serverName(context)} has no attention backend for ${sparse ? 'the sparse ' : ''}latent attention (MLA) of ${context.model?.architecture}${cache} on compute capability ${capability(sm)}`,
      got: `${isCache ? `a KV cache in ${kv} ` : ''}on ${text}`.trim(),
      ...wayOut(context, isCache, sm),
    }),
  ];
}

export const latentAttentionWithoutBackend: Rule = {
  id: 'LATENT_ATTENTION_WITHOUT_BACKEND',
  severity: 'error',
  summary: 'the server has a kernel of latent attention (MLA) for these GPUs and this KV cache',
  explanation:
    'Multi-head latent attention (DeepSeek, Kimi, GLM-5) has backends of its own, each for some GPUs, some dtypes of the cache, and for attention to all tokens or to those that an indexer chose. Where none is left the engine stops with "No valid attention backend found for cuda with AttentionSelectorConfig(... use_mla=True ...)", and one that is named and not valid with "Selected backend CUTLASS_MLA is not valid for this configuration. Reason: [sparse not supported]". The RTX PRO 6000 of ml.g7e (12.0) has only Triton’s, which reads an FP8 cache from 0.18 on, and none for sparse attention before 0.24. From 0.24 on its kernel takes more shared memory for FP8 than these GPUs have, and the first token ends it ("out of resource: shared memory, Required: 102400, Hardware limit: 101376"). Triton’s is the only one on A100, A10G and T4 too, where it reads no FP8 cache in any version: "FP8 KV cache is not supported by the Triton MLA backend … native FP8 (fp8e4nv) requires SM89+".',
  source: `${LIMITS_SOURCE}; vllm-project/vllm#32732, #31936, #30214, #35720, #46721, #53748, #54013`,
  holdsFor: 'vLLM 0.11.1 and later',
  server: { engine: 'vllm', ...VALIDATES },
  examples: {
    passes: [
      example(DEEPSEEK_V32, 'ml.p5en.48xlarge', '0.13.0'),
      example(DEEPSEEK_V32, 'ml.g7e.48xlarge', '0.28.0'),
      example(quantized(DEEPSEEK_V3, NVFP4_WITH_FP8_CACHE), 'ml.g7e.48xlarge', '0.13.0'),
      example(quantized(DEEPSEEK_V3, NVFP4_WITH_FP8_CACHE), 'ml.g7e.48xlarge', '0.20.0'),
      example(DEEPSEEK_V3, 'ml.p5en.48xlarge', '0.12.0', named('FLASHMLA')),
      example(LLAMA_8B, 'ml.g7e.48xlarge', '0.14.0'),
      example(DEEPSEEK_V3, 'ml.p4de.24xlarge', '0.30.0'),
      example(DEEPSEEK_V3, 'ml.g6e.48xlarge', '0.30.0', withFp8Cache),
      example(DEEPSEEK_V3, 'ml.g7e.48xlarge', '0.30.0'),
      example({ ...DEEPSEEK_V3, kv_lora_rank: 256, qk_rope_head_dim: 32 }, 'ml.g7e.48xlarge', '0.30.0', withFp8Cache),
    ],
    fails: [
      example(DEEPSEEK_V32, 'ml.g7e.48xlarge', '0.13.0'),
      example(quantized(DEEPSEEK_V3, NVFP4_WITH_FP8_CACHE), 'ml.g7e.48xlarge', '0.14.0'),
      example(DEEPSEEK_V32, 'ml.p6-b200.48xlarge', '0.12.0', named('CUTLASS_MLA')),
      example(DEEPSEEK_V3, 'ml.p5en.48xlarge', '0.20.0', argument('FLASHINFER_MLA')),
      example(DEEPSEEK_V3, 'ml.p4de.24xlarge', '0.30.0', withFp8Cache),
      example(DEEPSEEK_V3, 'ml.g7e.48xlarge', '0.30.0', withFp8Cache),
      example(quantized(DEEPSEEK_V3, NVFP4_WITH_FP8_CACHE), 'ml.g7e.48xlarge', '0.28.0'),
    ],
  },
  evaluate(context) {
    const { model } = context;
    const gpu = gpuOf(context);
    if (model?.mla === undefined || gpu === undefined || OWN_BACKENDS.has(model.architecture)) return [];
    const { kvLoraRank, ropeHeadDim } = model.mla;
    const wanted = { sparse: isSparse(model), sm: gpu.sm, width: kvLoraRank + ropeHeadDim, kv: cacheDtype(context) };
    const ofNamed = ofTheNamed(context, wanted, gpu.text);
    return ofNamed.length > 0 ? ofNamed : ofAll(context, wanted, gpu.text);
  },
};
