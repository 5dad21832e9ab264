import { resolveEndpoint } from '../../lib/endpoint/resolve';
import { usesV1 } from '../../lib/endpoint/vllm-engine';
import { LLAMA_8B } from '../../lib/rules/helpers/samples';

describe('vLLM’s V1 engine', () => {
  test.each<[boolean, string, number | undefined, string | undefined]>([
    [false, '0.7.3', 90, undefined],
    [true, '0.8.0', 90, undefined],
    [true, '0.8.0', 80, undefined],
    [true, '0.8.0', undefined, undefined],
    // A T4 before there were kernels for it.
    [false, '0.8.0', 75, undefined],
    [false, '0.10.1', 75, undefined],
    [true, '0.10.2', 75, undefined],
    [true, '0.10.2', 70, undefined],
    // Asked for, one way or the other.
    [true, '0.7.0', 90, '1'],
    [true, '0.8.5', 75, 'true'],
    [false, '0.6.6', 90, '1'],
    [false, '0.8.5', 90, '0'],
    [false, '0.10.2', 90, 'False'],
    // There is no other any more.
    [true, '0.11.0', 90, '0'],
    [true, '0.11.0', 75, undefined],
  ])('is %p in %s on compute capability %p with VLLM_USE_V1 %p', (expected, version, sm, asked) => {
    const environment = asked === undefined ? undefined : { VLLM_USE_V1: asked };
    expect(usesV1(version.split('.').map(Number), sm, environment)).toBe(expected);
  });

  test('is what the newest has', () => {
    expect(usesV1(undefined, 75)).toBe(true);
    expect(usesV1(undefined, 90, { VLLM_USE_V1: '0' })).toBe(true);
  });

  test('decides how many tokens a step takes when nobody says', () => {
    const tokens = (instanceType: string, environment?: Record<string, string>) =>
      resolveEndpoint({
        model: { config: LLAMA_8B },
        container: { family: 'vllm', version: '0.8.5' },
        instanceType,
        options: { maxModelLen: 8192 },
        environment,
      }).options.maxNumBatchedTokens;
    expect(tokens('ml.g5.xlarge')).toBe(2048);
    expect(tokens('ml.g4dn.xlarge')).toBe(8192);
    expect(tokens('ml.g5.xlarge', { VLLM_USE_V1: '0' })).toBe(8192);
  });
});
