import { describeModel } from '../../lib/model';
import { makePlan } from '../../lib/plan';
import { usesSecondRunner, type RunnerChoice } from '../../lib/plan/memory/second-runner';
import { resolveEndpoint } from '../../lib/endpoint/resolve';
import { GEMMA2_2B, LLAMA_8B, MIXTRAL, QWEN35_27B, type Json } from '../../lib/rules/helpers/samples';
import { parseScheme } from '../../lib/scheme';

const GIB = 2 ** 30;
const QWEN3 = { ...LLAMA_8B, architectures: ['Qwen3ForCausalLM'], model_type: 'qwen3' };
const BF16 = parseScheme('none', { origin: 'spec' });
const FP8 = parseScheme('fp8', { origin: 'spec' });
const serves = (config: Json, version: string | undefined, rest: Partial<RunnerChoice> = {}) =>
  usesSecondRunner({
    model: describeModel(config),
    scheme: BF16,
    version: version?.split('.').map(Number),
    asked: undefined,
    ...rest,
  });

describe('the second model runner of vLLM', () => {
  test.each<[string, Json, string | undefined, boolean]>([
    ['Qwen3', QWEN3, '0.21.0', false],
    ['Qwen3', QWEN3, '0.22.0', true],
    ['Llama', LLAMA_8B, '0.22.0', false],
    ['Llama', LLAMA_8B, '0.23.0', true],
    ['Gemma 2', GEMMA2_2B, '0.24.0', false],
    ['Gemma 2', GEMMA2_2B, '0.25.0', true],
    ['Mixtral', MIXTRAL, '0.28.0', false],
    ['Mixtral', MIXTRAL, '0.29.0', true],
    ['Qwen3.5', QWEN35_27B, '0.28.0', false],
    ['Qwen3.5', QWEN35_27B, '0.29.0', true],
    ['Llama', LLAMA_8B, undefined, true],
  ])('serves %s (%#) with %s: %p', (_name, config, version, served) => {
    expect(serves(config, version)).toBe(served);
  });

  test('takes quantized weights from 0.24 on', () => {
    expect(serves(QWEN3, '0.23.0', { scheme: FP8 })).toBe(false);
    expect(serves(QWEN3, '0.24.0', { scheme: FP8 })).toBe(true);
  });

  test.each([
    ['DeepseekV2ForCausalLM', '0.23.0', false],
    ['DeepseekV2ForCausalLM', '0.24.0', true],
    ['Qwen2MoeForCausalLM', '0.27.1', true],
    ['InklingForCausalLM', '0.25.0', false],
    ['InklingForCausalLM', '0.26.0', true],
    ['DeepseekV4ForCausalLM', '0.27.1', false],
    ['DeepseekV4ForCausalLM', '0.28.0', true],
  ])('serves the experts of %s with %s: %p', (architecture, version, served) => {
    const model = { ...describeModel(MIXTRAL), architecture };
    expect(serves(MIXTRAL, version, { model })).toBe(served);
  });

  test('is what the environment says', () => {
    expect(serves(MIXTRAL, '0.21.0', { asked: '1' })).toBe(true);
    expect(serves(LLAMA_8B, '0.30.0', { asked: '0' })).toBe(false);
    expect(serves(LLAMA_8B, '0.30.0', { asked: 'yes' })).toBe(true);
    expect(serves(LLAMA_8B, '0.19.0', { asked: '1' })).toBe(false);
  });

  test('leaves what it cannot do to the first', () => {
    expect(serves(LLAMA_8B, '0.30.0', { speculation: 'ngram' })).toBe(false);
    expect(serves(LLAMA_8B, '0.30.0', { speculation: 'eagle3' })).toBe(true);
    expect(serves(LLAMA_8B, '0.30.0', { model: { ...describeModel(LLAMA_8B), kind: 'encoder' } })).toBe(false);
  });
});

describe('a plan of the second model runner', () => {
  const memory = (version: string, environment?: Record<string, string>, eager = false) =>
    makePlan(
      resolveEndpoint({
        model: { config: LLAMA_8B },
        container: { family: 'vllm', version },
        instanceType: 'ml.g6e.xlarge',
        options: { maxModelLen: 4096, maxNumSeqs: 256, maxNumBatchedTokens: 512, enforceEager: eager },
        environment,
      }),
    ).memory as unknown as Record<string, number>;
  const left = ({ usable, weights, activations, runtime }: Record<string, number>) =>
    usable - weights - activations - runtime;

  test.each(['0.23.0', '0.26.0', '0.28.0'])(
    'pays for no graphs with %s, which does not look for what they take',
    (text) => {
      const plan = memory(text);
      expect(plan.graphs).toBeGreaterThan(0.2 * GIB);
      expect(Math.abs(plan.kvCache - left(plan))).toBeLessThan(2);
      const first = memory(text, { VLLM_USE_V2_MODEL_RUNNER: '0' });
      expect(Math.abs(first.kvCache - (left(first) - first.graphs))).toBeLessThan(2);
    },
  );

  test('samples without sorting or filtering, as nobody asks for it in the profiling run', () => {
    const kept = 512 * 4096 * 2 * 1.28;
    expect(memory('0.30.0', {}, true).activations).toBe(Math.round(256 * 128_256 * 6 + kept));
    expect(memory('0.25.0', {}, true).activations).toBe(Math.round(256 * 128_256 * 6 + kept));
    // As they are; which is less than a layer takes.
    expect(memory('0.27.1', {}, true).activations).toBe(
      Math.round(Math.max(256 * 128_256 * 2 + kept, 512 * 2 * 3 * (4096 + 14_336))),
    );
    expect(memory('0.30.0', { VLLM_USE_V2_MODEL_RUNNER: '0' }, true).activations).toBe(
      Math.round(256 * 128_256 * 16 + kept),
    );
  });
});

describe('compiling a model', () => {
  const runtime = (version: string, rest: { quantization?: string; options?: object } = {}) =>
    makePlan(
      resolveEndpoint({
        model: { config: LLAMA_8B },
        container: { family: 'vllm', version },
        instanceType: 'ml.g6e.xlarge',
        quantization: rest.quantization,
        options: { maxModelLen: 4096, ...rest.options },
      }),
    ).memory.runtime as number;
  const embedding = 128_256 * 4096 * 2;

  // The first small tensor that stays is cut out of the memory of the embedding's copy.
  test.each(['0.27.0', '0.30.0'])('leaves memory with %s that PyTorch cannot give back', (version) => {
    expect(runtime(version) - runtime(version, { options: { enforceEager: true } })).toBe(embedding);
    expect(runtime(version, { options: { enableLora: true } })).toBe(
      runtime(version, { options: { enableLora: true, enforceEager: true } }),
    );
    expect(runtime(version, { quantization: 'fp8' })).toBe(runtime(version, { options: { enforceEager: true } }));
  });

  test.each(['0.26.0', '0.31.0'])('leaves none with %s', (version) => {
    expect(runtime(version)).toBe(runtime(version, { options: { enforceEager: true } }));
  });

  test('takes of each rank its part of the padded vocabulary', () => {
    const { activations } = makePlan(
      resolveEndpoint({
        model: { config: { ...LLAMA_8B, vocab_size: 151_900 } },
        container: { family: 'vllm', version: '0.26.0' },
        instanceType: 'ml.g6e.12xlarge',
        options: { maxModelLen: 4096, maxNumSeqs: 8, maxNumBatchedTokens: 512, tensorParallelSize: 4 },
      }),
    ).memory;
    expect(activations).toBe((151_936 / 4 + 2 * 512) * 4096 * 2);
  });

  test.each([
    ['0.21.0', 0],
    ['0.22.0', embedding + 2 * 512 * 4096 * 2],
  ])('with %s shows %d bytes in the peak of the start', (version, bytes) => {
    const { activations } = makePlan(
      resolveEndpoint({
        model: { config: LLAMA_8B },
        container: { family: 'vllm', version },
        instanceType: 'ml.g6e.xlarge',
        options: { maxModelLen: 4096, maxNumSeqs: 8, maxNumBatchedTokens: 512 },
      }),
    ).memory;
    expect(activations).toBe(Math.max(bytes, 512 * 2 * (3 * 4096 + 3 * 14_336)));
  });
});
