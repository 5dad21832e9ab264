import { quantizeGroup } from '../calibrated/quantize-group';
import { FIGURE_FIELDS } from '../figures';
import type { KernelEngine } from '../kernels/engine';
import { castMatrix } from '../rows/cast';
import { scaleMatrix } from '../smoothquant/smooth';
import type { Matrix } from '../tensor';
import { openInWorker } from '../worker/source';
import type { GroupLayer, GroupTask, LayerResult } from './task';

/** Reads a group's layers, quantizes them together, and compares what they come to with what they were. */
export function quantizeTask(engine: KernelEngine, task: GroupTask): LayerResult[] {
  const { recipe, statistics, scalable } = task;
  const layers = task.layers.map((layer) => ({ name: layer.name, matrix: readMatrix(layer) }));
  const { matrices, inputDivisors } = quantizeGroup(engine, recipe, { layers, statistics, scalable });
  return layers.map(({ name, matrix }, index) => {
    const stored = castMatrix(engine, matrices[index], 'F32');
    // The factors that went into the weights come out of their inputs: together they stand for the weights as they were.
    const effective = inputDivisors === undefined ? stored : scaleMatrix(engine, stored, inputDivisors, 'divide');
    return { name, ...compare(engine, castMatrix(engine, matrix, 'F32'), effective) };
  });
}

function readMatrix({ path, offset, bytes, dtype, rows, columns }: GroupLayer): Matrix {
  const source = openInWorker(path);
  try {
    const data = new Uint8Array(bytes);
    source.readSync(offset, data);
    return { dtype, rows, columns, data };
  } finally {
    source.closeSync();
  }
}

/** Figures of f32 values against the f32 weights they stand for. */
function compare(engine: KernelEngine, weights: Matrix, values: Matrix): Omit<LayerResult, 'name'> {
  return engine.arena.scoped(() => {
    const { arena, kernels } = engine;
    const { rows, columns } = weights;
    const figures = arena.reserveZeroed(FIGURE_FIELDS * 8);
    const energy = arena.reserveZeroed(columns * 4);
    const left = engine.place(weights.data);
    kernels.compareRows(left, engine.place(values.data), rows, columns, figures, energy);
    return {
      figures: new Float64Array(engine.doubles(figures, FIGURE_FIELDS)),
      columnEnergy: Float64Array.from(engine.floats(energy, columns)),
    };
  });
}
