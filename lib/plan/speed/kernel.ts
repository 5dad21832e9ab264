import { isSince } from '../../endpoint/version';
import type { ResolvedContainer } from '../../container/types';
import type { Accelerator } from '../../hardware/types';
import { schemeSupport } from '../../scheme';
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
 * benchmark, vLLM 0.6.3). Later engines launch whole steps as one CUDA graph. llama.cpp's 16-bit kernels reach 0.82 (L40S), its block
 * formats less, for they spend instructions on unpacking.
 */
export function kernelModel(subject: Subject): KernelModel | undefined {
  const { engine, scheme, options, engineVersion } = subject;
  switch (engine) {
    case 'llama.cpp': {
      const unpacks = scheme.layout === 'gguf' && !/^(F32|F16|BF16)$/.test(scheme.ggufType ?? '');
      return { bandwidth: unpacks ? 0.7 : 0.84, compute: 0.35, layerSeconds: 100e-6 };
    }
    case 'vllm':
      return { bandwidth: 0.84, compute: 0.55, layerSeconds: vllmLayerSeconds(engineVersion, options.enforceEager) };
    case 'sglang':
    case 'tensorrt-llm':
      return { bandwidth: 0.84, compute: 0.55, layerSeconds: options.enforceEager ? EAGER_LAYER_SECONDS : 45e-6 };
    default:
      return undefined;
  }
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
