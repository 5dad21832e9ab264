import type { Point } from './activations';
import type { EncoderShape } from './encoder-shape';
import { readLinear, readShaped, type Linear, type WeightSource } from './weights';

/** Names of a block's linear layers, in the order in which they are computed. */
export const ENCODER_LINEARS = ['query', 'key', 'value', 'output', 'up', 'down'] as const;
export type EncoderLinear = (typeof ENCODER_LINEARS)[number];

/** The linear layers that read the input at each point. */
export const ENCODER_READERS: Readonly<Record<Point, readonly EncoderLinear[]>> = {
  attention: ['query', 'key', 'value'],
  output: ['output'],
  mlp: ['up'],
  down: ['down'],
};

export interface LayerNorm {
  readonly weight: Float32Array;
  readonly bias: Float32Array;
}

export interface EncoderBlock extends Readonly<Record<EncoderLinear, Linear>> {
  readonly attentionNorm: LayerNorm;
  readonly outputNorm: LayerNorm;
}

/** Embeddings `[vocabulary, hidden]`, positions `[positions, hidden]`, the first token type `[hidden]`, and their norm. */
export interface EncoderInputs {
  readonly words: Float32Array;
  readonly positions: Float32Array;
  readonly type: Float32Array;
  readonly norm: LayerNorm;
}

/** `bert.` where the encoder is part of something larger. */
function prefixOf(source: WeightSource): string {
  return source.has('bert.embeddings.word_embeddings.weight') ? 'bert.' : '';
}

export async function readEncoderInputs(source: WeightSource, shape: EncoderShape): Promise<EncoderInputs> {
  const prefix = `${prefixOf(source)}embeddings.`;
  const { hidden, vocabulary, maxPositions } = shape;
  const matrix = async (name: string, rows: number) =>
    (await readShaped(source, `${prefix}${name}.weight`, [rows, hidden])).values;
  // How many token types there are, no config need say; a text alone is of the first.
  const types = await source.read(`${prefix}token_type_embeddings.weight`);
  return {
    words: await matrix('word_embeddings', vocabulary),
    positions: await matrix('position_embeddings', maxPositions),
    type: types.values.subarray(0, hidden),
    norm: await readNorm(source, `${prefix}LayerNorm`, hidden),
  };
}

/** Tensor names of a block's linear layers. */
export function encoderLinearNames(source: WeightSource, layer: number): Readonly<Record<EncoderLinear, string>> {
  const prefix = `${prefixOf(source)}encoder.layer.${layer}.`;
  return {
    query: `${prefix}attention.self.query.weight`,
    key: `${prefix}attention.self.key.weight`,
    value: `${prefix}attention.self.value.weight`,
    output: `${prefix}attention.output.dense.weight`,
    up: `${prefix}intermediate.dense.weight`,
    down: `${prefix}output.dense.weight`,
  };
}

export async function readEncoderBlock(
  source: WeightSource,
  { hidden, intermediate }: EncoderShape,
  layer: number,
): Promise<EncoderBlock> {
  const prefix = `${prefixOf(source)}encoder.layer.${layer}.`;
  const names = encoderLinearNames(source, layer);
  const linear = (key: EncoderLinear, outputs: number, inputs: number) =>
    readLinear(source, names[key].replace(/\.weight$/, ''), outputs, inputs);
  return {
    query: await linear('query', hidden, hidden),
    key: await linear('key', hidden, hidden),
    value: await linear('value', hidden, hidden),
    output: await linear('output', hidden, hidden),
    up: await linear('up', intermediate, hidden),
    down: await linear('down', hidden, intermediate),
    attentionNorm: await readNorm(source, `${prefix}attention.output.LayerNorm`, hidden),
    outputNorm: await readNorm(source, `${prefix}output.LayerNorm`, hidden),
  };
}

async function readNorm(source: WeightSource, name: string, width: number): Promise<LayerNorm> {
  return {
    weight: (await readShaped(source, `${name}.weight`, [width])).values,
    bias: (await readShaped(source, `${name}.bias`, [width])).values,
  };
}
