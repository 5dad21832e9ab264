import fc from 'fast-check';
import { bitsPerWeight, parseScheme, quantizedBytes, schemeNames, type Scheme } from '../../lib/scheme';

const scheme = (name: string, details: Partial<Scheme> = {}): Scheme => ({ ...parseScheme(name), ...details });

describe('bytes of a quantized linear layer', () => {
  test.each([
    // 4 bits + (16-bit scale + 4-bit zero) for 128 weights.
    ['awq', 4 + 20 / 128],
    // and a 32-bit group index for each input column: 32 / 4096.
    ['gptq', 4 + 20 / 128 + 32 / 4096],
    ['none', 16],
    ['fp32', 32],
    ['mxfp4', 4.25],
    ['gguf-tensor:Q4_K', 4.5],
    ['gguf-tensor:Q6_K', 6.5625],
    ['gguf-tensor:Q8_0', 8.5],
    ['fp8-block', 8 + 16 / (128 * 128)],
  ])('%s takes %d bits a weight at 4096 × 4096', (name, expected) => {
    expect(bitsPerWeight(scheme(name))).toBeCloseTo(expected, 10);
  });

  test('NF4 with double quantization takes a byte for 64 weights and a float for 256 of those', () => {
    const { weights, scales, other } = quantizedBytes(
      scheme('bitsandbytes-nf4', { doubleQuantized: true }),
      4096,
      4096,
    );
    expect(weights).toBe(8388608);
    expect(scales).toBe(262144 + 4 * 1024);
    expect(other).toBe(1088);
  });

  test('a compressed-tensors group layer has packed words, bf16 scales and its shape', () => {
    const parts = quantizedBytes(scheme('gptq', { layout: 'compressed-tensors' }), 1024, 4096);
    expect(parts).toEqual({ weights: 2097152, scales: 65536, zeroPoints: 0, other: 16, total: 2162704 });
  });

  test('Hugging Face FP8 keeps a float32 scale for each block, partial blocks included', () => {
    const fp8 = scheme('fp8-block', { layout: 'fp8' });
    expect(quantizedBytes(fp8, 576, 7168).scales).toBe(5 * 56 * 4);
  });

  test('never falls with a larger layer, and parts add up', () => {
    const size = fc.integer({ min: 1, max: 300 }).map((n) => n * 32);
    fc.assert(
      fc.property(fc.constantFrom(...schemeNames, 'gguf-tensor:Q4_0'), size, size, (name, out, inputs) => {
        const bytes = quantizedBytes(scheme(name), out, inputs);
        expect(bytes.total).toBe(bytes.weights + bytes.scales + bytes.zeroPoints + bytes.other);
        expect(quantizedBytes(scheme(name), out + 32, inputs).total).toBeGreaterThan(bytes.total);
        expect(quantizedBytes(scheme(name), out, inputs + 32).total).toBeGreaterThan(bytes.total);
      }),
      { seed: 3, numRuns: 400 },
    );
  });
});
