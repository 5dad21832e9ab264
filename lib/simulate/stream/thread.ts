import { FIGURE_FIELDS } from '../figures';
import { ggufKernels } from '../gguf/kernels';
import { ggufBlock } from '../../scheme/gguf/quantized-types';
import type { KernelEngine } from '../kernels/engine';
import { matrixRange } from '../rows/matrix-range';
import type { MatrixRange, RowPiece } from '../rows/runner';
import { runnerOf } from '../rows/runners';
import type { StreamControl } from './control';
import { needsRange, rowBytes, type StreamMatrix, type StreamPlan, type StreamUnit } from './plan';
import type { TensorResult } from './tensor-result';

/** Room beside a piece: sums, scales, and rows cast to another type. */
const SCRATCH_BYTES = 1024 * 1024;

/** Bytes of kernel memory that a thread takes. */
export function slotBytes(plan: StreamPlan): number {
  const perColumn = 4 * plan.columns;
  return plan.pieceBytes + plan.decodedBytes + SCRATCH_BYTES + plan.schemes * FIGURE_FIELDS * 8 + 32 * perColumn;
}

/** Does units in its own slot of the kernels' memory. Bytes are brought in by the caller. */
export class StreamThread {
  /** Where the bytes of a unit go before `rows` or `range` is called. */
  readonly pieceAt: number;
  private readonly decodedAt: number;
  private readonly figuresAt: number;
  private readonly energyAt: number;
  private readonly spareEnergyAt: number;
  private current: { tensor: number; figures: Float64Array; energy: Float64Array } | undefined;

  constructor(
    private readonly engine: KernelEngine,
    private readonly plan: StreamPlan,
    private readonly control: StreamControl,
    private readonly deliver: (result: TensorResult) => void,
  ) {
    this.pieceAt = engine.arena.reserve(plan.pieceBytes);
    this.decodedAt = engine.arena.reserve(plan.decodedBytes);
    this.figuresAt = engine.arena.reserve(plan.schemes * FIGURE_FIELDS * 8);
    this.energyAt = engine.arena.reserve(plan.columns * 4);
    this.spareEnergyAt = engine.arena.reserve(plan.columns * 4);
  }

  /** Where a unit's bytes lie in the tensor's file. */
  span(unit: StreamUnit): { offset: number; bytes: number } {
    const tensor = this.plan.tensors[unit.tensor];
    const matrix = tensor.matrix as StreamMatrix;
    const bytes = rowBytes(matrix);
    return { offset: tensor.offset + unit.firstRow * bytes, bytes: unit.rows * bytes };
  }

  /** Lowest and highest value of the rows at `pieceAt`. */
  range(unit: StreamUnit): void {
    const { engine } = this;
    const matrix = this.plan.tensors[unit.tensor].matrix as StreamMatrix;
    const { lowest, highest } = matrixRange(
      engine,
      this.weights(unit, matrix),
      matrix.dtype,
      unit.rows,
      matrix.columns,
    );
    this.control.addRange(unit.tensor, lowest, highest);
  }

  /** Quantizes the rows at `pieceAt` in every scheme. */
  rows(unit: StreamUnit): void {
    const { engine, plan } = this;
    const matrix = plan.tensors[unit.tensor].matrix as StreamMatrix;
    const { columns, dtype } = matrix;
    const range = this.rangeOf(unit, matrix);
    if (range === 'cancelled') return;
    const sums = this.sumsOf(unit.tensor, columns);
    const figures = engine.doubles(this.figuresAt, plan.schemes * FIGURE_FIELDS).fill(0);
    const energy = engine.floats(this.energyAt, columns).fill(0);
    const piece: RowPiece = {
      at: this.weights(unit, matrix),
      dtype,
      columns,
      rows: unit.rows,
      firstRow: unit.firstRow,
      matrixRows: matrix.rows,
    };
    let columnEnergy = this.energyAt;
    matrix.kernels.forEach((kernel, scheme) => {
      if (kernel === null) return;
      const at = { figures: this.figuresAt + scheme * FIGURE_FIELDS * 8, columnEnergy };
      runnerOf(kernel).run(engine, kernel, piece, at, range);
      // Every scheme sees the same columns: one of them counts them.
      columnEnergy = this.spareEnergyAt;
    });
    for (let scheme = 0; scheme < plan.schemes; scheme++) {
      addFigures(sums.figures, figures, scheme * FIGURE_FIELDS);
    }
    for (let column = 0; column < columns; column++) sums.energy[column] += energy[column];
  }

  /** Where the rows at `pieceAt` lie as weights. */
  private weights(unit: StreamUnit, { blocks, columns }: StreamMatrix): number {
    if (blocks === undefined) return this.pieceAt;
    const { arena } = this.engine;
    const kernels = ggufKernels(this.engine);
    arena.scoped(() => {
      const scratch = arena.reserve(kernels.ggufScratchBytes());
      kernels.dequantizeGguf(ggufBlock(blocks).id, this.pieceAt, this.decodedAt, unit.rows * columns, scratch);
    });
    return this.decodedAt;
  }

  /** Hands over what is held of the last tensor. */
  flush(): void {
    if (this.current === undefined) return;
    const { tensor, figures, energy } = this.current;
    this.deliver({ tensor, figures, columnEnergy: energy });
    this.current = undefined;
  }

  private rangeOf(unit: StreamUnit, matrix: StreamMatrix): MatrixRange | undefined | 'cancelled' {
    // A matrix of one piece has its range within it.
    if (unit.rows === matrix.rows || !needsRange(matrix)) return undefined;
    return this.control.waitForRange(unit.tensor) ?? 'cancelled';
  }

  private sumsOf(tensor: number, columns: number): { figures: Float64Array; energy: Float64Array } {
    if (this.current?.tensor !== tensor) {
      this.flush();
      const figures = new Float64Array(this.plan.schemes * FIGURE_FIELDS);
      this.current = { tensor, figures, energy: new Float64Array(columns) };
    }
    return this.current as { figures: Float64Array; energy: Float64Array };
  }
}

/** Place of the largest error among the figures: the one field that is not a sum. */
const MAX_ERROR_FIELD = 3;

/** Adds one scheme's figures, which stand at `first` in both. */
export function addFigures(total: Float64Array, part: Float64Array, first: number): void {
  for (let field = first; field < first + FIGURE_FIELDS; field++) {
    if (field - first === MAX_ERROR_FIELD) total[field] = Math.max(total[field], part[field]);
    else total[field] += part[field];
  }
}
