import { SimulationError } from '../../errors';
import type { Checkpoint, CheckpointTensor } from '../../format';
import { ggufFusedExperts, ggufPlace, textModelName } from '../../format/gguf/hub-names';
import { GGUF_PLAIN_TYPES } from '../../scheme/gguf/quantized-types';
import type { GgufModelTensor } from '../gguf/model';
import type { HubArchitecture } from './architectures/architecture';
import type { HubConfig } from './config';
import { ExpertStacks, fusedExperts } from './expert-stacks';

/** Buffers that some checkpoints hold though models compute them. */
const NOT_WEIGHTS = /(?:\.attention\.masked_bias|\.attention\.bias|\.rotary_emb\.inv_freq)$/;

/** Parts of multimodal checkpoints that are not the text model. */
const OTHER_TOWERS =
  /^(?:vision_tower|multi_modal_projector|vision_model|audio_tower|visual)\.|^model\.(?:vision_tower|multi_modal_projector|visual)\./;

/** By file, then by name: the order in which the converter reads. */
function sortedTensors(checkpoint: Checkpoint): CheckpointTensor[] {
  const order = (left: string, right: string): number => (left < right ? -1 : left > right ? 1 : 0);
  return [...checkpoint.tensors.values()].sort(
    (left, right) => order(left.file, right.file) || order(left.name, right.name),
  );
}

/**
 * The tensors of a checkpoint under their names in a GGUF, in the converter's order.
 *
 * @throws SimulationError `TENSOR_NOT_CONVERTED`, `CHECKPOINT_QUANTIZED`, `EXPERTS_NOT_STACKED`
 */
export function convertTensors(
  checkpoint: Checkpoint,
  architecture: HubArchitecture,
  config: HubConfig,
): readonly GgufModelTensor[] {
  const files = new Map(checkpoint.files.map(({ name }, index) => [name, index]));
  const experts = new ExpertStacks(checkpoint.location, config.number('num_local_experts', 'num_experts'));
  const tensors: GgufModelTensor[] = [];
  for (const tensor of sortedTensors(checkpoint)) {
    if (NOT_WEIGHTS.test(tensor.name) || OTHER_TOWERS.test(tensor.name)) continue;
    const source = textModelName(tensor.name);
    if (architecture.dropsHead === true && source === 'lm_head.weight') continue;
    const file = files.get(tensor.file) as number;
    const fused = ggufFusedExperts(source, config.architecture);
    const place = ggufPlace(source, config.architecture);
    const isFused = tensor.shape.length === 3 && fused.length > 0 && tensor.shape[1] % fused.length === 0;
    if (place === undefined && !isFused) throw notConverted(tensor, checkpoint, architecture, config);
    if (!GGUF_PLAIN_TYPES.includes(tensor.dtype)) throw quantizedBefore(tensor);
    if (place === undefined) tensors.push(...fusedExperts(tensor, fused, file));
    else if (place.expert !== undefined) tensors.push(...experts.add(tensor, place, { file, offset: tensor.offset }));
    else tensors.push(convertTensor(tensor, place.name, file, architecture, config));
  }
  experts.end();
  return tensors;
}

/** Routers, which llama.cpp computes with as they are. Source: llama.cpp conversion/base.py, `prepare_tensors`. */
const ROUTER = /\.ffn_gate_inp(?:_shexp)?\.weight$/;

function convertTensor(
  tensor: CheckpointTensor,
  name: string,
  file: number,
  architecture: HubArchitecture,
  config: HubConfig,
): GgufModelTensor {
  const source = textModelName(tensor.name);
  const exact =
    tensor.shape.length <= 1 || name.endsWith('_norm.weight') || !name.endsWith('.weight') || ROUTER.test(name);
  const heads = interleavedHeads(source, architecture, config);
  return {
    name,
    shape: tensor.shape,
    storedType: tensor.dtype,
    dtype: exact ? 'F32' : tensor.dtype,
    parts: [{ file, offset: tensor.offset }],
    interleave: heads === undefined ? undefined : tensor.shape[0] / heads,
    addOne: architecture.normsFromOne && source.endsWith('norm.weight') ? true : undefined,
  };
}

function notConverted(
  { name }: CheckpointTensor,
  { location }: Checkpoint,
  architecture: HubArchitecture,
  config: HubConfig,
): SimulationError {
  return new SimulationError('TENSOR_NOT_CONVERTED', `${name} has no place in a ${architecture.gguf} GGUF`, {
    path: location,
    got: name,
    allowed: `the tensors of ${config.architecture}`,
    fix: 'give the unquantized checkpoint of the model itself: no adapter, no packed weights',
  });
}

function quantizedBefore({ name, dtype }: CheckpointTensor): SimulationError {
  return new SimulationError('CHECKPOINT_QUANTIZED', `${name} is stored as ${dtype}`, {
    got: dtype,
    allowed: GGUF_PLAIN_TYPES.join(', '),
    fix: 'give the unquantized checkpoint',
  });
}

/** How many heads a query or key projection has, where their rows are to be interleaved. */
function interleavedHeads(name: string, { interleaves }: HubArchitecture, config: HubConfig): number | undefined {
  if (!interleaves) return undefined;
  const heads = config.required('num_attention_heads', 'n_heads');
  if (/q_proj\.(?:weight|bias)$/.test(name)) return heads;
  if (/k_proj\.(?:weight|bias)$/.test(name)) return config.number('num_key_value_heads', 'n_kv_heads') ?? heads;
  return undefined;
}
