import { judge, simulationPage, type SchemeReport, type SimulationReport } from '../../lib/report';

const scheme = (name: string, relativeError: number, perplexity?: number): SchemeReport => ({
  scheme: name,
  bytes: 3_401_000,
  bitsPerWeight: 4.25,
  weights: { sqnrDb: 21.4, relativeError, maxAbsError: 0.031 },
  evaluation: perplexity === undefined ? undefined : { perplexity, meanKl: 0.012, p99Kl: 0.1, top1Agreement: 0.91 },
  notes: [],
  tensors: [
    {
      name: 'model.layers.0.self_attn.q_proj.weight',
      shape: [256, 256],
      sqnrDb: 22.1,
      relativeError,
      maxAbsError: 0.02,
      clipped: 0,
      outlierColumns: [12, 40],
    },
  ],
});

const report = (schemes: readonly SchemeReport[], perplexity?: number): SimulationReport => ({
  model: {
    path: '/models/gutenberg-3m/',
    digest: 'sha256:abc',
    architecture: 'LlamaForCausalLM',
    parameters: 3_410_176,
    bytes: 6_820_352,
  },
  evaluation:
    perplexity === undefined
      ? undefined
      : { tokens: 54_166, window: 512, stride: 511, perplexity, inputs: [], sensitivity: [] },
  schemes,
  run: { bytesRead: 6_820_352, seconds: 0.2, gigabytesPerSecond: 0.03, threads: 2, peakRssBytes: 180_000_000 },
});

describe('the page of a simulation', () => {
  test('says where a loss comes from, which parts carry it and what keeping them brings', () => {
    const evaluation = { perplexity: 43, meanKl: 0.04, p99Kl: 0.4, top1Agreement: 0.86 };
    const base = report([{ ...scheme('int8-w8a8', 0.01, 43), notes: ['The loss comes from channel 61.'] }], 41.5);
    const page = simulationPage({
      date: '2026-01-01',
      report: {
        ...base,
        evaluation: {
          ...base.evaluation!,
          kvCache: { type: 'fp8', ...evaluation, perplexity: 41.6 },
          inputs: [
            {
              kind: 'outlier-channels',
              weights: ['model.layers.0.self_attn.q_proj.weight', 'model.layers.0.self_attn.k_proj.weight'],
              channels: [61, 17],
              peak: 44.3,
              typical: 0.134,
              tokenSteps: 1.44,
              staticSteps: 0.39,
            },
          ],
          sensitivity: [
            {
              scheme: 'int8-w8a8',
              tokens: 2044,
              perplexity: 41.5,
              whole: evaluation,
              units: [{ weights: ['model.layers.0.mlp.down_proj.weight'], meanKl: 0.03, perplexity: 42.7 }],
              proposal: {
                kept: ['model.layers.0.mlp.down_proj.weight'],
                keptAs: 'stored',
                extraBytes: 131_072,
                expectedMeanKl: 0.012,
                measured: { ...evaluation, perplexity: 41.9, meanKl: 0.013 },
              },
            },
          ],
        },
      },
    });
    for (const text of [
      'The loss comes from channel 61.',
      'With keys and values in fp8 alone it is 41.600 (0.24 % more',
      '<code>model.layers.0.self_attn.q_proj, k_proj</code>',
      '61, 17',
      'What int8-w8a8 hurts most',
      'Keep one matrix as it is (model.layers.0.mlp.down_proj)',
      'measured 0.01300 instead of 0.04000',
    ])
      expect(page).toContain(text);
  });

  test('puts every scheme beside the others, with its layers and outliers', () => {
    const page = simulationPage({
      report: report([scheme('awq', 0.085, 42.1), scheme('fp8', 0.02, 41.6)], 41.5),
      date: '2026-01-01',
    });
    for (const text of [
      'Quantizing gutenberg-3m',
      'awq',
      'fp8',
      '8.50 %',
      '42.100',
      '12, 40',
      '0.0120',
      '54,166 tokens',
    ])
      expect(page).toContain(text);
  });

  test('says plainly when only weights were compared', () => {
    const page = simulationPage({ report: report([scheme('awq', 0.085)]), date: '2026-01-01' });
    expect(page).toContain('no figure here speaks of answers');
    expect(page).not.toContain('mean KL');
  });

  test('says that no outlier was found when there is none', () => {
    const calm = scheme('fp8', 0.02);
    const page = simulationPage({
      report: report([{ ...calm, tensors: calm.tensors.map((tensor) => ({ ...tensor, outlierColumns: [] })) }]),
      date: '2026-01-01',
    });
    expect(page).toContain('None found.');
  });
});

describe('a scheme is judged', () => {
  test.each([
    [41.7, 'ok', 'no loss'],
    [42.5, 'ok', 'a small loss'],
    [44.5, 'warning', 'a visible loss'],
    [63.8, 'error', 'a heavy loss'],
    [Infinity, 'error', 'breaks the model'],
  ])('perplexity %d against 41.5: %s', (perplexity, grade, words) => {
    const judgement = judge(report([], 41.5), scheme('awq', 0.08, perplexity));
    expect(judgement.grade).toBe(grade);
    expect(judgement.words).toContain(words);
  });

  test('by weight error alone, without promising quality', () => {
    expect(judge(report([]), scheme('awq', 0.08)).words).toContain('was not measured');
    expect(judge(report([]), scheme('gguf:Q2_K', 0.3)).grade).toBe('warning');
  });
});
