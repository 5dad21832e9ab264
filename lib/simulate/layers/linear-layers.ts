import { ModelConfigError } from '../../errors';
import type { Checkpoint, CheckpointTensor } from '../../format';
import { architectureName, ggufFusedExperts, textModelConfig, textModelName } from '../../format/gguf/hub-names';
import { describeModel, type ModelDescription, type WeightGroup } from '../../model';
import { isJsonObject } from '../../text/json';

/** Whether a tensor is the weight of a linear layer within the model's blocks: what every scheme quantizes. */
export type LinearTest = (tensor: CheckpointTensor) => boolean;

/**
 * The linear layers of a checkpoint. Embeddings, the head, routers, norms and what looks at images or sound stay as they are, as
 * in the reference libraries.
 *
 * With a config that is known, by the architecture's own list; else by the names that checkpoints use.
 */
export function linearLayers(checkpoint: Checkpoint, model: ModelDescription | undefined): LinearTest {
  const patterns = model?.known === true ? patternsOf(model) : [];
  const matches = (name: string): boolean => patterns.some((pattern) => pattern.test(name));
  // A checkpoint that names its tensors otherwise than its architecture does is read by names.
  if ([...checkpoint.tensors.keys()].some(matches)) return ({ name, shape }) => shape.length === 2 && matches(name);
  return ({ name, shape }) => shape.length === 2 && isLinearName(name);
}

/** Matrices of all experts of a layer in one tensor, as GGUF stores them and some checkpoints of the hub do. */
export function expertStacks({ format, config }: Checkpoint): LinearTest {
  if (format === 'gguf') return ({ name, shape }) => shape.length === 3 && GGUF_STACK.test(name);
  if (!isJsonObject(config)) return () => false;
  const architecture = architectureName(textModelConfig(config));
  return ({ name, shape }) => shape.length === 3 && ggufFusedExperts(textModelName(name), architecture).length > 0;
}

const GGUF_STACK = /^blk\.\d+\.ffn_(?:gate|up|gate_up|down)_exps\.weight$/;

/** The model that the checkpoint's config describes; undefined without a config that can be understood: names tell the layers then. */
export function modelOf(checkpoint: Checkpoint): ModelDescription | undefined {
  if (checkpoint.config === undefined) return undefined;
  try {
    return describeModel(checkpoint.config);
  } catch (error) {
    if (error instanceof ModelConfigError) return undefined;
    throw error;
  }
}

const QUANTIZED_PLACES = new Set(['text', 'encoder', 'decoder']);

function patternsOf(model: ModelDescription): RegExp[] {
  return model.weights
    .filter(({ role, place }) => (role === 'linear' || role === 'expert') && QUANTIZED_PLACES.has(place))
    .map(weightPattern);
}

/** Matches the names of a group's tensors; the number of the layer is captured as `layer`. */
export function weightPattern({ name }: WeightGroup): RegExp {
  const literal = name.replace(/[.*+?^$()|[\]\\]/g, '\\$&').replace(/^model\\\./, '');
  // Checkpoints of single tasks leave out or add a prefix to the whole model.
  return new RegExp(`^(?:model\\.)?${literal.replace('{layer}', '(?<layer>\\d+)').replace('{expert}', '\\d+')}$`);
}

/** A block has a number; what lies in one and ends in `.weight` is a linear layer unless its name says otherwise. */
const IN_BLOCK = /(?:^|\.)(?:layers?|h|blocks?|blk)\.\d+\./;
const NOT_LINEAR = /norm|embed|router|(?:^|\.)gate\.weight$|ffn_gate_inp|(?:^|\.)(?:vision|visual|audio)/;

function isLinearName(name: string): boolean {
  return name.endsWith('.weight') && IN_BLOCK.test(name) && !NOT_LINEAR.test(name);
}
