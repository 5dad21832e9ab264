import { isSince } from '../../endpoint/version';
import type { ResolvedContainer } from '../../container/types';
import type { Accelerator } from '../../hardware/types';
import { schemeSupport } from '../../scheme';
import type { Scheme } from '../../scheme/types';
import type { Subject } from '../subject';

/** How well kernels reach what the hardware could, and what a step costs beside them. */
export interface KernelModel {
  /** Part of the peak memory bandwidth. */
  readonly bandwidth: number;
  /** Part of the dense peak of a large matrix product. */
  readonly compute: number;
  /** Seconds a layer takes beside moving its bytes: launches, norms, attention's own latency. */
  readonly layerSeconds: number;
}

/**
 * Two measured facts carry these figures. Decoding at batch 1 with three sizes of the same model's weights (bf16, INT8, INT4) is a line:
 * its slope is 0.84 of an A100's bandwidth, for a 14 B and a 32 B model alike, its intercept about 100 µs a layer (Qwen2.5 speed
 * benchmark, vLLM 0.6.3). Later engines launch whole steps as one CUDA graph.
 */
export function kernelModel(subject: Subject): KernelModel | undefined {
  const { engine, scheme, options, engineVersion, accelerator } = subject;
  switch (engine) {
    case 'llama.cpp':
      return { bandwidth: ggmlBandwidth(scheme, accelerator?.sm), compute: 0.35, layerSeconds: 80e-6 };
    case 'vllm':
      return { bandwidth: 0.84, compute: 0.55, layerSeconds: vllmLayerSeconds(engineVersion, options.enforceEager) };
    case 'sglang':
    case 'tensorrt-llm':
      return { bandwidth: 0.84, compute: 0.55, layerSeconds: options.enforceEager ? EAGER_LAYER_SECONDS : 45e-6 };
    default:
      return undefined;
  }
}

/** GPUs with HBM, by compute capability × 10: V100, A100, H100 and H200, B200 and B300. */
const STACKED_MEMORY: ReadonlySet<number> = new Set([70, 80, 90, 100, 103]);
const TURING = 75;

/**
 * Part of the bandwidth that llama.cpp's matrix-vector kernels reach. GDDR of Ampere and later is the limit whatever the format: an L40S
 * reads F16, Q8_0, Q5_K and Q4_K of 8 B to 70 B models at 0.85, at 80 µs a layer. HBM is faster than the kernels ask for it: an A100 gives
 * 0.55 for F16 and 0.6 for K-quants, and an H100 0.75 for Q8_0, which is simplest to unpack. A T4 has too few units to unpack at full pace.
 * Sources: XiongjieDai/GPU-Benchmarks-on-LLM-Inference; llama-bench tables of an L40S and an H100 of 2025 and 2026; aws-samples,
 * "Quantization benchmarks".
 */
function ggmlBandwidth({ layout, ggufType = '' }: Scheme, sm: number | undefined): number {
  const unpacks = layout === 'gguf' && !/^(F32|F16|BF16)$/.test(ggufType);
  if (sm === undefined || sm === TURING) return unpacks ? 0.7 : 0.84;
  if (!STACKED_MEMORY.has(sm)) return 0.85;
  return !unpacks ? 0.55 : ggufType === 'Q8_0' ? 0.75 : 0.6;
}

/** Python launches each kernel: what a layer takes without CUDA graphs. */
const EAGER_LAYER_SECONDS = 300e-6;

function vllmLayerSeconds(version: readonly number[] | undefined, eager: boolean): number {
  // CUDA graphs came with 0.2.7. Source: vLLM release notes.
  if (eager || !isSince(version, 0, 2, 7)) return EAGER_LAYER_SECONDS;
  return isSince(version, 0, 8) ? 45e-6 : 100e-6;
}

/**
 * Peak FLOP/s at the precision the kernel really computes in: a weight-only scheme, and one whose native kernel the accelerator lacks,
 * multiplies in 16 bits.
 */
export function peakFlops(
  subject: Subject,
  container: ResolvedContainer | undefined,
  accelerator: Accelerator,
): number | undefined {
  const { scheme } = subject;
  const { flops } = accelerator;
  const wide = flops.bf16 ?? flops.fp16;
  if (scheme.activationBits >= 16) return wide;
  const support = schemeSupport(scheme, container, accelerator, { moe: subject.model.moe !== undefined });
  if (support.level !== 'native') return wide;
  if (scheme.activationBits === 4) return flops.fp4 ?? wide;
  return (scheme.weightType === 'fp8' ? flops.fp8 : flops.int8) ?? wide;
}
