import { conclusions, judge, simulationPage, type SchemeReport, type SimulationReport } from '../../lib/report';

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
      'as it is',
      '128.00 KiB',
      '+3.6 % → +1.0 %',
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
    expect(page).toContain('qe simulate --evaluate FILE');
    expect(simulationPage({ report: report([scheme('awq', 0.085, 42)], 41.5), date: '2026-01-01' })).not.toContain(
      'qe simulate --evaluate FILE',
    );
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

describe('the conclusions', () => {
  const evaluated = (name: string, bytes: number, perplexity: number, meanKl: number): SchemeReport => ({
    ...scheme(name, 0.05),
    bytes,
    evaluation: { perplexity, meanKl, p99Kl: 10 * meanKl, top1Agreement: 0.9 },
  });
  const of = (...schemes: SchemeReport[]) => conclusions(report(schemes, 41.5)).join('\n');

  test('recommend the smallest scheme without a loss one can see, and a smaller one with a small loss', () => {
    const words = of(
      evaluated('int8-weight-only', 4e6, 41.51, 0.0001),
      evaluated('fp8', 3.9e6, 41.6, 0.001),
      evaluated('awq', 3e6, 42.1, 0.012),
      evaluated('int4-rtn', 3e6, 44, 0.06),
    );
    expect(words).toContain('Take fp8: the smallest whose loss this text does not show');
    expect(words).toContain('awq (2.86 MiB, 44 % of full precision) costs 1.4 % of perplexity');
    expect(words).toContain('AWQ takes away 80 % of the divergence of rounding to nearest (42.10 against 44.00)');
  });

  test('say so where every scheme loses visibly, or one breaks the model', () => {
    const words = of(evaluated('int4-rtn', 3e6, 44, 0.06), evaluated('mxfp4', 3e6, Infinity, Infinity));
    expect(words).toContain('None of these schemes is without a visible loss; int4-rtn loses least');
    expect(words).toContain('Not fit to be deployed: mxfp4 (infinity)');
  });

  test('tell static scales that break from INT8 that does not, and SmoothQuant that does not help', () => {
    const words = of(
      evaluated('int8-w8a8', 4e6, 41.6, 0.001),
      evaluated('int8-w8a8-static', 4e6, 143, 1.2),
      evaluated('smoothquant', 4e6, 140, 1.2),
    );
    expect(words).toContain('One INT8 scale for all tokens is what hurts, not INT8: 143.00 with it, 41.60');
    expect(words).toContain('SmoothQuant does not help here: 140.00 against 143.00');
  });

  test('find SmoothQuant’s help, K-quants that suffer and what a cache costs', () => {
    const schemes = [
      evaluated('int8-w8a8', 4e6, 43.25, 0.04),
      evaluated('smoothquant', 4e6, 41.54, 0.001),
      evaluated('gguf-tensor:Q4_K', 3e6, 58.6, 0.33),
      evaluated('gguf-tensor:Q4_0', 3e6, 43.7, 0.05),
    ];
    const base = report(schemes, 41.5);
    const kvCache = { type: 'fp8', perplexity: 41.55, meanKl: 0.0006, p99Kl: 0.004, top1Agreement: 0.98 };
    const words = conclusions({ ...base, evaluation: { ...base.evaluation!, kvCache } }).join('\n');
    expect(words).toContain('SmoothQuant brings the model back: 41.54 where INT8 activations without it give 43.25');
    expect(words).toContain('gguf-tensor:Q4_K suffers more than gguf-tensor:Q4_0 (58.60 against 43.70)');
    expect(words).toContain('A KV cache in fp8 costs nothing that this text shows');
  });

  test('are none without a text', () => {
    expect(conclusions(report([scheme('fp8', 0.02)]))).toEqual([]);
  });
});

describe('the instances of a page', () => {
  const fit = { container: 'lmi', context: 8192, kvCacheBytes: 1e9, memoryBytes: 2 ** 34 };

  test('are told with their room, or why they do not run the scheme', () => {
    const instances = [
      { ...fit, instanceType: 'ml.g5.xlarge', fits: true, weightBytes: 2 ** 32, maxConcurrency: 12.7 },
      {
        ...fit,
        instanceType: 'ml.g4dn.xlarge',
        fits: false,
        weightBytes: null,
        maxConcurrency: null,
        reason: 'no FP8',
      },
    ];
    const page = simulationPage({ date: '2026-01-01', report: report([{ ...scheme('fp8', 0.02), instances }]) });
    for (const text of ['sequences of 8K tokens', '✓ 12 at once', '4.00 GiB of 16.00 GiB', 'does not run', 'no FP8'])
      expect(page).toContain(text);
  });
});

describe('a scheme is judged', () => {
  test.each([
    [41.7, 'ok', 'No loss'],
    [42.5, 'ok', 'A small loss'],
    [44.5, 'warning', 'A visible loss'],
    [63.8, 'error', 'A heavy loss'],
    [Infinity, 'error', 'Breaks the model'],
  ])('perplexity %d against 41.5: %s', (perplexity, grade, words) => {
    const judgement = judge(report([], 41.5), scheme('awq', 0.08, perplexity));
    expect(judgement.grade).toBe(grade);
    expect(judgement.words).toContain(words);
  });

  test('by weight error alone, without promising quality', () => {
    expect(judge(report([]), scheme('awq', 0.08))).toMatchObject({
      grade: 'unmeasured',
      words: expect.stringContaining('was not measured') as string,
    });
    expect(judge(report([]), scheme('gguf:Q2_K', 0.3)).grade).toBe('warning');
  });
});
