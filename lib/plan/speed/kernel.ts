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
  /** Seconds a dense layer takes beside moving its bytes: launches, norms, attention's own latency. */
  readonly layerSeconds: number;
  /** Seconds a step waits for the host, whatever the model: scheduling, inputs, what was sampled. */
  readonly hostSeconds: number;
}

/**
 * Two measured facts carry these figures. Decoding at batch 1 with three sizes of the same model's weights (bf16, INT8, INT4) is a line:
 * its slope is 0.84 of an A100's bandwidth, for a 14 B and a 32 B model alike (Qwen2.5 speed benchmark, vLLM 0.6.3). Its intercepts are
 * again a line, over the 28, 48 and 64 layers of a 1.5 B, a 14 B and a 32 B model: 72 µs a layer, and 1.6 ms.
 */
export function kernelModel(subject: Subject): KernelModel | undefined {
  const { engine, scheme, options, engineVersion, accelerator } = subject;
  switch (engine) {
    case 'llama.cpp':
      return { bandwidth: ggmlBandwidth(scheme, accelerator?.sm), compute: 0.35, layerSeconds: 80e-6, hostSeconds: 0 };
    case 'vllm':
      return {
        bandwidth: isFirstAwqKernel(subject) ? 0.37 : 0.84,
        compute: 0.55,
        ...vllmSeconds(engineVersion, subject.usesV1, options.enforceEager),
      };
    case 'sglang':
    case 'tensorrt-llm':
      // The next step is prepared while one runs. Source: SGLang 0.4 release notes, "zero-overhead batch scheduler".
      return {
        bandwidth: 0.84,
        compute: 0.55,
        layerSeconds: options.enforceEager ? EAGER_LAYER_SECONDS : GRAPH_LAYER_SECONDS,
        hostSeconds: 0,
      };
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

/**
 * AWQ's own kernel, which vLLM had before Marlin's took the format, unpacks more slowly than HBM delivers: on an A100 a Llama 2 and a Mistral of
 * 7 B answer with 116 and 106 tokens a second, 0.39 and 0.35 of the bandwidth, with 89 and 85 in 16 bits. Marlin's is up to 2.4 times as fast
 * there, on GDDR by a quarter at most.
 * Sources: premAI-io/benchmarks README, vLLM of early 2024; vllm PR 6612 and comments (0.5.3).
 */
function isFirstAwqKernel({ scheme, engineVersion, accelerator }: Subject): boolean {
  return scheme.layout === 'awq' && STACKED_MEMORY.has(accelerator?.sm ?? 0) && !isSince(engineVersion, 0, 5, 3);
}

/** Python launches each kernel: what a layer takes without CUDA graphs. */
const EAGER_LAYER_SECONDS = 300e-6;

const GRAPH_LAYER_SECONDS = 45e-6;

function vllmSeconds(
  version: readonly number[] | undefined,
  isV1: boolean,
  eager: boolean,
): Pick<KernelModel, 'layerSeconds' | 'hostSeconds'> {
  // CUDA graphs came with 0.2.7. Source: vLLM release notes.
  if (!isSince(version, 0, 2, 7)) return { layerSeconds: EAGER_LAYER_SECONDS, hostSeconds: 0 };
  const layerSeconds = eager ? EAGER_LAYER_SECONDS : isV1 ? GRAPH_LAYER_SECONDS : 72e-6;
  return { layerSeconds, hostSeconds: isV1 ? v1HostSeconds(version) : 1.6e-3 };
}

/**
 * V1's engine process schedules, waits for the step, and hands over what it sampled. With graphs of whole steps (0.11) less is left to do, with
 * asynchronous scheduling (the default from 0.14) little. Fitted to Qwen3 of 0.6 B, 1.7 B and 8 B at batch 1: 4.2 and 4.7 ms a token on an
 * A100 (mid-2025), 7.3 ms on an H100 (0.11.0). Sources: tenstorrent/tt-inference-server issue 340; GPUStack, "Optimizing Qwen3-8B
 * Latency"; vllm/config/scheduler.py, `async_scheduling`.
 */
function v1HostSeconds(version: readonly number[] | undefined): number {
  if (isSince(version, 0, 14)) return 0.2e-3;
  return isSince(version, 0, 11) ? 0.5e-3 : 1.5e-3;
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
