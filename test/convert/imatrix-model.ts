import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { gguf, imatrixBytes, layoutGguf, type GgufMetadata } from '../../lib/format';

// A mixture of experts as a GGUF, and an importance matrix of it, whose every byte follows from a seed: llama.cpp's quantizer and this
// library are given the same ones without storing them.

const LAYERS = 8;
const HIDDEN = 256;
const FEED_FORWARD = 256;
const EXPERTS = 2;
const VOCABULARY = 96;

/** The name that is noted in the quantized file. */
export const MATRIX_NAME = 'made.imatrix.gguf';
const MODEL_NAME = 'made-experts-F32.gguf';

/** Where a layer's weights are, by name and shape. */
const LAYER: Readonly<Record<string, readonly number[]>> = {
  'attn_norm.weight': [HIDDEN],
  'ffn_norm.weight': [HIDDEN],
  'attn_q.weight': [HIDDEN, HIDDEN],
  'attn_k.weight': [64, HIDDEN],
  'attn_v.weight': [64, HIDDEN],
  'attn_output.weight': [HIDDEN, HIDDEN],
  'ffn_gate_inp.weight': [EXPERTS, HIDDEN],
  'ffn_gate_exps.weight': [EXPERTS, FEED_FORWARD, HIDDEN],
  'ffn_up_exps.weight': [EXPERTS, FEED_FORWARD, HIDDEN],
  'ffn_down_exps.weight': [EXPERTS, HIDDEN, FEED_FORWARD],
};

const METADATA: GgufMetadata = new Map([
  ['general.architecture', gguf.string('llama')],
  ['general.file_type', gguf.uint32(0)],
  ['llama.vocab_size', gguf.uint32(VOCABULARY)],
  ['llama.context_length', gguf.uint32(512)],
  ['llama.embedding_length', gguf.uint32(HIDDEN)],
  ['llama.block_count', gguf.uint32(LAYERS)],
  ['llama.feed_forward_length', gguf.uint32(FEED_FORWARD)],
  ['llama.rope.dimension_count', gguf.uint32(32)],
  ['llama.attention.head_count', gguf.uint32(8)],
  ['llama.attention.head_count_kv', gguf.uint32(2)],
  ['llama.attention.layer_norm_rms_epsilon', gguf.float32(1e-5)],
  ['llama.expert_count', gguf.uint32(EXPERTS)],
  ['llama.expert_used_count', gguf.uint32(1)],
]);

/** Numbers from 0 to 1 with 24 bits, the same on every machine. */
function* numbers(seed: number): Generator<number, never> {
  for (let state = seed; ;) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    yield (state >>> 8) / 2 ** 24;
  }
}

function tensors(): { readonly name: string; readonly shape: readonly number[]; readonly dtype: string }[] {
  const shapes: [string, readonly number[]][] = [
    ['token_embd.weight', [VOCABULARY, HIDDEN]],
    ['output_norm.weight', [HIDDEN]],
    ['output.weight', [VOCABULARY, HIDDEN]],
  ];
  for (let layer = 0; layer < LAYERS; layer++)
    for (const [name, shape] of Object.entries(LAYER)) shapes.push([`blk.${layer}.${name}`, shape]);
  return shapes.map(([name, shape]) => ({ name, shape, dtype: 'F32' }));
}

function modelBytes(): Uint8Array {
  const layout = layoutGguf({ metadata: METADATA, tensors: tensors() });
  const bytes = new Uint8Array(layout.fileBytes);
  bytes.set(layout.header);
  const view = new DataView(bytes.buffer);
  const random = numbers(7);
  for (const { offset, elements } of layout.tensors.values())
    for (let index = 0; index < elements; index++)
      view.setFloat32(offset + 4 * index, (random.next().value + random.next().value - 1) / 16, true);
  return bytes;
}

/** Of all matrices of the layers but one; one expert was never asked. */
function matrixBytes(): Uint8Array {
  const random = numbers(11);
  const entries = new Map(
    tensors()
      .filter(({ name, shape }) => name.startsWith('blk.') && shape.length > 1 && name !== 'blk.3.attn_v.weight')
      .map(({ name, shape }) => {
        const columns = shape[shape.length - 1];
        const matrices = shape.length > 2 ? shape[0] : 1;
        const counts = Array.from({ length: matrices }, (_, matrix) => (matrix === 1 ? 0 : 500 + matrix));
        const sums = Float32Array.from({ length: columns * matrices }, () => random.next().value ** 6 * 900);
        return [name, { sums, counts }] as const;
      }),
  );
  return imatrixBytes({ entries, datasets: ['calibration.txt'], chunks: 4, chunkSize: 512 });
}

/** Writes both into a folder. */
export function writeImatrixModel(folder: string): { readonly model: string; readonly matrix: string } {
  const model = path.join(folder, MODEL_NAME);
  const matrix = path.join(folder, MATRIX_NAME);
  writeFileSync(model, modelBytes());
  writeFileSync(matrix, matrixBytes());
  return { model, matrix };
}
