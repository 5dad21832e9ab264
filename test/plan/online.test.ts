import { resolveEndpoint } from '../../lib/endpoint/resolve';
import { bytesBeforeQuantizing, makePlan } from '../../lib/plan';
import { FP8_BLOCK, LLAMA_8B, quantized } from '../../lib/rules/helpers/samples';
import type { EndpointSpec } from '../../lib/spec/types';

const GIB = 2 ** 30;
const endpoint = (flag: string | undefined, version?: string, rest: Partial<EndpointSpec> = {}): EndpointSpec => ({
  model: { config: LLAMA_8B },
  container: { family: 'vllm', ...(version === undefined ? {} : { version }) },
  instanceType: 'ml.g6e.xlarge',
  options: { maxModelLen: 4096 },
  environment: flag === undefined ? {} : { SM_VLLM_QUANTIZATION: flag },
  ...rest,
});
const weights = (...of: Parameters<typeof endpoint>) =>
  makePlan(resolveEndpoint(endpoint(...of))).memory.weights as number;
const SGLANG = { container: { family: 'sglang' as const } };
const bySglang = (flag?: string) =>
  weights('', undefined, { ...SGLANG, environment: flag === undefined ? {} : { SM_SGLANG_QUANTIZATION: flag } });
const before = (...of: Parameters<typeof endpoint>) => bytesBeforeQuantizing(resolveEndpoint(endpoint(...of)));

describe('full-precision weights that the server quantizes while it loads them', () => {
  test.each([
    ['fp8', 'fp8'],
    ['FP8', 'fp8'],
    ['fp8_per_tensor', 'fp8'],
    ['fp8_per_channel', 'fp8'],
    ['fp8_per_block', 'fp8-block'],
    ['bitsandbytes', 'bitsandbytes-nf4'],
  ])('take with %s what %s takes', (flag, quantization) => {
    expect(weights(flag)).toBe(weights(undefined, undefined, { quantization }));
    expect(weights(flag)).toBeLessThan(weights(undefined));
  });

  test('stay as they are with a method that does not quantize them, or another server’s', () => {
    expect(weights('awq')).toBe(weights(undefined));
    expect(bySglang('fp8_per_tensor')).toBe(bySglang());
  });

  test('take in SGLang what FP8 takes, and all of their own before', () => {
    expect(bySglang('fp8')).toBe(weights('', undefined, { ...SGLANG, quantization: 'fp8' }));
    expect(bySglang('fp8')).toBeLessThan(bySglang());
    const environment = { SM_SGLANG_QUANTIZATION: 'fp8' };
    for (const version of ['0.4.6', '0.5.20'])
      expect(before('', undefined, { container: { family: 'sglang', version }, environment })).toBe(bySglang());
  });

  test('are not those of a quantized checkpoint, or of a scheme the spec names', () => {
    const stored = { model: { config: quantized(LLAMA_8B, FP8_BLOCK) } };
    expect(weights('bitsandbytes', undefined, stored)).toBe(weights(undefined, undefined, stored));
    const awq = { quantization: 'awq' };
    expect(weights('fp8', undefined, awq)).toBe(weights(undefined, undefined, awq));
  });

  test('leave the checkpoint’s size alone', () => {
    const checkpoint = (flag?: string) => makePlan(resolveEndpoint(endpoint(flag))).checkpointBytes;
    expect(checkpoint('fp8')).toBe(checkpoint());
  });

  test('are on the GPU in full precision first, until 0.14', () => {
    expect((before('fp8', '0.14.1') as number) / GIB).toBeCloseTo(weights(undefined, '0.14.1') / GIB, 6);
    expect(before('fp8', '0.6.6')).toBeDefined();
    for (const [flag, version] of [
      ['fp8', '0.15.0'],
      ['fp8', undefined],
      ['bitsandbytes', '0.10.2'],
      ['awq', '0.10.2'],
      [undefined, '0.10.2'],
    ])
      expect(before(flag, version)).toBeUndefined();
    expect(before('fp8', '0.10.2', { quantization: 'fp8' })).toBeUndefined();
    expect(before('fp8', '0.10.2', { model: { config: quantized(LLAMA_8B, FP8_BLOCK) } })).toBeUndefined();
    expect(before('fp8', '0.10.2', { model: { id: 'a/b' } })).toBeUndefined();
  });
});
