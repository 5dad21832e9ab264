import { SimulationError } from '../../../errors';
import { ggmlBytes } from '../../../scheme/gguf/types';
import type { KernelEngine } from '../../kernels/engine';
import { roundTo } from '../../rows/arithmetic';
import { castElements } from '../../rows/cast';
import { WEIGHT_BYTES, type WeightDtype } from '../../tensor';
import { ggufKernels, ggufSourceNumber, runGgufJob } from '../kernels';
import { ggufBlock, isGgufQuantizedType, type GgufQuantizedType } from '../../../scheme/gguf/quantized-types';
import { runStackedJob } from '../weighted';
import type { GgufTensorTask, GgufUnit } from './plan';

/**
 * Makes what the file is to hold of some rows.
 *
 * @param at the rows as they are stored
 * @returns where the result lies in the engine's memory
 * @throws SimulationError `WEIGHT_NOT_FINITE` for what llama.cpp would not load
 */
export function convertRows(engine: KernelEngine, task: GgufTensorTask, unit: GgufUnit, at: number): number {
  const { columns, sourceType, targetType, addOne = false } = task;
  const source = task.interleave === undefined ? at : interleaved(engine, task, unit, at);
  if (sourceType === targetType && !addOne) return source;

  const count = unit.rows * columns;
  if (isGgufQuantizedType(targetType) && !addOne) {
    const blocks = engine.arena.reserve(ggmlBytes(targetType, count));
    const job = {
      source,
      dtype: ggufSourceNumber(sourceType as WeightDtype | GgufQuantizedType),
      rows: unit.rows,
      columns,
      type: ggufBlock(targetType).id,
      blocks,
      restored: 0,
      figures: 0,
      columnEnergy: 0,
    };
    const { importance } = task;
    const wild =
      importance === undefined
        ? runGgufJob(engine, job)
        : runStackedJob(engine, job, importance, {
            firstRow: unit.firstRow,
            allRows: task.rows,
            rowBytes: ggmlBytes(sourceType, columns),
            blockRowBytes: ggmlBytes(targetType, columns),
          });
    if (wild > 0) throw notFinite(task, unit);
    return blocks;
  }
  const { at: values, dtype } = floats(engine, source, sourceType, count);
  const wide = castElements(engine, values, dtype, 'F32', count);
  if (addOne) {
    // In the type it is stored in, as the converter adds: f16 stays f16, bf16 is widened first.
    const rounding: WeightDtype = dtype === 'F16' ? 'F16' : 'F32';
    const view = engine.floats(wide, count);
    for (let i = 0; i < count; i++) view[i] = roundTo(rounding, view[i] + 1);
  }
  const target = castElements(engine, wide, 'F32', targetType as WeightDtype, count);
  const check = targetType === 'F32' ? target : castElements(engine, target, targetType as WeightDtype, 'F32', count);
  if (ggufKernels(engine).finiteValues(check, count) === 0) throw notFinite(task, unit);
  return target;
}

/** Values as f32, f16 or bf16: blocks are decoded, the others are left as they are. */
function floats(
  engine: KernelEngine,
  at: number,
  type: string,
  count: number,
): { readonly at: number; readonly dtype: WeightDtype } {
  if (!isGgufQuantizedType(type)) return { at, dtype: type as WeightDtype };
  const kernels = ggufKernels(engine);
  const values = engine.arena.reserve(count * 4);
  engine.arena.scoped(() => {
    const scratch = engine.arena.reserve(kernels.ggufScratchBytes());
    kernels.dequantizeGguf(ggufBlock(type).id, at, values, count, scratch);
  });
  return { at: values, dtype: 'F32' };
}

/** Rows of each head in the order that llama.cpp's rotary embedding takes: neighbours where the checkpoint has halves. */
function interleaved(engine: KernelEngine, task: GgufTensorTask, unit: GgufUnit, at: number): number {
  const head = task.interleave as number;
  const rowBytes = task.columns * WEIGHT_BYTES[task.sourceType as WeightDtype];
  const bytes = engine.bytes(at, unit.rows * rowBytes);
  const target = engine.arena.reserve(unit.rows * rowBytes);
  const turned = engine.bytes(target, unit.rows * rowBytes);
  const half = head / 2;
  for (let first = 0; first < unit.rows; first += head) {
    for (let row = 0; row < head; row++) {
      const to = first + (row < half ? 2 * row : 2 * (row - half) + 1);
      turned.set(bytes.subarray((first + row) * rowBytes, (first + row + 1) * rowBytes), to * rowBytes);
    }
  }
  return target;
}

function notFinite({ name, targetType }: GgufTensorTask, { firstRow, rows }: GgufUnit): SimulationError {
  return new SimulationError('WEIGHT_NOT_FINITE', `${name} holds weights that ${targetType} cannot hold`, {
    path: name,
    got: `NaN, infinity or a scale beyond 65504 in rows ${firstRow} to ${firstRow + rows - 1}`,
    allowed: 'finite weights: llama.cpp loads no others',
    fix: 'check the checkpoint; if it was trained in a wider range, choose F32 or BF16',
  });
}
