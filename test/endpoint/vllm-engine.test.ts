import { resolveEndpoint } from '../../lib/endpoint/resolve';
import type { EndpointSpec } from '../../lib/spec/types';
import { startsV1, usesV1 } from '../../lib/endpoint/vllm-engine';
import { LLAMA_8B, NEMOTRON_H } from '../../lib/rules/helpers/samples';

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

describe('what vLLM 0.8 to 0.10.1 start V0 for', () => {
  const engine = (version: string, rest: Partial<EndpointSpec>) =>
    startsV1(
      resolveEndpoint({
        model: { config: LLAMA_8B },
        container: { family: 'vllm', version },
        instanceType: 'ml.g5.12xlarge',
        ...rest,
      }),
    )
      ? 'V1'
      : 'V0';
  const argument = (name: string, value: string) => ({ environment: { [`SM_VLLM_${name}`]: value } });
  const model = (config: object) => ({ model: { config: { ...LLAMA_8B, ...config } } });

  test.each<[feature: string, lastV0: string, firstV1: string, rest: Partial<EndpointSpec>]>([
    ['a GGUF', '0.8.5', '0.9.0', { quantization: 'gguf:Q4_K_M' }],
    ['bitsandbytes', '0.8.2', '0.8.3', { quantization: 'bitsandbytes-nf4' }],
    ['bitsandbytes on loading', '0.8.2', '0.8.3', argument('QUANTIZATION', 'bitsandbytes')],
    ['adapters', '0.8.2', '0.8.3', { options: { enableLora: true } }],
    ['stages of a pipeline', '0.9.1', '0.9.2', { options: { pipelineParallelSize: 2 } }],
    ['weights in host memory', '0.8.2', '0.8.3', argument('CPU_OFFLOAD_GB', '4')],
    ['float32', '0.9.1', '0.9.2', { options: { dtype: 'float32' } }],
    ['an FP8 cache on Hopper', '0.8.1', '0.8.2', { options: { kvCacheDtype: 'fp8' }, instanceType: 'ml.p5.4xlarge' }],
    ['an FP8 cache on Ampere', '0.10.1', '0.10.2', { options: { kvCacheDtype: 'fp8' } }],
    ['an n-gram that guesses', '0.8.5', '0.9.0', { speculative: { method: 'ngram', tokens: 3 } }],
    ['a model that guesses', '0.9.2', '0.10.0', { speculative: { method: 'draft', model: 'a/b', tokens: 3 } }],
    ['several steps at a time', '0.10.0', '0.10.1', argument('NUM_SCHEDULER_STEPS', '8')],
    ['tensorizer', '0.8.5', '0.9.0', { options: { loadFormat: 'tensorizer' } }],
    ['a connector of caches', '0.8.4', '0.8.5', argument('KV_TRANSFER_CONFIG', '{}')],
    ['FlashInfer', '0.8.4', '0.8.5', { environment: { VLLM_ATTENTION_BACKEND: 'FLASHINFER' } }],
    ['xFormers', '0.10.1', '0.10.2', { environment: { VLLM_ATTENTION_BACKEND: 'XFORMERS' } }],
    ['recurrent layers', '0.10.1', '0.10.2', { model: { config: NEMOTRON_H } }],
    ['Gemma 3', '0.8.0', '0.8.1', model({ architectures: ['Gemma3ForConditionalGeneration'] })],
    ['GLM', '0.8.4', '0.8.5', model({ architectures: ['GlmForCausalLM'] })],
    ['BLOOM', '0.10.1', '0.10.2', model({ architectures: ['BloomForCausalLM'] })],
  ])('%s: until %s, and V1 from %s on', (_feature, lastV0, firstV1, rest) => {
    expect(engine(lastV0, rest)).toBe('V0');
    expect(engine(firstV1, rest)).toBe('V1');
  });

  test.each<[feature: string, version: string, rest: Partial<EndpointSpec>]>([
    ['nothing of it', '0.8.0', {}],
    ['a cache of the model’s own dtype', '0.8.0', { options: { kvCacheDtype: 'auto' } }],
    ['one step at a time', '0.8.0', argument('NUM_SCHEDULER_STEPS', '1')],
    [
      'stages by Ray',
      '0.8.5',
      {
        options: { pipelineParallelSize: 2 },
        ...argument('DISTRIBUTED_EXECUTOR_BACKEND', 'ray'),
      },
    ],
    [
      'stages by processes that are asked for',
      '0.9.0',
      {
        options: { pipelineParallelSize: 2 },
        ...argument('DISTRIBUTED_EXECUTOR_BACKEND', 'mp'),
      },
    ],
    ['EAGLE', '0.9.0', { speculative: { method: 'eagle', model: 'a/b', tokens: 3 } }],
    ['FlashAttention', '0.8.0', { environment: { VLLM_ATTENTION_BACKEND: 'FLASH_ATTN' } }],
  ])('is not %s (%s)', (_feature, version, rest) => {
    expect(engine(version, rest)).toBe('V1');
  });

  test('but not where V1 is asked for: it starts, or nothing does', () => {
    expect(engine('0.8.0', { options: { enableLora: true }, environment: { VLLM_USE_V1: '1' } })).toBe('V1');
  });

  test('and plans its steps so', () => {
    const steps = (quantization?: string) =>
      resolveEndpoint({
        model: { config: LLAMA_8B },
        container: { family: 'vllm', version: '0.8.5' },
        instanceType: 'ml.g5.xlarge',
        options: { maxModelLen: 8192 },
        quantization,
      }).options.maxNumBatchedTokens;
    expect(steps()).toBe(2048);
    expect(steps('gguf:Q4_K_M')).toBe(8192);
  });
});
