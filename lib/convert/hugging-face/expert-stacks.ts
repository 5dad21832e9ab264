import { SimulationError } from '../../errors';
import type { CheckpointTensor } from '../../format';
import type { GgufPlace } from '../../format/gguf/hub-names';
import type { GgufTaskPart } from '../../simulate/gguf/write/plan';
import type { GgufModelTensor } from '../gguf/model';

/** Matrices that each expert has: gate, up and down. */
const MATRICES = 3;

interface Stack {
  readonly name: string;
  /** The module within its expert, by which the converter orders a layer's stacks. */
  readonly module: string;
  readonly first: CheckpointTensor;
  readonly parts: GgufTaskPart[];
}

interface Layer {
  readonly stacks: Map<string, Stack>;
  found: number;
}

/**
 * Puts the matrices of a layer's experts together, each kind in one tensor, when all of them have come: there is where the converter
 * writes them. Nothing is read; where the bytes lie is noted.
 * Source: llama.cpp conversion/{llama,qwen,olmo,phi}.py, `modify_tensors`.
 */
export class ExpertStacks {
  private readonly layers = new Map<string, Layer>();

  /** @param experts of a layer, as the config has it; undefined where it says nothing */
  constructor(
    private readonly location: string,
    private readonly experts: number | undefined,
  ) {}

  /**
   * @returns the tensors that are complete now
   * @throws SimulationError `EXPERTS_NOT_STACKED`
   */
  add(tensor: CheckpointTensor, { name, expert = 0 }: GgufPlace, part: GgufTaskPart): GgufModelTensor[] {
    const { experts = 0 } = this;
    if (expert >= experts) throw this.problem(tensor.name, `expert ${expert}`, `experts below ${experts}`);
    const number = name.split('.', 2).join('.');
    const layer = this.layers.get(number) ?? { stacks: new Map<string, Stack>(), found: 0 };
    this.layers.set(number, layer);
    const module = tensor.name.split('.').slice(-2)[0];
    const stack = layer.stacks.get(name) ?? { name, module, first: tensor, parts: [] };
    layer.stacks.set(name, stack);
    const { dtype, shape } = stack.first;
    if (tensor.dtype !== dtype || tensor.shape.length !== 2 || tensor.shape.join() !== shape.join()) {
      throw this.problem(tensor.name, described(tensor), `${described(stack.first)}, as ${stack.first.name}`);
    }
    stack.parts[expert] = part;
    layer.found++;
    if (layer.found < experts * MATRICES) return [];
    this.layers.delete(number);
    return [...layer.stacks.values()]
      .sort((left, right) => (left.module < right.module ? -1 : 1))
      .map(({ name, first, parts }) => ({
        name,
        shape: [experts, ...first.shape],
        storedType: first.dtype,
        dtype: first.dtype,
        parts,
      }));
  }

  /** @throws SimulationError `EXPERTS_NOT_STACKED` when experts of a layer are missing */
  end(): void {
    for (const [layer, { stacks, found }] of this.layers) {
      const [{ first }] = stacks.values();
      throw this.problem(
        layer,
        `${found} matrices of experts, such as ${first.name}`,
        `${MATRICES} of each of ${this.experts} experts`,
      );
    }
  }

  private problem(what: string, got: string, allowed: string): SimulationError {
    return new SimulationError('EXPERTS_NOT_STACKED', `${what}: its experts do not make one tensor`, {
      path: this.location,
      got,
      allowed,
      fix: 'download all files of the checkpoint, and the config.json that belongs to it',
    });
  }
}

/**
 * A tensor that holds the matrices of all experts, as GGUF has it: where gate and up lie in one, in halves of each expert's rows, they
 * are taken apart.
 *
 * @param names of the tensors that its rows are shared among
 */
export function fusedExperts(
  { dtype, shape, offset, bytes }: CheckpointTensor,
  names: readonly string[],
  file: number,
): GgufModelTensor[] {
  const [experts, rows, columns] = shape;
  const expertBytes = bytes / experts;
  const ownBytes = expertBytes / names.length;
  return names.map((name, place) => ({
    name,
    shape: [experts, rows / names.length, columns],
    storedType: dtype,
    dtype,
    parts: Array.from({ length: experts }, (_, expert) => ({
      file,
      offset: offset + expert * expertBytes + place * ownBytes,
    })),
  }));
}

function described({ dtype, shape }: CheckpointTensor): string {
  return `${dtype} [${shape.join(', ')}]`;
}
