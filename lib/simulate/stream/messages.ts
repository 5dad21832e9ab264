import { FormatError, QuantizedEndpointsError, SimulationError, type ErrorDetails } from '../../errors';
import type { WasmMemory, WasmModule } from '../kernels/webassembly';
import type { SharedControl } from './control';
import type { StreamPlan } from './plan';
import type { DigestResult, TensorResult } from './tensor-result';

/** What a worker starts with. */
export interface StreamWorkerData {
  readonly kind: 'stream';
  readonly plan: StreamPlan;
  readonly control: SharedControl;
  readonly memory: WasmMemory;
  readonly module: WasmModule;
  readonly slot: { readonly start: number; readonly end: number };
}

/** What a worker says. */
export type StreamMessage =
  | { readonly kind: 'tensor'; readonly result: TensorResult }
  | { readonly kind: 'digest'; readonly result: DigestResult }
  /** All that the worker found is told. */
  | { readonly kind: 'ended' }
  | { readonly kind: 'error'; readonly error: CarriedError };

/** An error on its way between threads, where classes are lost. */
export interface CarriedError {
  readonly format: boolean;
  readonly id?: string;
  readonly message: string;
  readonly details: ErrorDetails;
}

export function carry(error: unknown): CarriedError {
  if (error instanceof QuantizedEndpointsError) {
    const { id, message, got, allowed, fix, path } = error;
    return { format: error instanceof FormatError, id, message, details: { got, allowed, fix, path } };
  }
  return {
    format: false,
    message: error instanceof Error ? (error.stack ?? error.message) : String(error),
    details: {},
  };
}

export function uncarry({ format, id, message, details }: CarriedError): Error {
  if (id === undefined) return new Error(message);
  return format ? new FormatError(id, message, details) : new SimulationError(id, message, details);
}
