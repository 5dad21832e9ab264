import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import type { App } from 'aws-cdk-lib';
import { Duration, type Stack } from 'aws-cdk-lib';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import {
  GgufEndpoint,
  InstanceType,
  ModelSource,
  QualityGate,
  QuantizationScheme,
  type GgufEndpointProps,
  type QualityGateOptions,
  type QuantizedEndpointProps,
} from '../../../index';
import { runCli } from '../../../bin/program';
import { openCheckpoint } from '../../../lib/format';
import { locateCheckpoint } from '../../../lib/format/node';
import { parseScheme } from '../../../lib/scheme';
import { simulate } from '../../../lib/simulate/simulate';
import { digestOfCheckpoint } from '../../../lib/simulate/source-digest';
import { writeCheckpoint } from '../../../lib/simulate/write/write-checkpoint';
import { toReport } from '../../../lib/simulate/to-report';
import { QWEN_7B } from '../models';
import { errorsOf, hubModel, makeEndpoint, messagesOf, resourceOf, testStack, warningsOf } from '../support';

const MODEL = 'examples/models/gutenberg-3m';
const directory = mkdtempSync(path.join(tmpdir(), 'gate-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const figures = (perplexity: number, meanKl: number) => ({
  perplexity,
  meanKl,
  p99Kl: 10 * meanKl,
  top1Agreement: 0.95,
});

const REPORT = {
  schema: 1,
  measuredAt: '2026-01-05T12:00:00.000Z',
  model: { digest: 'sha256:abc' },
  evaluation: { perplexity: 40 },
  schemes: [
    { scheme: 'awq', groupSize: 128, evaluation: figures(42, 0.02) },
    { scheme: 'fp8', groupSize: -1, evaluation: figures(40.2, 0.002) },
    { scheme: 'gptq', groupSize: 128 },
  ],
};

/** FP8 with scales for the cache, as llm-compressor writes it. */
const FP8_WITH_CACHE = {
  quant_method: 'compressed-tensors',
  format: 'float-quantized',
  config_groups: {
    group_0: {
      targets: ['Linear'],
      weights: { num_bits: 8, type: 'float', strategy: 'channel', symmetric: true },
      input_activations: { num_bits: 8, type: 'float', strategy: 'token', dynamic: true },
    },
  },
  ignore: ['lm_head'],
  kv_cache_scheme: { num_bits: 8, type: 'float', strategy: 'tensor', dynamic: false },
};

let written = 0;
function gate(options?: QualityGateOptions, report: unknown = REPORT): QualityGate {
  const file = path.join(directory, `report-${written++}.json`);
  writeFileSync(file, typeof report === 'string' ? report : JSON.stringify(report));
  return QualityGate.fromReport(file, options);
}

/** The hub model is AWQ with groups of 128. */
function stackWith(qualityGate: QualityGate, props: Partial<QuantizedEndpointProps> = {}): Stack {
  const stack = testStack();
  makeEndpoint(stack, { qualityGate, ...props });
  return stack;
}

const PINNED = { modelDigest: 'sha256:abc' };

describe('a quality gate', () => {
  test('lets through what loses less than allowed, and leaves the figures in plan and tags', () => {
    const stack = stackWith(
      gate({ ...PINNED, maxPerplexityIncrease: 0.06, maxKl: 0.02, maxP99Kl: 0.5, minTop1Agreement: 0.9 }),
    );
    expect(errorsOf(stack)).toEqual([]);
    expect(warningsOf(stack).filter((rule) => rule.startsWith('QUALITY'))).toEqual([]);
    expect(resourceOf(stack, 'AWS::SageMaker::Endpoint').Tags).toEqual(
      expect.arrayContaining([
        { Key: 'cdk-quantized-endpoints:perplexity-increase', Value: '0.0500' },
        { Key: 'cdk-quantized-endpoints:mean-kl', Value: '0.02000' },
      ]),
    );
    const assembly = (stack.node.root as App).synth().directory;
    const plan = readdirSync(assembly).find((name) => name.endsWith('.plan.json'))!;
    expect(JSON.parse(readFileSync(path.join(assembly, plan), 'utf8'))).toMatchObject({
      quality: {
        scheme: 'awq',
        measuredAt: '2026-01-05T12:00:00.000Z',
        perplexity: 42,
        fullPrecisionPerplexity: 40,
        meanKl: 0.02,
      },
    });
  });

  test.each<[string, QualityGateOptions, string]>([
    ['perplexity increase', { maxPerplexityIncrease: 0.03 }, '0.05'],
    ['mean KL', { maxKl: 0.01 }, '0.02'],
    ['99th percentile KL', { maxP99Kl: 0.1 }, '0.2'],
    ['top-1 agreement', { minTop1Agreement: 0.96 }, '0.95'],
  ])('stops synth where %s is over the limit', (name, limits, got) => {
    const stack = stackWith(gate({ ...PINNED, ...limits }));
    expect(errorsOf(stack)).toEqual(['QUALITY_BELOW_LIMIT']);
    expect(messagesOf(stack, 'error')[0]).toContain(`${name} of ${got}`);
  });

  test('names the schemes of the report that pass', () => {
    const stack = stackWith(gate({ ...PINNED, maxPerplexityIncrease: 0.03 }));
    expect(messagesOf(stack, 'error')[0]).toContain('take fp8, which the same report lets through');
  });

  test('points to the sensitivity of layers where no scheme passes', () => {
    const stack = stackWith(gate({ ...PINNED, maxKl: 0.001 }));
    expect(messagesOf(stack, 'error')[0]).toContain('--sensitivity');
  });

  test('stops synth where the model is broken beyond numbers', () => {
    const broken = { scheme: 'awq', evaluation: { perplexity: null, meanKl: null, p99Kl: null, top1Agreement: 0 } };
    const stack = stackWith(gate({ ...PINNED, maxKl: 1 }, { ...REPORT, schemes: [broken] }));
    expect(errorsOf(stack)).toEqual(['QUALITY_BELOW_LIMIT']);
  });

  test('wants a report of the same scheme, with the same groups', () => {
    const [awq, ...others] = REPORT.schemes;
    const without = stackWith(gate(PINNED, { ...REPORT, schemes: others }));
    expect(errorsOf(without)).toEqual(['QUALITY_REPORT_OTHER_SCHEME']);
    const regrouped = stackWith(gate(PINNED, { ...REPORT, schemes: [{ ...awq, groupSize: 64 }] }));
    expect(errorsOf(regrouped)).toEqual(['QUALITY_REPORT_OTHER_SCHEME']);
  });

  test('wants figures of a text', () => {
    const { evaluation: _none, ...report } = REPORT;
    expect(errorsOf(stackWith(gate(PINNED, report)))).toEqual(['QUALITY_NOT_MEASURED']);
  });

  test('wants a report that is young enough', () => {
    const stack = (measuredAt: string | undefined) =>
      stackWith(gate({ ...PINNED, maxAge: Duration.days(30) }, { ...REPORT, measuredAt }));
    expect(errorsOf(stack(new Date(Date.now() - 29 * 86_400_000).toISOString()))).toEqual([]);
    expect(errorsOf(stack(new Date(Date.now() - 31 * 86_400_000).toISOString()))).toEqual(['QUALITY_REPORT_TOO_OLD']);
    expect(errorsOf(stack(undefined))).toEqual(['QUALITY_REPORT_TOO_OLD']);
  });

  test('refuses a report of other weights, and warns where it cannot tell', () => {
    expect(errorsOf(stackWith(gate({ modelDigest: 'sha256:other' })))).toEqual(['QUALITY_REPORT_OTHER_WEIGHTS']);
    const stack = stackWith(gate());
    expect(errorsOf(stack)).toEqual([]);
    expect(warningsOf(stack)).toContain('QUALITY_WEIGHTS_NOT_COMPARED');
  });

  describe('on a quantized KV cache', () => {
    const withCache = (type: string, of = figures(40.4, 0.004)) => ({
      ...REPORT,
      evaluation: { perplexity: 40, kvCache: { type, ...of } },
    });
    const FP8 = { kvCacheDtype: 'fp8' };
    const qualityOf = (rules: readonly string[]) => rules.filter((rule) => rule.startsWith('QUALITY'));

    test('of eight bits warns where the report was made without', () => {
      expect(qualityOf(warningsOf(stackWith(gate(PINNED), FP8)))).toEqual(['QUALITY_KV_CACHE_NOT_MEASURED']);
      expect(qualityOf(warningsOf(stackWith(gate(PINNED, withCache('fp8')), FP8)))).toEqual([]);
      const byVariable = stackWith(gate(PINNED), { environment: { OPTION_KV_CACHE_DTYPE: 'fp8_e4m3' } });
      expect(qualityOf(warningsOf(byVariable))).toEqual(['QUALITY_KV_CACHE_NOT_MEASURED']);
    });

    test('says so where the figures count one in that the endpoint has not', () => {
      const stack = stackWith(gate(PINNED, withCache('fp8')));
      expect(qualityOf(warningsOf(stack))).toEqual(['QUALITY_KV_CACHE_NOT_MEASURED']);
      expect(messagesOf(stack, 'warning').join()).toContain('the endpoint has none');
      expect(qualityOf(errorsOf(stack))).toEqual([]);
    });

    test('knows a cache that the checkpoint brings its scales for', () => {
      const config = { ...QWEN_7B, quantization_config: FP8_WITH_CACHE };
      const report = { ...REPORT, schemes: [{ scheme: 'fp8', evaluation: figures(40.2, 0.002) }] };
      const stack = stackWith(gate(PINNED, report), { model: hubModel(config, 'org/model') });
      expect(qualityOf(warningsOf(stack))).toEqual(['QUALITY_KV_CACHE_NOT_MEASURED']);
    });

    describe('of llama.cpp', () => {
      const report = (type?: string) => ({
        ...(type === undefined ? REPORT : withCache(type)),
        schemes: [{ scheme: 'gguf:Q4_K_M', evaluation: figures(41, 0.01) }],
      });
      const stackOf = (options: QualityGateOptions, value: unknown, props: Partial<GgufEndpointProps>) => {
        const stack = testStack();
        new GgufEndpoint(stack, 'Chat', {
          model: ModelSource.s3Prefix(Bucket.fromBucketName(stack, 'Models', 'models'), 'qwen/', { config: QWEN_7B }),
          files: [{ path: 'qwen-q4_k_m.gguf' }],
          instanceType: InstanceType.G6_2XLARGE,
          maxModelLen: 8192,
          maxConcurrency: 4,
          qualityGate: gate({ ...PINNED, ...options }, value),
          ...props,
        });
        return stack;
      };

      test('warns of q8_0 that was not measured, refuses fewer bits', () => {
        const eight = stackOf({}, report(), { kvTypeK: 'q8_0', kvTypeV: 'q8_0' });
        expect(qualityOf(errorsOf(eight))).toEqual([]);
        expect(qualityOf(warningsOf(eight))).toEqual(['QUALITY_KV_CACHE_NOT_MEASURED']);
        const four = stackOf({}, report(), { kvTypeK: 'q8_0', kvTypeV: 'q4_0' });
        expect(qualityOf(errorsOf(four))).toEqual(['QUALITY_REPORT_OTHER_KV_CACHE']);
        expect(messagesOf(four, 'error').join()).toContain('--kv-cache q8_0/q4_0');
      });

      test.each([
        [{ kvTypeK: 'q4_0', kvTypeV: 'q4_0' }, 'q4_0'],
        [{ kvTypeK: 'Q8_0', kvTypeV: 'q4_0' }, 'q8_0/q4_0'],
        [{ kvTypeK: 'q8_0' }, 'q8_0/f16'],
        [{ kvTypeK: 'bf16', kvTypeV: 'f16' }, undefined],
      ])('lets %j through with figures of %s', (props, type) => {
        const stack = stackOf({ maxKl: 0.02 }, report(type), props);
        expect(qualityOf([...errorsOf(stack), ...warningsOf(stack)])).toEqual([]);
      });

      test('has no figures of a type that is rounded differently from backend to backend', () => {
        const stack = stackOf({}, report('q4_0'), { kvTypeK: 'iq4_nl', kvTypeV: 'iq4_nl' });
        expect(qualityOf(errorsOf(stack))).toEqual(['QUALITY_REPORT_OTHER_KV_CACHE']);
      });
    });

    test('is held to the limits by itself where the weights are as they were', () => {
      const props = { model: hubModel(QWEN_7B, 'Qwen/Qwen2.5-7B-Instruct'), maxModelLen: 4096, ...FP8 };
      const lenient = stackWith(gate({ ...PINNED, maxKl: 0.01 }, withCache('fp8')), props);
      expect(qualityOf([...errorsOf(lenient), ...warningsOf(lenient)])).toEqual([]);
      expect(resourceOf(lenient, 'AWS::SageMaker::Endpoint').Tags).toEqual(
        expect.arrayContaining([{ Key: 'cdk-quantized-endpoints:mean-kl', Value: '0.00400' }]),
      );
      const strict = stackWith(gate({ ...PINNED, maxKl: 0.001 }, withCache('fp8')), props);
      expect(qualityOf(errorsOf(strict))).toEqual(['QUALITY_BELOW_LIMIT']);
      expect(messagesOf(strict, 'error').join()).toContain('store keys and values in more bits');
      expect(qualityOf(warningsOf(stackWith(gate(PINNED), props)))).toEqual(['QUALITY_KV_CACHE_NOT_MEASURED']);
    });

    test('must have its figures in the report', () => {
      expect(() => gate(PINNED, { ...REPORT, evaluation: { perplexity: 40, kvCache: { type: 'fp8' } } })).toThrow(
        expect.objectContaining({ id: 'QUALITY_REPORT_UNREADABLE' }),
      );
    });
  });

  test('holds the model of every instance pool to its limits, and tags the worst', () => {
    const L40S = InstanceType.of('ml.g6e.2xlarge');
    const pools = [
      {
        instanceType: L40S,
        model: hubModel(QWEN_7B, 'Qwen/Qwen2.5-7B-Instruct'),
        quantization: QuantizationScheme.FP8,
      },
    ];
    const lenient = stackWith(gate({ ...PINNED, maxKl: 0.03 }), { fallbackPools: pools });
    expect(errorsOf(lenient).filter((rule) => rule.startsWith('QUALITY'))).toEqual([]);
    expect(resourceOf(lenient, 'AWS::SageMaker::Endpoint').Tags).toEqual(
      expect.arrayContaining([{ Key: 'cdk-quantized-endpoints:mean-kl', Value: '0.02000' }]),
    );
    const [awq, fp8] = REPORT.schemes;
    const worse = { ...REPORT, schemes: [awq, { ...fp8, evaluation: figures(48, 0.2) }] };
    const strict = stackWith(gate({ ...PINNED, maxKl: 0.03 }, worse), { fallbackPools: pools });
    expect(errorsOf(strict).filter((rule) => rule.startsWith('QUALITY'))).toEqual(['QUALITY_BELOW_LIMIT']);
    expect(messagesOf(strict, 'error').join()).toContain('instance pool 2 (ml.g6e.2xlarge)');
    expect(resourceOf(strict, 'AWS::SageMaker::Endpoint').Tags).toEqual(
      expect.arrayContaining([{ Key: 'cdk-quantized-endpoints:mean-kl', Value: '0.20000' }]),
    );
  });

  test('knows the weights of a local directory by the digest that qe simulate reports', async () => {
    const checkpoint = await openCheckpoint(locateCheckpoint(MODEL).folder);
    const simulation = await simulate(checkpoint, { schemes: [parseScheme('fp8')], threads: 1 });
    const { model, schemes } = toReport(simulation);
    const report = {
      schema: 1,
      model,
      evaluation: { perplexity: 41 },
      schemes: schemes.map((scheme) => ({ ...scheme, evaluation: figures(41.1, 0.003) })),
    };
    const props = {
      model: ModelSource.localDirectory(MODEL),
      instanceType: InstanceType.G6_2XLARGE,
      maxModelLen: 512,
      quantization: QuantizationScheme.FP8,
    };
    const of = (digest: string) => stackWith(gate({}, { ...report, model: { digest } }), props);
    const same = of(model.digest);
    expect(errorsOf(same).filter((rule) => rule.startsWith('QUALITY'))).toEqual([]);
    expect(warningsOf(same)).not.toContain('QUALITY_WEIGHTS_NOT_COMPARED');
    expect(errorsOf(of('sha256:abc'))).toContain('QUALITY_REPORT_OTHER_WEIGHTS');
  });

  describe('on a checkpoint that qe quantize wrote', () => {
    const GATE_PROJ = 'model.layers.0.mlp.gate_proj.weight';
    const UP_PROJ = 'model.layers.0.mlp.up_proj.weight';
    let digest: string;
    let mixed: string;
    // Inside the project, because local models are named from where the app runs.
    const folder = mkdtempSync(path.join('test', 'constructs', 'quality-gate', 'quantized-'));
    afterAll(() => rmSync(folder, { recursive: true, force: true }));
    beforeAll(async () => {
      const { folder: source } = locateCheckpoint(MODEL);
      const checkpoint = await openCheckpoint(source);
      digest = await digestOfCheckpoint(checkpoint);
      mixed = path.join(folder, 'mixed');
      const keep = { weights: [GATE_PROJ], as: 'int8' as const };
      const scheme = parseScheme('int4-rtn');
      await writeCheckpoint(source, checkpoint, mixed, { scheme, format: 'compressed-tensors', keep, threads: 1 });
    });

    const report = (kept: readonly string[], modelDigest = digest) => ({
      schema: 1,
      model: { digest: modelDigest },
      evaluation: {
        perplexity: 40,
        sensitivity: [
          {
            scheme: 'int4-rtn',
            perplexity: 40,
            proposal: { kept, keptAs: 'int8', measured: figures(40.4, 0.01) },
          },
        ],
      },
      schemes: [{ scheme: 'int4-rtn', groupSize: 128, evaluation: figures(42, 0.05) }],
    });
    const stackOf = (value: unknown, options: QualityGateOptions = {}) =>
      stackWith(gate(options, value), {
        model: ModelSource.localDirectory(mixed),
        instanceType: InstanceType.G6_2XLARGE,
        maxModelLen: 512,
        quantization: undefined,
      });
    const qualityOf = (rules: readonly string[]) => rules.filter((rule) => rule.startsWith('QUALITY'));

    test('compares the weights that it was made from', () => {
      const same = stackOf(report([GATE_PROJ, UP_PROJ]));
      expect(qualityOf(errorsOf(same))).toEqual([]);
      expect(qualityOf(warningsOf(same))).toEqual([]);
      expect(errorsOf(stackOf(report([GATE_PROJ, UP_PROJ], 'sha256:other')))).toContain('QUALITY_REPORT_OTHER_WEIGHTS');
    });

    test('takes the figures of the mix that was written', () => {
      const stack = stackOf(report([UP_PROJ, GATE_PROJ]), { maxPerplexityIncrease: 0.02 });
      expect(qualityOf(errorsOf(stack))).toEqual([]);
      expect(resourceOf(stack, 'AWS::SageMaker::Endpoint').Tags).toEqual(
        expect.arrayContaining([{ Key: 'cdk-quantized-endpoints:perplexity-increase', Value: '0.0100' }]),
      );
    });

    test('takes those of the scheme alone where another mix was measured, and says so', () => {
      const lenient = stackOf(report([GATE_PROJ]), { maxPerplexityIncrease: 0.06 });
      expect(qualityOf(errorsOf(lenient))).toEqual([]);
      expect(warningsOf(lenient)).toContain('QUALITY_MIX_NOT_MEASURED');
      expect(errorsOf(stackOf(report([GATE_PROJ]), { maxPerplexityIncrease: 0.02 }))).toContain('QUALITY_BELOW_LIMIT');
    });
  });

  describe('on a GGUF that qe quantize wrote', () => {
    const folder = mkdtempSync(path.join('test', 'constructs', 'quality-gate', 'gguf-'));
    afterAll(() => rmSync(folder, { recursive: true, force: true }));
    const write = async (name: string, ...more: string[]) => {
      const out = path.join(folder, name);
      const quiet = ['--quiet', '--threads', '1'];
      expect(await runCli(['quantize', MODEL, '--scheme', 'gguf:Q4_K_M', '--out', out, ...quiet, ...more])).toBe(0);
      return out;
    };
    const reportOf = async (digest?: string) => ({
      schema: 1,
      model: { digest: digest ?? (await digestOfCheckpoint(await openCheckpoint(locateCheckpoint(MODEL).folder))) },
      evaluation: { perplexity: 40 },
      schemes: [{ scheme: 'gguf:Q4_K_M', evaluation: figures(41, 0.01) }],
    });
    const qualityOf = (stack: Stack) =>
      [...errorsOf(stack), ...warningsOf(stack)].filter((rule) => rule.startsWith('QUALITY'));
    const served = (directory: string, report: unknown) => {
      const stack = testStack();
      new GgufEndpoint(stack, 'Chat', {
        model: ModelSource.localDirectory(directory, { configPath: `${MODEL}/config.json` }),
        instanceType: InstanceType.G6_2XLARGE,
        maxModelLen: 512,
        qualityGate: gate({}, report),
      });
      return qualityOf(stack);
    };
    let spy: jest.SpyInstance;
    beforeEach(() => (spy = jest.spyOn(process.stdout, 'write').mockReturnValue(true)));
    afterEach(() => spy.mockRestore());

    test('compares the weights that it was made from, where they were noted', async () => {
      const directory = await write('noted', '--digest');
      expect(served(directory, await reportOf())).toEqual([]);
      expect(served(directory, await reportOf('sha256:other'))).toEqual(['QUALITY_REPORT_OTHER_WEIGHTS']);
    });

    test('cannot compare them where they were not, and says so', async () => {
      const directory = await write('plain');
      expect(readdirSync(directory)).toEqual(['gutenberg-3m-Q4_K_M.gguf']);
      expect(served(directory, await reportOf())).toEqual(['QUALITY_WEIGHTS_NOT_COMPARED']);
    });

    test('does not take the note of another file, or of an earlier run', async () => {
      const directory = await write('changed', '--digest');
      const [gguf, note] = readdirSync(directory).sort();
      expect(note).toBe(`${gguf}.origin.json`);
      appendFileSync(path.join(directory, gguf), 'x');
      expect(served(directory, await reportOf())).toContain('QUALITY_WEIGHTS_NOT_COMPARED');
      await write('changed');
      expect(readdirSync(directory)).toEqual([gguf]);
    });
  });

  test('holds an encoder by its embeddings, and refuses limits on what an encoder has not', () => {
    const report = {
      ...REPORT,
      evaluation: undefined,
      embedding: { texts: 54, tokens: 2684 },
      schemes: [
        { scheme: 'awq', embedding: { meanCosine: 0.968, worstCosine: 0.95, rankAgreement: 0.976 } },
        { scheme: 'int8-weight-only', embedding: { meanCosine: 0.9995, worstCosine: 0.999, rankAgreement: 0.999 } },
      ],
    };
    const lenient = stackWith(gate({ ...PINNED, minMeanCosine: 0.95, minRankAgreement: 0.97 }, report));
    expect(errorsOf(lenient)).toEqual([]);
    expect(resourceOf(lenient, 'AWS::SageMaker::Endpoint').Tags).toEqual(
      expect.arrayContaining([{ Key: 'cdk-quantized-endpoints:mean-cosine', Value: '0.96800' }]),
    );
    const strict = stackWith(gate({ ...PINNED, minMeanCosine: 0.99 }, report));
    expect(errorsOf(strict)).toEqual(['QUALITY_BELOW_LIMIT']);
    expect(messagesOf(strict, 'error')[0]).toContain('take int8-weight-only');
    expect(errorsOf(stackWith(gate({ ...PINNED, maxKl: 0.1 }, report)))).toEqual(['QUALITY_NOT_MEASURED']);
    expect(errorsOf(stackWith(gate({ ...PINNED, minMeanCosine: 0.9 })))).toEqual(['QUALITY_NOT_MEASURED']);
  });

  test('has nothing to say of a model that is not quantized', () => {
    const stack = stackWith(gate({ maxKl: 0 }), {
      model: ModelSource.localDirectory(MODEL),
      maxModelLen: 512,
    });
    expect(errorsOf(stack).filter((rule) => rule.startsWith('QUALITY'))).toEqual([]);
  });

  test.each([
    ['nothing', ''],
    ['another kind of JSON', { verdict: 'ok' }],
    ['a report of a later schema', { ...REPORT, schema: 2 }],
    ['figures that are none', { ...REPORT, schemes: [{ scheme: 'awq', evaluation: { perplexity: 'low' } }] }],
  ])('cannot be made from %s', (_what, report) => {
    expect(() => gate({}, report)).toThrow(expect.objectContaining({ id: 'QUALITY_REPORT_UNREADABLE' }));
  });

  test('cannot be made from a file that is not there, or with a limit below 0', () => {
    expect(() => QualityGate.fromReport('/nowhere/report.json')).toThrow(
      expect.objectContaining({ id: 'QUALITY_REPORT_UNREADABLE' }),
    );
    expect(() => gate({ maxKl: -1 })).toThrow(expect.objectContaining({ id: 'QUALITY_LIMIT_OUT_OF_RANGE' }));
  });
});
