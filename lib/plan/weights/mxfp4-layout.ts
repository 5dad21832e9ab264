import { atLeast } from '../../endpoint/version';
import type { WeightGroup } from '../../model/types';
import type { Scheme } from '../../scheme/types';
import type { Loader } from './loader';
import type { Matrix, StoredTensors } from './stored';

/** What a kernel makes of MXFP4 experts: both sizes padded, and perhaps the checkpoint's scales kept beside the reordered ones. */
export interface Mxfp4Layout {
  /** Whose kernel it is. */
  readonly name: string;
  readonly hidden: number;
  readonly intermediate: number;
  readonly scales: 1 | 2;
}

const MARLIN: Mxfp4Layout = { name: 'Marlin', hidden: 256, intermediate: 128, scales: 1 };
const TRITON: Mxfp4Layout = { name: 'Triton', hidden: 1, intermediate: 64, scales: 2 };
const TENSORRT: Mxfp4Layout = { name: 'TensorRT', hidden: 256, intermediate: 256, scales: 1 };

/**
 * The tensors of MXFP4 experts in vLLM's kernels: FlashInfer's on Blackwell, Triton's on Hopper since 0.11 (which leaves the checkpoint's scales in
 * memory), Marlin's elsewhere. Source: vllm/model_executor/layers/quantization/mxfp4.py, `Mxfp4MoEMethod.create_weights`.
 */
export function mxfp4ExpertTensors({ rows, columns }: Matrix, group: WeightGroup, layout: Mxfp4Layout): StoredTensors {
  const isDown = /down|w2/.test(group.name);
  // Gate and up are padded each for itself.
  const halves = /gate_up|w13/.test(group.name) ? 2 : 1;
  const paddedRows = isDown ? pad(rows, layout.hidden) : halves * pad(rows / halves, layout.intermediate);
  const paddedColumns = pad(columns, isDown ? layout.intermediate : layout.hidden);
  const elements = paddedRows * paddedColumns;
  return [elements / 2, (elements / 32) * layout.scales];
}

/**
 * The kernel that a vLLM takes for them on this GPU; Triton's is not for the experts of DeepSeek V4.
 * Source: vllm/model_executor/layers/fused_moe/oracle/mxfp4.py, `select_deepseek_v4_mxfp4_moe_backend`.
 */
export function mxfp4Layout({ sm, version, loras }: Loader, { experts }: Scheme): Mxfp4Layout {
  if (sm === undefined || sm < 90 || sm >= 110 || loras !== undefined) return MARLIN;
  if (version !== undefined && !atLeast(version, [0, 11])) return MARLIN;
  if (sm >= 100) return TENSORRT;
  return experts === undefined ? TRITON : MARLIN;
}

function pad(size: number, multiple: number): number {
  return Math.ceil(size / multiple) * multiple;
}
