import { findInstance } from '../../lib/hardware';
import { findRule } from '../../lib/rules';
import { GEMMA2_2B, LLAMA_70B, LLAMA_8B, QWEN35_27B, type Json } from '../../lib/rules/helpers/samples';
import { alone, type PlanParts } from './own-findings';

const GIB = 2 ** 30;

describe('without a server, a cache beside the weights', () => {
  const find = (parts: PlanParts, config: Json = LLAMA_8B, spec: object = {}) =>
    alone(
      'KV_CACHE_BELOW_CONTEXT',
      {
        model: { config },
        instanceType: 'ml.g5.2xlarge',
        options: { maxModelLen: 65_536, tensorParallelSize: 1 },
        ...spec,
      },
      { kvBytesPerToken: 131_072, ...parts, memory: { weights: 20 * GIB, total: 24 * GIB, ...parts.memory } },
    );

  test('is as long as is left', () => {
    expect(find({})).toMatchObject([
      {
        got: '28.0 GiB for 24.0 GiB on ml.g5.2xlarge (A10G, 8.6)',
        fix: 'set maxModelLen to 32768 or less, or use an instance with larger GPUs',
      },
    ]);
    expect(find({ kvBytesPerToken: 65_536 })).toEqual([]);
    expect(find({ kvBytesPerToken: 65_537 })).toHaveLength(1);
  });

  test.each<[string, PlanParts]>([
    ['weights', { memory: { weights: null } }],
    ['memory', { memory: { total: null } }],
    ['bytes of a token', { kvBytesPerToken: null }],
  ])('is not judged where nobody knows the %s', (_, parts) => {
    expect(find(parts)).toEqual([]);
  });

  test('is not judged where layers forget, or keep nothing', () => {
    expect(find({}, GEMMA2_2B)).toEqual([]);
    expect(find({}, QWEN35_27B)).toEqual([]);
    expect(find({}, { ...LLAMA_8B, architectures: ['BertModel'], model_type: 'bert' })).toEqual([]);
  });

  test('is judged on one GPU only, unless a degree is given', () => {
    const four = { instanceType: 'ml.g5.12xlarge' };
    expect(find({}, LLAMA_8B, { ...four, options: { maxModelLen: 65_536 } })).toEqual([]);
    expect(find({}, LLAMA_8B, four)).toHaveLength(1);
    expect(find({}, LLAMA_8B, { options: { maxModelLen: 65_536 } })).toHaveLength(1);
    expect(find({}, LLAMA_8B, { instanceType: 'ml.c7i.2xlarge' })).toEqual([]);
    expect(find({}, LLAMA_8B, { instanceType: undefined })).toEqual([]);
  });
});

describe('weights that exceed the share that a server may use', () => {
  const find = (family: string, memory: PlanParts['memory'], options: object = {}) =>
    alone(
      'WEIGHTS_DO_NOT_FIT',
      { model: { config: LLAMA_8B }, container: { family }, instanceType: 'ml.g5.2xlarge', options },
      { memory: { weights: 18 * GIB, usable: 17 * GIB, total: 24 * GIB, ...memory } },
    )[0];

  test('of SGLang may fit a larger one', () => {
    expect(find('sglang', {}).fix).toMatch(/^set gpuMemoryUtilization to 0\.9, or use ml\./);
    expect(find('sglang', {}).message).toContain('the share of its memory that SGLang takes');
    for (const [family, memory, options] of [
      ['vllm', {}, { gpuMemoryUtilization: 0.75 }],
      ['sglang', { total: null }, {}],
      ['sglang', { weights: 0.87 * 24 * GIB + 1 }, {}],
      ['sglang', {}, { gpuMemoryUtilization: 0.9 }],
    ] as const)
      expect(find(family, memory, options).fix).not.toContain('gpuMemoryUtilization');
  });

  test('by less than the plan can tell are a warning', () => {
    expect(find('sglang', { weights: 1.019 * 17 * GIB }).severity).toBe('warning');
    expect(find('sglang', { weights: 1.021 * 17 * GIB }).severity).toBe('error');
  });
});

describe('weights that are quantized after they are loaded', () => {
  const find = (total: number | null, options: object = {}, region?: string) =>
    alone(
      'WEIGHTS_DO_NOT_FIT',
      {
        model: { config: LLAMA_70B },
        container: { family: 'vllm', version: '0.11.0' },
        instanceType: 'ml.p5.48xlarge',
        region,
        options: { maxModelLen: 4096, ...options },
        environment: { SM_VLLM_QUANTIZATION: 'fp8' },
      },
      { memory: { weights: 70 * GIB, usable: 75 * GIB, total } },
    );

  test('need room for all of them', () => {
    const [finding] = find(80 * GIB);
    expect(finding.message).toContain('quantizes only after it has loaded the weights in full precision');
    const proposed = /or use (ml\.\S+)$/.exec(finding.fix ?? '')?.[1] ?? '';
    expect(findInstance(proposed)!.accelerator!.memoryBytesUsable).toBeGreaterThan(131 * GIB);
    expect(find(160 * GIB)).toEqual([]);
    expect(find(null)).toEqual([]);
  });

  test('stay as they are where the region has no such GPU', () => {
    expect(find(80 * GIB, {}, 'moon-1')[0].fix).toBe('take a checkpoint that is stored in FP8');
  });

  test('are spread over the ranks asked for', () => {
    expect(find(80 * GIB, { tensorParallelSize: 2 })).toEqual([]);
    const [two] = find(60 * GIB, { tensorParallelSize: 2 });
    const proposed = /or use (ml\.\S+)$/.exec(two.fix ?? '')?.[1] ?? '';
    expect(findInstance(proposed)!.acceleratorCount).toBeGreaterThanOrEqual(2);
  });
});

test('weights that are offloaded go to a larger host of the same GPU', () => {
  const find = (gib: string, family = 'vllm', region = 'us-east-1') =>
    alone('OFFLOADED_WEIGHTS_EXCEED_HOST', {
      model: { config: LLAMA_70B },
      container: { family },
      instanceType: 'ml.g5.2xlarge',
      region,
      options: { maxModelLen: 4096 },
      environment: { SM_VLLM_CPU_OFFLOAD_GB: gib },
    });
  const { memoryBytes } = findInstance('ml.g5.2xlarge')!;
  expect(find(String(memoryBytes / GIB))).toEqual([]);
  const [finding] = find(String(memoryBytes / GIB + 1));
  const proposed = findInstance(/^use (ml\.\S+)$/.exec(finding.fix ?? '')?.[1] ?? '')!;
  expect(proposed.accelerator!.key).toBe('A10G');
  expect(proposed.memoryBytes).toBeGreaterThan(memoryBytes + GIB);
  expect(find('120', 'vllm', 'moon-1')[0].fix).toBe('offload less, or quantize to fewer bits');
  expect(find('120', 'sglang')).toEqual([]);
});

test('state blocks are not counted in a cache that nobody knows, or that is none', () => {
  const find = (kvCache: number | null) =>
    alone(
      'STATE_BLOCKS_BELOW_SEQUENCES',
      {
        model: { config: QWEN35_27B },
        container: { family: 'vllm', version: '0.28.0' },
        instanceType: 'ml.p5.4xlarge',
        options: { maxModelLen: 4096, maxNumSeqs: 256 },
      },
      { memory: { kvCache } },
    );
  expect(find(GIB)).toHaveLength(1);
  for (const none of [null, 0, -GIB]) expect(find(none)).toEqual([]);
});

test('images are counted for the model that is measured with all of them at once, and no other', () => {
  const id = 'PROFILED_IMAGES_DO_NOT_FIT';
  const [fails] = findRule(id)!.examples.fails as readonly { readonly model: { readonly config: Json } }[];
  expect(alone(id, fails)).toHaveLength(1);
  const other = { ...fails.model.config, architectures: ['MiniCPMV'] };
  expect(alone(id, { ...fails, model: { config: other } })).toEqual([]);
});
