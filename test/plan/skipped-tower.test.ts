import { resolveEndpoint } from '../../lib/endpoint/resolve';
import { describeModel, findModelConfig } from '../../lib/model';
import { makePlan } from '../../lib/plan';

const VL = 'Qwen/Qwen2.5-VL-7B-Instruct';
const NOTHING = '{"image":0,"video":0}';

const weights = (environment: Record<string, string>, version: string, id = VL) =>
  makePlan(
    resolveEndpoint({
      model: { id },
      container: { family: 'vllm', version },
      instanceType: 'ml.g6e.2xlarge',
      options: { maxModelLen: 8192 },
      environment,
    }),
  ).memory.weights!;

const towerBytes = (id: string) =>
  2 *
  describeModel(findModelConfig(id))
    .weights.filter(({ place }) => place === 'vision' || place === 'projector')
    .reduce((total, { elements }) => total + elements, 0);

describe('a tower that nothing may be shown to', () => {
  test.each(['0.11.0', '0.14.0', '0.16.0', '0.30.0'])('is not loaded by vLLM %s', (version) => {
    const saved = weights({}, version) - weights({ SM_VLLM_LIMIT_MM_PER_PROMPT: NOTHING }, version);
    const tower = towerBytes(VL);
    expect(Math.abs(saved - tower)).toBeLessThan(0.03 * tower);
  });

  test.each<[string, Record<string, string>, string]>([
    ['before 0.11', { SM_VLLM_LIMIT_MM_PER_PROMPT: NOTHING }, '0.10.2'],
    ['for videos', { SM_VLLM_LIMIT_MM_PER_PROMPT: '{"image":0}' }, '0.30.0'],
    ['for images', { SM_VLLM_LIMIT_MM_PER_PROMPT: '{"image":1,"video":0}' }, '0.30.0'],
    ['without a word', {}, '0.30.0'],
  ])('is loaded %s', (_, environment, version) => {
    expect(weights(environment, version)).toBe(weights({}, version));
  });

  test('is left out, too, where the language model alone is asked for', () => {
    expect(weights({ SM_VLLM_LANGUAGE_MODEL_ONLY: 'true' }, '0.30.0')).toBe(
      weights({ SM_VLLM_LIMIT_MM_PER_PROMPT: NOTHING }, '0.30.0'),
    );
  });

  test('needs no word on videos of a model that sees none', () => {
    const llama = 'meta-llama/Llama-4-Scout-17B-16E-Instruct';
    const saved =
      weights({}, '0.11.0', llama) - weights({ SM_VLLM_LIMIT_MM_PER_PROMPT: '{"image":0}' }, '0.11.0', llama);
    expect(saved).toBeGreaterThan(0.95 * towerBytes(llama));
  });

  test('is left out of every model from 0.16 on', () => {
    const gemma = 'google/gemma-4-31B-it';
    const saved = (version: string) =>
      weights({}, version, gemma) - weights({ SM_VLLM_LIMIT_MM_PER_PROMPT: NOTHING }, version, gemma);
    expect(saved('0.14.0')).toBe(0);
    expect(saved('0.19.0')).toBeGreaterThan(0.95 * towerBytes(gemma));
  });
});

describe('a tower that ranks share images of, not heads', () => {
  const onFour = (environment: Record<string, string>, id: string) =>
    makePlan(
      resolveEndpoint({
        model: { id },
        container: { family: 'vllm', version: '0.18.0' },
        instanceType: 'ml.p4d.24xlarge',
        options: { maxModelLen: 8192, tensorParallelSize: 4 },
        environment,
      }),
    ).memory.weights!;

  // A log of Kimi-K2.5 on eight H200 prints 72.02 GiB, of which 0.5 are the seven eighths of the tower.
  test('is whole on each', () => {
    const more = onFour({ SM_VLLM_MM_ENCODER_TP_MODE: 'data' }, VL) - onFour({}, VL);
    const rest = 0.75 * towerBytes(VL);
    expect(Math.abs(more - rest)).toBeLessThan(0.03 * rest);
    expect(onFour({ SM_VLLM_MM_ENCODER_TP_MODE: 'weights' }, VL)).toBe(onFour({}, VL));
  });

  test('is cut all the same in models that cannot do so', () => {
    const gemma = 'google/gemma-4-31B-it';
    expect(onFour({ SM_VLLM_MM_ENCODER_TP_MODE: 'data' }, gemma)).toBe(onFour({}, gemma));
  });
});
