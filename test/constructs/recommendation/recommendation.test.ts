import { ModelSource, QuantizationScheme, QuantizedEndpoint, Recommendation } from '../../../index';
import { errorsOf, hubModel, testStack } from '../support';

describe('a recommendation', () => {
  test('ranks what serves the workload by cost, and its best deploys without an error', () => {
    const stack = testStack();
    const model = hubModel();
    const recommendation = Recommendation.forModel(stack, {
      model,
      maxModelLen: 8_192,
      workload: { inputTokens: 512, outputTokens: 128 },
    });
    const costs = recommendation.options.map(({ usdPerMonth }) => usdPerMonth ?? Infinity);
    expect(costs.length).toBeGreaterThan(3);
    expect(costs).toEqual([...costs].sort((a, b) => a - b));
    expect(recommendation.guidance).not.toBe('');

    const { instanceType, container, quantization, tensorParallelSize } = recommendation.best;
    new QuantizedEndpoint(stack, 'Chat', {
      model,
      maxModelLen: 8_192,
      instanceType,
      container,
      quantization,
      tensorParallelSize,
    });
    expect(errorsOf(stack)).toEqual([]);
  });

  test.each([
    ['gguf:Q4_K_M', 8],
    ['awq', 40],
  ])('of %s says all that makes the endpoint it ranked', (scheme, maxConcurrency) => {
    const stack = testStack();
    const model = hubModel();
    const quantization = QuantizationScheme.of(scheme);
    const workload = { inputTokens: 1_024, outputTokens: 256 };
    const { best } = Recommendation.forModel(stack, { model, quantization, workload, maxConcurrency });
    expect(best).toMatchObject({ maxModelLen: 2_048, maxConcurrency, instanceCount: 1 });
    const { instanceType, container, tensorParallelSize, maxModelLen } = best;
    const endpoint = new QuantizedEndpoint(stack, 'Chat', {
      ...{ model, instanceType, container, quantization, tensorParallelSize, maxModelLen },
      maxConcurrency: best.maxConcurrency,
    });
    expect(errorsOf(stack)).toEqual([]);
    expect(endpoint.plan.maxConcurrency).toBeGreaterThanOrEqual(maxConcurrency);
  });

  test('gives the reason of every combination that it rejects', () => {
    const { rejected } = Recommendation.forModel(testStack(), { model: hubModel(), maxModelLen: 8_192 });
    expect(rejected.length).toBeGreaterThan(10);
    for (const { combination, reason, message } of rejected) {
      expect(combination).toMatch(/^ml\./);
      expect(reason).toMatch(/^[A-Z0-9_]+$/);
      expect(message.length).toBeGreaterThan(10);
    }
  });

  test('keeps to a budget, and says so when nothing does', () => {
    const of = (maxMonthlyCost: number) =>
      Recommendation.forModel(testStack(), { model: hubModel(), maxModelLen: 4_096, maxMonthlyCost });
    for (const { usdPerMonth } of of(1_000).options) expect(usdPerMonth).toBeLessThanOrEqual(1_000);
    const hopeless = of(1);
    expect(hopeless.options).toEqual([]);
    expect(() => hopeless.best).toThrow(/no instance type, scheme and container.*: \d+ of \d+ for \w+, such as ml\./);
  });

  test('varies nothing that is fixed', () => {
    const { options } = Recommendation.forModel(testStack(), {
      model: hubModel(),
      quantization: QuantizationScheme.AWQ,
      maxModelLen: 4_096,
    });
    for (const { quantization } of options) expect(quantization?.schemeName).toBe('awq');
  });

  test('leaves no resource in the stack', () => {
    const stack = testStack();
    Recommendation.forModel(stack, { model: hubModel(), maxModelLen: 4_096 });
    expect(stack.node.children).toEqual([]);
  });

  test('fails on a model of which nothing is known', () => {
    const model = ModelSource.huggingFace('someone/something');
    expect(() => Recommendation.forModel(testStack(), { model })).toThrow("needs the model's config.json");
  });
});
