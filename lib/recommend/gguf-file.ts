import { findGgufFileType, findGgufTensorType } from '../scheme/gguf/types';
import type { PlanAnswer } from '../rules';
import type { EndpointSpec } from '../spec/types';

/** A GGUF of a model that is offered in several. */
export interface OfferedGguf {
  /** Name of its llama.cpp file type, such as `Q4_K_M`; undefined where nobody says. */
  readonly fileType?: string;
  /** Bytes of its tensors, where known. */
  readonly weightBytes?: number;
}

/** How a GGUF was chosen among those offered. */
export interface GgufChoice<T extends OfferedGguf> {
  readonly chosen: T;
  /** False: none fits, and the smallest was taken. */
  readonly fits: boolean;
}

/**
 * The context for which room must be left where nobody asks for one: what llama-server itself keeps to when it fits a
 * model into memory. Source: llama.cpp common/arg.cpp, `--fit-ctx`.
 */
const LEAST_CONTEXT = 4096;

/**
 * Chooses among the GGUFs of a model: the smallest that is as precise as asked for; where that does not fit, the most
 * precise that does; where none fits, the smallest.
 *
 * @param spec the endpoint without its quantization; `maxModelLen` counts one slot
 * @param preferred file type that is precise enough
 * @param offered at least one
 * @param plan of a spec on the machine that is to serve
 */
export function chooseGguf<T extends OfferedGguf>(
  spec: EndpointSpec,
  preferred: string,
  offered: readonly T[],
  plan: (spec: EndpointSpec) => PlanAnswer,
): GgufChoice<T> {
  const ranked = rank(preferred, offered);
  const chosen = ranked.find((gguf) => fits(withGguf(spec, gguf), plan));
  if (chosen !== undefined) return { chosen, fits: true };
  return { chosen: [...ranked].sort((a, b) => bitsOf(a) - bitsOf(b))[0], fits: false };
}

/** The spec with what is known of the GGUF. */
export function withGguf(spec: EndpointSpec, { fileType, weightBytes }: OfferedGguf): EndpointSpec {
  return {
    ...spec,
    model: weightBytes === undefined ? spec.model : { ...spec.model, weightBytes },
    ...(fileType === undefined ? {} : { quantization: `gguf:${fileType}` }),
  };
}

/** Precise enough first, from the smallest on; then the others, from the most precise on. */
function rank<T extends OfferedGguf>(preferred: string, offered: readonly T[]): readonly T[] {
  const wanted = bitsOf({ fileType: preferred });
  const own = (gguf: T) => (gguf.fileType === preferred ? 0 : 1);
  const enough = offered.filter((gguf) => bitsOf(gguf) >= wanted);
  const less = offered.filter((gguf) => bitsOf(gguf) < wanted);
  return [
    ...enough.sort((a, b) => bitsOf(a) - bitsOf(b) || own(a) - own(b)),
    ...less.sort((a, b) => bitsOf(b) - bitsOf(a)),
  ];
}

/** Bits of a weight in the mix's most frequent type; of a type nobody names the most, so that it comes last. */
function bitsOf({ fileType }: OfferedGguf): number {
  const tensor = findGgufTensorType(findGgufFileType(fileType ?? '')?.tensorType ?? '');
  return tensor === undefined ? Infinity : (tensor.blockBytes * 8) / tensor.blockElements;
}

function fits(spec: EndpointSpec, plan: (spec: EndpointSpec) => PlanAnswer): boolean {
  const slots = spec.options?.slots ?? 1;
  const shares = spec.environment?.SM_LLAMA_CPP_KV_UNIFIED === 'true' ? 1 : slots;
  const context = spec.options?.maxModelLen ?? LEAST_CONTEXT;
  const own = spec.model.config?.max_position_embeddings;
  const each = typeof own === 'number' ? Math.min(own, context) : context;
  const { memory, maxConcurrency } = plan({
    ...spec,
    options: { ...spec.options, slots, maxModelLen: each * shares },
  });
  if (memory.weights !== null && memory.usable !== null && memory.weights >= memory.usable) return false;
  // What cannot be known is no reason to take a worse file.
  return maxConcurrency === null || maxConcurrency >= 1;
}
