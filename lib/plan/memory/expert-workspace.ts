import type { ModelDescription } from '../../model/types';
import type { Scheme } from '../../scheme/types';
import { expertMake, takesFlashInfer } from '../weights/fp8-experts';
import type { VllmVersion } from './vllm-profile';

/** What decides how a layer's experts are computed. */
export interface ExpertKernel {
  readonly scheme: Scheme;
  /** Ranks that share each expert; one where each rank has whole experts. */
  readonly ranks: number;
  /** Does each rank have experts of its own? */
  readonly apart: boolean;
  /** Compute capability × 10. */
  readonly sm: number | undefined;
}

/** Blackwell's server chips, whose kernels for experts come from TensorRT-LLM and need no room of the engine's. */
const SERVER_BLACKWELL = [100, 109] as const;
const HOPPER = 90;

/**
 * Elements of 16 bits, for each token of a step, that experts are computed in. They are taken once, at the first step, and not given back, so
 * that the sampler's peak comes on top: for every expert that a token goes to, the larger of input and first product, and the larger of input
 * and what the activation makes of it. Only what comes out where FlashInfer computes FP8; 0 where the kernel takes its room for each call.
 *
 * Sources: vllm/v1/worker/workspace.py; vllm/model_executor/layers/fused_moe/modular_kernel.py (`_allocate_buffers`) and `workspace_shapes` of
 * `TritonExperts`, `MarlinExperts` and `FlashInferExperts`; which kernel: fused_moe/oracle/fp8.py, mxfp4.py, nvfp4.py, unquantized.py; of
 * 0.14.1, 0.17.0, 0.19.0, 0.20.2, 0.23.0 and 0.30.0. 0.13.0 has none.
 */
export function expertWorkspaceElements(model: ModelDescription, kernel: ExpertKernel, version: VllmVersion): number {
  if (model.moe === undefined || !keepsWorkspace(kernel, version)) return 0;
  const { input, gated } = expertMake(model) ?? { input: model.hiddenSize, gated: true };
  const { scheme, apart, sm = 0, ranks } = kernel;
  if (takesFlashInfer(scheme, { sm, apart, since: (...least) => version.since(...least) })) return input;
  const { expertsPerToken, expertIntermediateSize } = model.moe;
  const intermediate = Math.ceil(expertIntermediateSize / ranks);
  return expertsPerToken * (Math.max((gated ? 2 : 1) * intermediate, input) + Math.max(intermediate, input));
}

function keepsWorkspace({ scheme, sm = 0 }: ExpertKernel, version: VllmVersion): boolean {
  const { name } = scheme.experts ?? scheme;
  if (!version.isV1 || !version.since(0, 14) || (sm >= SERVER_BLACKWELL[0] && sm <= SERVER_BLACKWELL[1])) return false;
  if (name.startsWith('bitsandbytes')) return false;
  // Triton's own kernels for MXFP4, which Hopper has, take what they need for each call; DeepSeek V4's experts are Marlin's there.
  if (name === 'mxfp4') return version.since(0, 17) && (sm !== HOPPER || scheme.experts !== undefined);
  if (name === 'awq') return version.since(0, 23);
  return scheme.weightType !== 'int' || scheme.activationBits < 16 || version.since(0, 20);
}
