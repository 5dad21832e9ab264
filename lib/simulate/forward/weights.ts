import { SimulationError } from '../../errors';
import { WEIGHT_BYTES, type Matrix, type WeightDtype } from '../tensor';
import type { DecoderShape } from './decoder-shape';

/** A tensor as it is stored, and as numbers; row-major. */
export interface StoredTensor {
  readonly shape: readonly number[];
  readonly dtype: WeightDtype;
  readonly data: Uint8Array;
  readonly values: Float32Array;
}

/** Where the weights come from. */
export interface WeightSource {
  has(name: string): boolean;
  /** @throws FormatError for a tensor that cannot be read */
  read(name: string): Promise<StoredTensor>;
}

/** A linear layer: `values` is `[outputs, inputs]`. */
export interface Linear {
  /** Tensor name in the checkpoint. */
  readonly name: string;
  readonly outputs: number;
  readonly inputs: number;
  readonly values: Float32Array;
  /** The same as it is stored: what a scheme quantizes. */
  readonly stored: Matrix;
  readonly bias?: Float32Array;
}

/** A feed-forward: gate and up read one input. */
export interface GatedMlp {
  readonly gate: Linear;
  readonly up: Linear;
  readonly down: Linear;
}

/** All of a block but its feed-forward; query, key and value read one input. */
export interface BlockAttention {
  readonly query: Linear;
  readonly key: Linear;
  readonly value: Linear;
  readonly output: Linear;
  readonly attentionNorm: Float32Array;
  readonly mlpNorm: Float32Array;
  /** Gemma 2 and 3: of the attention's output. */
  readonly attentionOutputNorm?: Float32Array;
  /** Gemma 2 and 3: of the MLP's output. */
  readonly mlpOutputNorm?: Float32Array;
  /** Qwen 3 and Gemma 3: of each query head, `[headDim]`; OLMoE: of all together. */
  readonly queryNorm?: Float32Array;
  readonly keyNorm?: Float32Array;
}

export interface DecoderBlock extends BlockAttention, GatedMlp {}

/** Names of a block's linear layers, in the order in which they are computed. */
export const LINEAR_KEYS = ['query', 'key', 'value', 'output', 'gate', 'up', 'down'] as const;
export type LinearKey = (typeof LINEAR_KEYS)[number];

/** Tensor names of a block's linear layers; parts of a fused projection share one. */
export function linearNames(source: WeightSource, layer: number): Readonly<Record<LinearKey, string>> {
  const prefix = `${decoderPrefix(source)}layers.${layer}.`;
  const name = (fused: string, own: string) =>
    `${prefix}${source.has(`${prefix}${fused}.weight`) ? fused : own}.weight`;
  return {
    ...attentionNames(source, layer),
    gate: name('mlp.gate_up_proj', 'mlp.gate_proj'),
    up: name('mlp.gate_up_proj', 'mlp.up_proj'),
    down: `${prefix}mlp.down_proj.weight`,
  };
}

/** Those of the attention alone. */
export function attentionNames(
  source: WeightSource,
  layer: number,
): Readonly<Record<'query' | 'key' | 'value' | 'output', string>> {
  const prefix = `${decoderPrefix(source)}layers.${layer}.self_attn.`;
  const fused = `${prefix}qkv_proj.weight`;
  const name = (own: string) => (source.has(fused) ? fused : `${prefix}${own}.weight`);
  return { query: name('q_proj'), key: name('k_proj'), value: name('v_proj'), output: `${prefix}o_proj.weight` };
}

/** Reads one block that has no experts. Phi-3's fused projections come apart into the separate ones. */
export async function readDecoderBlock(
  source: WeightSource,
  shape: DecoderShape,
  layer: number,
): Promise<DecoderBlock> {
  const { hidden, intermediate } = shape;
  const prefix = `${decoderPrefix(source)}layers.${layer}.mlp.`;
  const linear = (name: string, outputs: number, inputs: number) =>
    readLinear(source, `${prefix}${name}`, outputs, inputs);
  const [gate, up] = source.has(`${prefix}gate_up_proj.weight`)
    ? cut(await linear('gate_up_proj', 2 * intermediate, hidden), [intermediate, intermediate])
    : [await linear('gate_proj', intermediate, hidden), await linear('up_proj', intermediate, hidden)];
  return {
    ...(await readBlockAttention(source, shape, layer)),
    gate,
    up,
    down: await linear('down_proj', hidden, intermediate),
  };
}

/** Reads the attention and the norms of any block. */
export async function readBlockAttention(
  source: WeightSource,
  shape: DecoderShape,
  layer: number,
): Promise<BlockAttention> {
  const prefix = `${decoderPrefix(source)}layers.${layer}.`;
  const vector = async (name: string, length: number) =>
    (await readShaped(source, `${prefix}${name}`, [length])).values;
  const optional = async (name: string, length: number) =>
    source.has(`${prefix}${name}`) ? vector(name, length) : undefined;
  const linear = (name: string, outputs: number, inputs: number) =>
    readLinear(source, `${prefix}${name}`, outputs, inputs);

  const { hidden, headDim, normsAllHeads } = shape;
  const queries = shape.heads * headDim;
  const keys = shape.kvHeads * headDim;
  const [query, key, value] = source.has(`${prefix}self_attn.qkv_proj.weight`)
    ? cut(await linear('self_attn.qkv_proj', queries + 2 * keys, hidden), [queries, keys, keys])
    : [
        await linear('self_attn.q_proj', queries, hidden),
        await linear('self_attn.k_proj', keys, hidden),
        await linear('self_attn.v_proj', keys, hidden),
      ];
  return {
    attentionNorm: await vector('input_layernorm.weight', hidden),
    mlpNorm: await vector(
      shape.normsOutputs ? 'pre_feedforward_layernorm.weight' : 'post_attention_layernorm.weight',
      hidden,
    ),
    attentionOutputNorm: shape.normsOutputs ? await vector('post_attention_layernorm.weight', hidden) : undefined,
    mlpOutputNorm: shape.normsOutputs ? await vector('post_feedforward_layernorm.weight', hidden) : undefined,
    queryNorm: await optional('self_attn.q_norm.weight', normsAllHeads ? queries : headDim),
    keyNorm: await optional('self_attn.k_norm.weight', normsAllHeads ? keys : headDim),
    query,
    key,
    value,
    output: await linear('self_attn.o_proj', hidden, queries),
  };
}

/** Token embeddings `[vocabulary, hidden]`, the last norm, and the head (the embeddings again where it is tied). */
export async function readDecoderEnds(source: WeightSource, shape: DecoderShape) {
  const prefix = decoderPrefix(source);
  const size = [shape.vocabulary, shape.hidden];
  const embeddings = (await readShaped(source, `${prefix}embed_tokens.weight`, size)).values;
  const norm = (await readShaped(source, `${prefix}norm.weight`, [shape.hidden])).values;
  const tied = shape.tiedHead || !source.has('lm_head.weight');
  const head = tied ? embeddings : (await readShaped(source, 'lm_head.weight', size)).values;
  return { embeddings, norm, head };
}

/** `model.`, or `model.language_model.` and the like where the decoder is part of something larger. */
export function decoderPrefix(source: WeightSource): string {
  const known = ['model.', 'model.language_model.', 'language_model.model.', ''];
  return known.find((prefix) => source.has(`${prefix}embed_tokens.weight`)) ?? known[0];
}

/** A linear layer and its bias, if it has one: `name` without `.weight`. */
export async function readLinear(source: WeightSource, name: string, outputs: number, inputs: number): Promise<Linear> {
  const { values, dtype, data } = await readShaped(source, `${name}.weight`, [outputs, inputs]);
  const bias = source.has(`${name}.bias`) ? (await readShaped(source, `${name}.bias`, [outputs])).values : undefined;
  const stored = { dtype, rows: outputs, columns: inputs, data };
  return { name: `${name}.weight`, outputs, inputs, values, stored, bias };
}

/** The error of a tensor that is needed and not there. */
export function tensorMissing(name: string, allowed: string): SimulationError {
  return new SimulationError('TENSOR_MISSING', `the checkpoint has no tensor ${name}`, {
    got: 'nothing',
    allowed,
    fix: 'download the checkpoint again; check that config.json belongs to it',
    path: name,
  });
}

function cut(fused: Linear, outputs: readonly number[]): Linear[] {
  let row = 0;
  const { inputs, stored } = fused;
  const rowBytes = inputs * WEIGHT_BYTES[stored.dtype];
  return outputs.map((rows) => {
    const part = {
      ...fused,
      outputs: rows,
      values: fused.values.subarray(row * inputs, (row + rows) * inputs),
      stored: { ...stored, rows, data: stored.data.subarray(row * rowBytes, (row + rows) * rowBytes) },
      bias: fused.bias?.subarray(row, row + rows),
    };
    row += rows;
    return part;
  });
}

/** @throws SimulationError `TENSOR_MISSING`, `TENSOR_SHAPE_MISMATCH`, `WEIGHT_NOT_FINITE` */
export async function readShaped(source: WeightSource, name: string, shape: readonly number[]) {
  if (!source.has(name)) {
    throw tensorMissing(name, `[${shape.join(', ')}]`);
  }
  const tensor = await source.read(name);
  if (tensor.shape.length !== shape.length || tensor.shape.some((dimension, i) => dimension !== shape[i])) {
    throw new SimulationError('TENSOR_SHAPE_MISMATCH', `${name} is not of the shape that config.json implies`, {
      got: `[${tensor.shape.join(', ')}]`,
      allowed: `[${shape.join(', ')}]`,
      fix: 'check that config.json belongs to this checkpoint',
      path: name,
    });
  }
  const bad = tensor.values.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) {
    throw new SimulationError('WEIGHT_NOT_FINITE', `${name} holds ${tensor.values[bad]} at element ${bad}`, {
      got: String(tensor.values[bad]),
      allowed: 'finite numbers',
      fix: 'the checkpoint is damaged or its training diverged: take another',
      path: name,
    });
  }
  return tensor;
}
