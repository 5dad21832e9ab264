import type { ResolvedContainer } from '../container/types';
import type { Accelerator } from '../hardware/types';
import { isAtLeast } from '../text/version';
import data from './data/support.json';
import type { Scheme, SchemeSupport } from './types';
import { capability, vllmSupport } from './vllm-support';

/** What beside scheme, container and accelerator decides support. */
export interface SupportOptions {
  readonly moe?: boolean;
}

/** By scheme and container, then by the rest of the question. */
const answers = new WeakMap<Scheme, WeakMap<object, Map<string, SchemeSupport>>>();
const NO_CONTAINER = {};

/**
 * How a container runs a scheme on an accelerator, and with which kernel. Plans and rules ask the same few questions over and over.
 *
 * @param container without one, only `unknown` or what holds for every vLLM can be said: the newest vLLM is taken
 * @param accelerator `undefined` for a CPU instance, or where no instance is named
 */
export function schemeSupport(
  scheme: Scheme,
  container: ResolvedContainer | undefined,
  accelerator: Accelerator | undefined,
  { moe = false }: SupportOptions = {},
): SchemeSupport {
  let ofScheme = answers.get(scheme);
  if (ofScheme === undefined) answers.set(scheme, (ofScheme = new WeakMap()));
  let known = ofScheme.get(container ?? NO_CONTAINER);
  if (known === undefined) ofScheme.set(container ?? NO_CONTAINER, (known = new Map()));
  const key = `${accelerator?.key} ${moe}`;
  let support = known.get(key);
  if (support === undefined) known.set(key, (support = Object.freeze(judge(scheme, container, accelerator, moe))));
  return support;
}

function judge(
  scheme: Scheme,
  container: ResolvedContainer | undefined,
  accelerator: Accelerator | undefined,
  moe: boolean,
): SchemeSupport {
  switch (container?.engine) {
    case 'vllm':
      return vllmSupport(scheme, { version: container.engineVersion, sm: accelerator?.sm, moe });
    case 'sglang':
      return sglangSupport(scheme, container, accelerator, moe);
    case 'tensorrt-llm':
      return tensorrtLlmSupport(scheme, container, accelerator);
    case 'llama.cpp':
      return llamaCppSupport(scheme);
    case 'neuron-vllm':
    case 'transformers-neuronx':
      return neuronSupport(scheme, container, accelerator);
    default:
      return { level: 'unknown', reason: 'nothing is known of what this container can run', source: 'no source' };
  }
}

/** From this release on SGLang looks for a Marlin kernel for FP8 blocks; up to 0.4.10.post2 "Marlin doesn't support block-wise fp8", whatever is set. */
const SGLANG_FP8_BLOCKS_WEIGHT_ONLY = '0.5.1';

/** From this release on SGLang computes NVFP4 weight-only below Blackwell; 0.5.12 refuses it, 0.5.13 was not read. */
const SGLANG_FP4_WEIGHT_ONLY = '0.5.13';

/**
 * What SGLang does below the compute capability that computes a scheme natively. FP8 of dense layers is widened in a Marlin kernel from 8.0
 * on, blocks since 0.5.1; experts have no such kernel, and the Triton one for them fails to compile ("type fp8e4nv not supported in this
 * architecture"), as that for blocks did.
 * Checkpoints of ModelOpt are refused by their own minimum: 8.9 for FP8, and 10.0 for NVFP4 up to 0.5.12. MXFP4 experts, which meet 16-bit
 * activations anyway, run in Triton kernels. The rest is not verified.
 * Source: sglang/srt/layers/quantization/fp8.py and fp8_utils.py, `can_auto_enable_marlin_fp8`; modelopt_quant.py and mxfp4.py,
 * `get_min_capability`; sgl-project/sglang#5871, #7715, #13471, #38291, MiniMax-AI/MiniMax-M2.5#21.
 */
function sglangSupport(
  scheme: Scheme,
  { engineVersion }: ResolvedContainer,
  accelerator: Accelerator | undefined,
  moe: boolean,
): SchemeSupport {
  const source = data.sources.sglang;
  if (scheme.layout === 'plain') return { level: 'native', kernel: 'cuBLAS', source };
  if (scheme.layout === 'neuron')
    return { level: 'unsupported', reason: 'SGLang on a GPU has no Neuron checkpoints', source };
  const sm = accelerator?.sm;
  const isFp8 = scheme.weightType === 'fp8';
  const needed = isFp8 && scheme.activationBits === 8 ? 89 : scheme.weightType === 'fp4' ? 100 : 80;
  if (sm === undefined || sm >= needed) return { level: 'native', nativeSm: needed, source };
  if (sm >= 80 && scheme.name === 'mxfp4') return { level: 'native', kernel: 'MXFP4 Triton weight-only', source };
  const isOldFp4 =
    scheme.weightType === 'fp4' && engineVersion !== undefined && !isAtLeast(engineVersion, SGLANG_FP4_WEIGHT_ONLY);
  const isOldBlock =
    scheme.name === 'fp8-block' &&
    engineVersion !== undefined &&
    !isAtLeast(engineVersion, SGLANG_FP8_BLOCKS_WEIGHT_ONLY);
  if ((isFp8 && moe) || isOldBlock || (scheme.layout === 'modelopt' && (isFp8 || isOldFp4)))
    return {
      level: 'unsupported',
      method: scheme.layout,
      minimumSm: needed,
      reason: `${scheme.name} needs compute capability ${capability(needed)} or higher in SGLang${isFp8 && moe ? ' for experts' : ''}`,
      source,
    };
  if (sm >= 80 && isFp8)
    return {
      level: 'fallback',
      kernel: 'Marlin FP8 weight-only',
      nativeSm: needed,
      reason: `FP8 compute needs compute capability ${capability(needed)}: the weights are computed weight-only in 16 bit by Marlin`,
      source,
    };
  return {
    level: 'unknown',
    nativeSm: needed,
    reason: `${scheme.name} computes natively from compute capability ${capability(needed)}; what SGLang does below that is not verified`,
    source,
  };
}

function tensorrtLlmSupport(
  scheme: Scheme,
  container: ResolvedContainer,
  accelerator: Accelerator | undefined,
): SchemeSupport {
  const source = data.sources.tensorrtLlm;
  if (scheme.layout === 'plain') return { level: 'native', kernel: 'TensorRT', source };
  const recipe = tensorrtLlmRecipe(scheme);
  if (!recipe)
    return {
      level: 'unsupported',
      reason: `TensorRT-LLM ${container.version ?? ''} has no recipe for ${scheme.name}`.replace('  ', ' '),
      source,
    };
  if (accelerator?.sm === undefined) return { level: 'native', kernel: `TensorRT-LLM ${recipe}`, source };
  const bySm = data.tensorrtLlm as unknown as Readonly<Record<string, readonly string[]>>;
  const recipes = bySm[accelerator.sm];
  if (!recipes)
    return {
      level: 'unknown',
      reason: `TensorRT-LLM on compute capability ${capability(accelerator.sm)} is not documented`,
      source,
    };
  if (recipes.includes(recipe)) return { level: 'native', kernel: `TensorRT-LLM ${recipe}`, source };
  const able = Object.keys(bySm)
    .map(Number)
    .filter((sm) => bySm[sm].includes(recipe));
  return {
    level: 'unsupported',
    reason: `TensorRT-LLM has ${recipe} only on compute capability ${able.map(capability).join(', ')}`,
    minimumSm: Math.min(...able),
    source,
  };
}

/** TensorRT-LLM's word for it; AWQ and GPTQ are both four-bit weights with 16-bit activations. */
function tensorrtLlmRecipe(scheme: Scheme): string | undefined {
  const byName: Readonly<Record<string, string>> = {
    fp8: 'fp8',
    'fp8-static': 'fp8',
    'fp8-block': 'fp8-block',
    smoothquant: 'int8-sq',
    'int8-w8a8': 'int8-sq',
    'int8-w8a8-static': 'int8-sq',
    'int8-weight-only': 'w8a16',
    awq: 'w4a16-awq',
    'int4-rtn': 'w4a16-awq',
    gptq: 'w4a16-gptq',
    nvfp4: 'nvfp4',
    mxfp4: 'mxfp4',
  };
  return Object.hasOwn(byName, scheme.name) ? byName[scheme.name] : undefined;
}

function llamaCppSupport(scheme: Scheme): SchemeSupport {
  const source = data.sources.llamaCpp;
  if (scheme.layout === 'gguf') return { level: 'native', kernel: 'ggml', source };
  return {
    level: 'unsupported',
    reason: 'llama.cpp reads GGUF files only',
    source,
  };
}

function neuronSupport(
  scheme: Scheme,
  container: ResolvedContainer,
  accelerator: Accelerator | undefined,
): SchemeSupport {
  const source = data.sources.neuron;
  const stack = data.neuron.find((entry) => entry.container === container.family);
  if (!stack) return { level: 'unknown', reason: 'nothing is known of this Neuron container', source };
  if (accelerator && !stack.accelerators.includes(accelerator.key))
    return {
      level: 'unsupported',
      reason: `the ${container.family} image runs on ${stack.accelerators.join(' and ')}, not on ${accelerator.key}`,
      source,
    };
  if (scheme.layout === 'plain') return { level: 'native', kernel: 'Neuron', source };
  if ((stack.schemes as readonly string[]).includes(scheme.name)) return { level: 'native', kernel: 'Neuron', source };
  const allowed = stack.schemes.length > 0 ? stack.schemes.join(', ') : 'no quantized weights at all';
  return { level: 'unsupported', reason: `the ${container.family} image serves ${allowed}`, source };
}
