import { SimulationError } from '../../errors';
import type { TensorData } from '../tensor';

const WORD_BITS = 32;

/** Bits that divide a word; 3-bit codes straddle words in a way of their own. */
const PACKED_BITS = [2, 4, 8];

/**
 * Unsigned codes in GPTQ's layout: I32 `[in / perWord, out]`, code i of a word in its bits `[i·bits, i·bits + bits)`, input
 * features running through a word.
 *
 * @param codes `[out, in]`
 * @throws SimulationError `GPTQ_FEATURES` when a dimension is no multiple of 32
 */
export function packGptqWeights(codes: Uint8Array, out: number, inputs: number, bits: number): TensorData {
  assertPackable(out, inputs, bits);
  const perWord = WORD_BITS / bits;
  const words = new Int32Array((inputs / perWord) * out);
  for (let row = 0; row < out; row++) {
    for (let input = 0; input < inputs; input++) {
      words[Math.floor(input / perWord) * out + row] |= codes[row * inputs + input] << (bits * (input % perWord));
    }
  }
  return { dtype: 'I32', shape: [inputs / perWord, out], data: new Uint8Array(words.buffer) };
}

/**
 * Zero points in GPTQ's layout: I32 `[groups, out / perWord]`.
 *
 * @param zeroPoints `[out, groups]`
 * @param version 1 stores zero − 1, which wraps around at 0 within the whole word, as the library's subtraction does; 2 stores zero
 */
export function packGptqZeros(
  zeroPoints: ArrayLike<number>,
  out: number,
  groups: number,
  bits: number,
  version: 1 | 2,
): TensorData {
  const perWord = WORD_BITS / bits;
  let ones = 0;
  for (let i = 0; i < perWord; i++) ones |= 1 << (bits * i);
  const words = new Int32Array((groups * out) / perWord);
  for (let group = 0; group < groups; group++) {
    for (let first = 0; first < out; first += perWord) {
      let word = 0;
      for (let i = 0; i < perWord; i++) word |= zeroPoints[(first + i) * groups + group] << (bits * i);
      words[(group * out + first) / perWord] = version === 1 ? word - ones : word;
    }
  }
  return { dtype: 'I32', shape: [groups, out / perWord], data: new Uint8Array(words.buffer) };
}

function assertPackable(out: number, inputs: number, bits: number): void {
  if (!PACKED_BITS.includes(bits)) {
    throw new SimulationError('GPTQ_BITS', `GPTQ codes of ${bits} bits are not written`, {
      got: `${bits} bits`,
      allowed: PACKED_BITS.join(', '),
      fix: 'choose 4 or 8 bits',
    });
  }
  if (out % 32 === 0 && inputs % 32 === 0) return;
  throw new SimulationError('GPTQ_FEATURES', `a layer of ${out} × ${inputs} cannot be packed in GPTQ's layout`, {
    got: `${out} output and ${inputs} input features`,
    allowed: 'multiples of 32',
    fix: 'leave this layer unquantized',
  });
}
