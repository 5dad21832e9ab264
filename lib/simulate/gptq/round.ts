import type { KernelEngine } from '../kernels/engine';
import { writeGptqJob } from '../kernels/gptq-job';
import { decodeFloats } from '../rows/encode';
import { GRID_NUMBERS, groupColumns, type RowGrid } from '../rows/grid';
import { quantizeMatrix } from '../rows/quantize-matrix';
import type { Matrix } from '../tensor';
import { groupOrder, type FactoredHessian } from './hessian';

/** Where the scales of GPTQ come from. */
export type GroupRule =
  /** From the weights as rounding has left them when it comes to the group; groups run in the order of rounding. */
  | 'dynamic'
  /** From the weights as they are given; groups run in the order of the weights. */
  | 'static';

/** Rows that GPTQ has rounded. */
export interface GptqRows {
  readonly rows: number;
  readonly columns: number;
  readonly groups: number;
  /** `[rows, columns]`, in the order of the weights. */
  readonly codes: Uint8Array;
  /** `[rows, groups]`. */
  readonly scales: Float32Array;
  readonly zeroPoints: Float32Array;
  /** Group of each column. */
  readonly groupOf: Int32Array;
  /** scale · (code − zero), `[rows, columns]`. */
  readonly dequantized: Float32Array;
  /** Σ (error / diagonal of the factor)² / 2. */
  readonly loss: number;
}

/**
 * Rounds rows of a weight matrix by GPTQ, in f32. Rows do not depend on each other: a matrix may be cut anywhere between rows.
 *
 * @param grid the codes' grid; `gptq-*` or `int-*`, with channel or group sharing
 */
export function roundByHessian(
  engine: KernelEngine,
  matrix: Matrix,
  hessian: FactoredHessian,
  grid: RowGrid,
  rule: GroupRule,
): GptqRows {
  const { rows, columns } = matrix;
  const { order, dead } = hessian;
  const weights = decodeFloats(engine, matrix.data, matrix.dtype);
  const groupSize = groupColumns(grid.sharing, columns);
  const groups = Math.ceil(columns / groupSize);
  // With one scale a row there is no later group to wait for: both libraries take it from the weights as given.
  const given = rule === 'static' || groups === 1 ? givenGrids(engine, weights, rows, columns, grid) : undefined;
  for (const column of dead) for (let row = 0; row < rows; row++) weights[row * columns + column] = 0;

  const rank = new Int32Array(columns);
  for (let i = 0; i < columns; i++) rank[order === undefined ? i : order[i]] = i;
  const groupOf = new Int32Array(columns).map((_, column) =>
    Math.floor((given === undefined ? rank[column] : column) / groupSize),
  );

  return engine.arena.scoped(() => {
    const { arena, kernels } = engine;
    const at = arena.reserve(rows * columns * 4);
    const ordered = engine.floats(at, rows * columns);
    for (let row = 0; row < rows; row++)
      for (let i = 0; i < columns; i++) {
        ordered[row * columns + i] = weights[row * columns + (order === undefined ? i : order[i])];
      }
    const codesAt = arena.reserve(rows * columns);
    const scalesAt = arena.reserveZeroed(rows * groups * 4);
    const zerosAt = arena.reserveZeroed(rows * groups * 4);
    let groupOfAt = 0;
    if (given !== undefined) {
      engine.floats(scalesAt, rows * groups).set(given.scales);
      engine.floats(zerosAt, rows * groups).set(given.zeroPoints);
      groupOfAt = engine.place(groupOf.map((_, i) => groupOf[order === undefined ? i : order[i]]));
    }
    const job = writeGptqJob(engine, {
      weights: at,
      rows,
      columns,
      factor: hessian.at,
      grid: GRID_NUMBERS[grid.grid],
      bits: grid.bits,
      groupOf: groupOfAt,
      groupSize,
      groups,
      scales: scalesAt,
      zeroPoints: zerosAt,
      codes: codesAt,
      scratch: arena.reserve(kernels.gptqScratchBytes(rows)),
    });
    const loss = kernels.gptqRows(job);

    const scales = new Float32Array(engine.floats(scalesAt, rows * groups));
    const zeroPoints = new Float32Array(engine.floats(zerosAt, rows * groups));
    const roundedCodes = engine.bytes(codesAt, rows * columns);
    const codes = new Uint8Array(rows * columns);
    const dequantized = new Float32Array(rows * columns);
    const signed = grid.grid.startsWith('int-');
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        const code = roundedCodes[row * columns + rank[column]];
        const group = row * groups + groupOf[column];
        codes[row * columns + column] = code;
        const value = signed ? (code << 24) >> 24 : code;
        dequantized[row * columns + column] = scales[group] * (value - zeroPoints[group]);
      }
    }
    return { rows, columns, groups, codes, scales, zeroPoints, groupOf, dequantized, loss };
  });
}

function givenGrids(
  engine: KernelEngine,
  weights: Float32Array,
  rows: number,
  columns: number,
  grid: RowGrid,
): { scales: Float32Array; zeroPoints: Float32Array } {
  const data = new Uint8Array(weights.buffer, weights.byteOffset, weights.byteLength);
  return quantizeMatrix(engine, { dtype: 'F32', rows, columns, data }, { ...grid, arithmetic: 'F32' });
}

/**
 * Groups renumbered by their place in the weights, for orders that keep groups whole (`byActivationWithinGroups`): scales
 * come out in the order of rounding.
 */
export function groupsInPlace(result: GptqRows, hessian: FactoredHessian, groupSize: number): GptqRows {
  const { rows, groups } = result;
  const order = groupOrder(hessian.diagonal, groupSize);
  const scales = new Float32Array(result.scales.length);
  const zeroPoints = new Float32Array(result.zeroPoints.length);
  for (let row = 0; row < rows; row++) {
    order.forEach((group, place) => {
      scales[row * groups + group] = result.scales[row * groups + place];
      zeroPoints[row * groups + group] = result.zeroPoints[row * groups + place];
    });
  }
  const groupOf = result.groupOf.map((_, column) => Math.floor(column / groupSize));
  return { ...result, scales, zeroPoints, groupOf };
}
