import { resolveEndpoint } from '../../lib/endpoint/resolve';
import { findInstance, findPrice, instanceTypes } from '../../lib/hardware';
import type { Instance } from '../../lib/hardware/types';
import { makePlan } from '../../lib/plan';
import { ruleContext } from '../../lib/rules/evaluate';
import { degreeFix, tensorDegree, workingDegrees } from '../../lib/rules/helpers/degrees';
import { amiFor, cudaCompatibility, cudaText, driverText, hostDriver } from '../../lib/rules/helpers/driver';
import { cheapestFit, fitText } from '../../lib/rules/helpers/fit';
import { cheapestInstance, cheapestMachine } from '../../lib/rules/helpers/instances';
import { expertShare, inputShare, outputShares, quantizesExperts, splitLayers } from '../../lib/rules/helpers/layers';
import { newerGpu } from '../../lib/rules/helpers/newer-gpu';
import { expertWeights } from '../../lib/rules/helpers/experts';
import {
  AWQ,
  BERT,
  FP8_BLOCK,
  GLM_45V,
  GPTQ,
  GPT_OSS_20B,
  INTERNVL_26B,
  LLAMA2_7B,
  LLAMA_70B,
  LLAMA_8B,
  QWEN25_7B,
  QWEN3_MOE,
  QWEN3_SMALL,
  quantized,
} from '../../lib/rules/helpers/samples';
import type { EndpointSpec } from '../../lib/spec/types';

const contextOf = (spec: EndpointSpec) => ruleContext(resolveEndpoint(spec));
const all = instanceTypes()
  .map((type) => findInstance(type))
  .filter((instance): instance is Instance => instance !== undefined);

describe.each([undefined, 'us-east-1', 'eu-central-1', 'af-south-1', 'nowhere-1'])('instances of %p', (region) => {
  const inOrder = (): readonly Instance[] => {
    const order: Instance[] = [];
    cheapestInstance({ model: {}, region }, (instance) => {
      order.push(instance);
      return false;
    });
    return order;
  };
  const priceIn = ({ instanceType }: Instance, place: string) => findPrice(instanceType, place)?.usdPerHour;
  const price = (instance: Instance) => priceIn(instance, region ?? 'us-east-1') ?? priceIn(instance, 'us-east-1');

  test('are all that the region offers', () => {
    const offered = all.filter(({ regions }) => region === undefined || regions.includes(region));
    expect(
      inOrder()
        .map(({ instanceType }) => instanceType)
        .sort(),
    ).toEqual(offered.map((i) => i.instanceType).sort());
  });

  test('come cheapest first, the smaller first of those that cost the same', () => {
    const priced = inOrder().filter((instance) => price(instance) !== undefined);
    for (const [index, next] of priced.slice(1).entries()) {
      const [before, after] = [price(priced[index])!, price(next)!];
      expect(before).toBeLessThanOrEqual(after);
      if (before === after) expect(priced[index].vcpus).toBeLessThanOrEqual(next.vcpus);
    }
  });

  test('of unknown price come no later than the larger ones of their family', () => {
    const order = inOrder();
    const place = new Map(order.map(({ instanceType }, index) => [instanceType, index]));
    const known = order.filter((instance) => price(instance) !== undefined);
    for (const instance of order.filter((one) => price(one) === undefined)) {
      const larger = known.filter(
        (other) =>
          other.family === instance.family &&
          other.vcpus > instance.vcpus &&
          other.acceleratorCount >= instance.acceleratorCount,
      );
      const at = place.get(instance.instanceType)!;
      for (const other of larger) expect(at).toBeLessThan(place.get(other.instanceType)!);
      if (larger.length === 0 && !all.some((other) => other.family === instance.family && price(other) !== undefined))
        for (const other of known) expect(at).toBeGreaterThan(place.get(other.instanceType)!);
    }
  });

  test('of one kind are asked once, of the cheapest', () => {
    const asked: [Instance, string][] = [];
    const none = cheapestMachine({ model: {}, region }, (instance, kind) => {
      asked.push([instance, kind]);
      return false;
    });
    expect(none).toBeUndefined();
    expect(new Set(asked.map(([, kind]) => kind)).size).toBe(asked.length);
    const order = inOrder();
    const kindOf = ({ accelerator, acceleratorCount, cpuArchitecture, memoryBytes }: Instance) =>
      accelerator === undefined ? [cpuArchitecture, memoryBytes] : [accelerator.key, acceleratorCount];
    for (const [instance] of asked) {
      const first = order.find((other) => String(kindOf(other)) === String(kindOf(instance)));
      expect(instance.instanceType).toBe(first?.instanceType);
    }
    if (asked.length > 3)
      expect(cheapestMachine({ model: {}, region }, (one) => one === asked[3][0])).toBe(asked[3][0]);
  });
});

describe('the cheapest instance on which a model fits', () => {
  const endpoint = (config: object, options: object, rest: object = {}): EndpointSpec => ({
    model: { config: config as Record<string, unknown> },
    container: { family: 'vllm' },
    region: 'us-east-1',
    instanceType: 'ml.g5.xlarge',
    options,
    ...rest,
  });
  const CASES: Readonly<Record<string, EndpointSpec>> = {
    small: endpoint(LLAMA_8B, { maxModelLen: 8192 }),
    long: endpoint(LLAMA_8B, { maxModelLen: 131_072 }),
    large: endpoint(LLAMA_70B, { maxModelLen: 8192 }),
    'large, four ways': endpoint(LLAMA_70B, { maxModelLen: 8192, tensorParallelSize: 4 }),
    'large in 4 bits': endpoint(quantized(LLAMA_70B, AWQ), { maxModelLen: 8192 }),
    'large, planned for eight ranks': endpoint(
      LLAMA_70B,
      { maxModelLen: 32_768, tensorParallelSize: 8 },
      { instanceType: 'ml.p4d.24xlarge' },
    ),
    'with 28 heads': endpoint(QWEN25_7B, { maxModelLen: 32_768 }),
    half: endpoint(LLAMA2_7B, { maxModelLen: 2048, dtype: 'float16' }),
    'in a region': endpoint(LLAMA_70B, { maxModelLen: 8192 }, { region: 'eu-central-1' }),
    'in llama.cpp': endpoint(
      LLAMA_70B,
      { maxModelLen: 8192, slots: 1 },
      {
        container: { family: 'llama-cpp' },
        quantization: 'gguf:Q4_K_M',
        environment: { SM_LLAMA_CPP_N_GPU_LAYERS: '999' },
      },
    ),
    'without an instance': endpoint(LLAMA_8B, { maxModelLen: 8192 }, { instanceType: undefined }),
  };

  test.each(Object.entries(CASES))('%s: fits there, and on nothing that costs less', (_, spec) => {
    const context = contextOf(spec);
    const fit = cheapestFit(context)!;
    const on = (instance: Instance, tensorParallelSize: number) => {
      const options = { ...spec.options, tensorParallelSize, pipelineParallelSize: 1 };
      const plan = makePlan(resolveEndpoint({ ...spec, instanceType: instance.instanceType, options }));
      const { weights, usable } = plan.memory;
      return (
        weights !== null &&
        usable !== null &&
        weights < usable &&
        (plan.largestMaxModelLen === null || plan.largestMaxModelLen >= spec.options!.maxModelLen!)
      );
    };
    expect(fit.instance.kind).toBe('gpu');
    expect(fit.instance.regions).toContain(spec.region);
    expect(on(fit.instance, fit.tensorParallelSize)).toBe(true);
    expect(fit.tensorParallelSize).toBeLessThanOrEqual(Math.max(1, fit.instance.acceleratorCount));
    expect(context.model!.numAttentionHeads % fit.tensorParallelSize).toBe(0);
    let searched = 0;
    cheapestInstance(spec, (other) => {
      if (other.instanceType === fit.instance.instanceType) return true;
      if (other.kind !== 'gpu' || searched++ > 12) return false;
      const needsAmpere = spec.options!.dtype !== 'float16' && context.container!.engine !== 'llama.cpp';
      if (needsAmpere && (other.accelerator?.sm ?? 0) < 80) return false;
      if (context.model!.numAttentionHeads % other.acceleratorCount !== 0) return false;
      const support = other.accelerator!.sm! >= 70;
      expect({ on: other.instanceType, fits: support && on(other, other.acceleratorCount) }).toEqual({
        on: other.instanceType,
        fits: false,
      });
      return false;
    });
  });

  test('is found for a context beyond the model’s own, which no machine makes longer', () => {
    const spec = endpoint(
      { ...LLAMA_8B, max_position_embeddings: 8192 },
      { maxModelLen: 65_536, dtype: 'float16' },
      { instanceType: 'ml.g4dn.xlarge' },
    );
    const { instance, tensorParallelSize } = cheapestFit(contextOf(spec))!;
    const plan = makePlan(
      resolveEndpoint({
        ...spec,
        instanceType: instance.instanceType,
        options: { ...spec.options, tensorParallelSize },
      }),
    );
    expect(plan.largestMaxModelLen).toBe(8192);
    expect(plan.kvCacheTokens).toBeGreaterThanOrEqual(65_536);
    expect(cheapestFit(contextOf({ ...spec, options: { ...spec.options, maxModelLen: 4096 } }))!.instance).not.toBe(
      instance,
    );
  });

  test('in words', () => {
    const words = (name: string) => fitText(contextOf(CASES[name]));
    expect(words('small')).toMatch(/^use ml\.g\d\w*\.\w+$/);
    expect(words('large')).toMatch(/^use ml\.[\w-]+\.\w+ with tensorParallelSize [248]$/);
    expect(words('large, four ways')).toMatch(/ with tensorParallelSize [248]$/);
    expect(words('in llama.cpp')).toMatch(/^use ml\.[\w-]+\.\w+$/);
    expect(fitText(contextOf(endpoint(LLAMA_8B, {}, { region: 'nowhere-1' })))).toBeUndefined();
    expect(fitText(contextOf({ model: { id: 'a/b' } }))).toBeUndefined();
  });

  test('keeps to the degree that was asked for, where the model fits so', () => {
    const fit = (layers: number, tensorParallelSize?: number) => {
      const config = { ...LLAMA_70B, num_hidden_layers: layers };
      const found = cheapestFit(contextOf(endpoint(config, { maxModelLen: 2048, tensorParallelSize })))!;
      return [found.instance.acceleratorCount, found.tensorParallelSize];
    };
    expect(fit(160)).toEqual([8, 8]);
    expect(fit(160, 4)).toEqual([8, 4]);
    // Two ranks hold no half of 282 GB.
    expect(fit(160, 2)).toEqual([8, 8]);
    expect(fit(160, 16)).toEqual([8, 8]);
  });

  test('has bfloat16 in hardware, unless the model is served in float16', () => {
    const sm = (options: object) =>
      cheapestFit(contextOf(endpoint(QWEN3_SMALL, { maxModelLen: 2048, ...options })))!.instance.accelerator!.sm!;
    expect(sm({ dtype: 'bfloat16' })).toBeGreaterThanOrEqual(80);
    expect(sm({})).toBeGreaterThanOrEqual(80);
    expect(sm({ dtype: 'float16' })).toBeLessThan(80);
  });
});

describe('a newer GPU', () => {
  const of = (least: number, options: object, config: object = LLAMA_8B, region = 'us-east-1') =>
    newerGpu(
      contextOf({
        model: { config: config as Record<string, unknown> },
        container: { family: 'vllm' },
        instanceType: 'ml.g4dn.12xlarge',
        region,
        options: { maxModelLen: 2048, ...options },
      }),
      least,
    );
  test.each([75, 80, 89, 90, 100])('of capability %d or higher, with GPUs and memory enough', (least) => {
    for (const options of [{}, { tensorParallelSize: 4 }, { tensorParallelSize: 2, pipelineParallelSize: 2 }]) {
      const instance = findInstance(of(least, options))!;
      expect(instance.accelerator!.sm).toBeGreaterThanOrEqual(least);
      expect(instance.acceleratorCount).toBeGreaterThanOrEqual('tensorParallelSize' in options ? 4 : 1);
    }
    const large = findInstance(of(least, { tensorParallelSize: 4 }, LLAMA_70B))!;
    expect(large.acceleratorCount * large.accelerator!.memoryBytesUsable * 0.85).toBeGreaterThan(141e9);
  });
  test('is called that where the region has none', () => {
    expect(of(90, {}, LLAMA_8B, 'nowhere-1')).toBe('a newer GPU');
    expect(of(999, {})).toBe('a newer GPU');
  });
});

describe('degrees', () => {
  const context = (instanceType: string | undefined, options: object, family: 'vllm' | 'llama-cpp' = 'vllm') =>
    contextOf({ model: { config: LLAMA_8B }, container: { family }, instanceType, options });
  test('that work, up to the accelerators there are', () => {
    expect(workingDegrees(context('ml.g5.12xlarge', {}), () => true)).toEqual([1, 2, 3, 4]);
    expect(workingDegrees(context('ml.m5.xlarge', {}), () => true)).toEqual([1]);
    expect(workingDegrees(context(undefined, {}), (degree) => degree > 2)).toEqual([4, 8, 16, 32]);
    expect(tensorDegree(context('ml.g5.12xlarge', { tensorParallelSize: 4 }))).toBe(4);
    expect(tensorDegree(context('ml.g5.12xlarge', {}, 'llama-cpp'))).toBe(1);
  });
  test.each([
    [3, () => true, 'tensorParallelSize 1, 2 or 4', 'set tensorParallelSize to 2', 2],
    [4, (degree: number) => degree > 2, 'tensorParallelSize 4', 'set tensorParallelSize to 4', 4],
    [4, () => false, 'no tensor-parallel degree', 'choose another checkpoint or group size', undefined],
    [4, (degree: number) => degree !== 2, 'tensorParallelSize 1 or 4', 'set tensorParallelSize to 1', 1],
  ])('instead of %d', (asked, accepts, allowed, fix, degree) => {
    const instead = degreeFix(context('ml.g5.12xlarge', { tensorParallelSize: asked }), accepts);
    expect(instead).toEqual({ allowed, fix, degree });
  });
  test('of a model that nobody knows are any', () => {
    const unknown = contextOf({ model: { id: 'a/b' }, instanceType: 'ml.g5.12xlarge' });
    expect(degreeFix(unknown, () => true).allowed).toBe('tensorParallelSize 1, 2, 3 or 4');
  });
});

describe('drivers', () => {
  const host = (instanceType: string | undefined, inferenceAmiVersion?: string) =>
    contextOf({ model: {}, instanceType, endpoint: { inferenceAmiVersion } });
  const of = (...given: Parameters<typeof host>) => hostDriver(host(...given));
  test('are those of the AMI, else of the family, else unknown', () => {
    expect(of('ml.g5.xlarge', 'al2-ami-sagemaker-inference-gpu-3-1')?.driver).toBe(550);
    expect(of('ml.g5.xlarge', 'al2023-ami-sagemaker-inference-gpu-4-1')?.cuda).toBeGreaterThanOrEqual(130);
    expect(of('ml.g5.xlarge', 'nobodys-ami')).toBeUndefined();
    expect(of('ml.inf2.xlarge', 'al2-ami-sagemaker-inference-neuron-2')).toBeUndefined();
    expect(of('ml.g5.xlarge')?.driver).toBe(470);
    expect(of('ml.m5.xlarge')).toBeUndefined();
    expect(of(undefined)).toBeUndefined();
    const found = { driver: 535, cuda: 122 };
    expect(driverText(host('ml.g5.xlarge'), found)).toBe(
      'no inferenceAmiVersion, which on g5 means driver 535 (CUDA 12.2)',
    );
    expect(driverText(host('ml.g5.xlarge', 'an-ami'), found)).toBe('an-ami driver 535 (CUDA 12.2)');
    expect(cudaText(130)).toBe('13.0');
    expect([amiFor(129), amiFor(130)]).toEqual([
      'al2-ami-sagemaker-inference-gpu-3-1',
      'al2023-ami-sagemaker-inference-gpu-4-1',
    ]);
  });
  test.each([
    ['lmi', 'bundled'],
    ['vllm', 'strict'],
    ['sglang', 'strict'],
    ['llama-cpp', 'strict'],
    ['custom', 'unknown'],
  ] as const)('of the host, for %s, are %s', (family, expected) => {
    const { container } = contextOf({ model: {}, container: { family } });
    expect(cudaCompatibility(container!)).toBe(expected);
  });
});

describe('matrices that ranks share', () => {
  const layers = (config: object) => splitLayers(contextOf({ model: { config: config as Record<string, unknown> } }));
  test('of a dense model', () => {
    const [qkv, o, gateUp, down] = ['qkv_proj', 'o_proj', 'gate_up_proj', 'down_proj'].map((name) =>
      layers(quantized(LLAMA_8B, AWQ)).find((layer) => layer.name.endsWith(name))!,
    );
    expect(qkv).toMatchObject({ kind: 'linear', split: 'column', inFeatures: 4096, quantized: true });
    expect(outputShares(qkv, 4, 128)).toEqual([1024, 256, 256]);
    expect(outputShares(qkv, 16, 128)).toEqual([256, 128, 128]);
    expect(inputShare(qkv, 4)).toBe(4096);
    expect(o).toMatchObject({ split: 'row' });
    expect([inputShare(o, 4), outputShares(o, 4, 128)]).toEqual([1024, [4096]]);
    expect(outputShares(gateUp, 2, 128)).toEqual([7168, 7168]);
    expect([down.split, inputShare(down, 2)]).toEqual(['row', 7168]);
    expect(layers(LLAMA_8B).every(({ quantized: is }) => !is)).toBe(true);
    expect(layers(LLAMA_8B).some(({ name }) => /embed|lm_head|norm/.test(name))).toBe(false);
    expect(splitLayers(contextOf({ model: { id: 'a/b' } }))).toEqual([]);
  });
  test('are those of the text model that are cut, by the names under which an engine holds them', () => {
    const names = (config: object) => layers(config).map(({ name, split }) => `${name} ${split}`);
    expect(names(GLM_45V)).toEqual([
      'self_attn.qkv_proj column',
      'self_attn.o_proj row',
      'mlp.gate_up_proj column',
      'mlp.down_proj row',
      'mlp.experts.gate_up_proj expert',
      'mlp.experts.down_proj expert',
      'mlp.shared_experts.gate_up_proj column',
      'mlp.shared_experts.down_proj row',
    ]);
    expect(names(INTERNVL_26B)).toEqual([
      'attention.wqkv column',
      'attention.wo row',
      'feed_forward.gate_up_proj column',
      'feed_forward.w2 row',
    ]);
    expect(names(BERT).at(-1)).toBe('output.dense row');
    expect(names(BERT)).not.toContain('pooler.dense column');
  });
  test('have the parts of what is loaded as one, keys and values marked', () => {
    const parts = (config: object, name: string) => layers(config).find((layer) => layer.name === name)?.parts;
    expect(parts(GPT_OSS_20B, 'self_attn.qkv_proj')).toEqual([
      { outFeatures: 4096, keyOrValue: false },
      { outFeatures: 512, keyOrValue: true },
      { outFeatures: 512, keyOrValue: true },
    ]);
    expect(parts(INTERNVL_26B, 'attention.wqkv')).toEqual([{ outFeatures: 8192, keyOrValue: false }]);
    const quantizedLayers = layers(GPT_OSS_20B).filter((layer) => layer.quantized);
    expect(quantizedLayers.map(({ name }) => name)).toEqual(['mlp.experts.gate_up_proj', 'mlp.experts.down_proj']);
  });
  test.each([
    ['no experts', LLAMA_8B, {}, undefined],
    ['plain experts', QWEN3_MOE, {}, 'plain'],
    ['AWQ', quantized(QWEN3_MOE, AWQ), {}, 'int4'],
    ['MXFP4', GPT_OSS_20B, {}, 'mxfp4'],
    ['FP8 while loading', QWEN3_MOE, { quantization: 'fp8' }, 'fp8'],
    ['attention alone', quantized(QWEN3_MOE, { ...AWQ, modules_to_not_convert: ['mlp'] }), {}, 'plain'],
    ['FP8 blocks', quantized(QWEN3_MOE, FP8_BLOCK), {}, 'fp8'],
    ['NVFP4', quantized(QWEN3_MOE, { quant_method: 'modelopt', quant_algo: 'NVFP4', group_size: 16 }), {}, 'nvfp4'],
    ['GPTQ in 8 bits', quantized(QWEN3_MOE, { ...GPTQ, bits: 8 }), {}, undefined],
    ['GPTQ', quantized(QWEN3_MOE, GPTQ), {}, 'int4'],
    ['INT8, weights and activations', QWEN3_MOE, { quantization: 'int8-w8a8' }, 'int8'],
    ['INT8 weights alone', QWEN3_MOE, { quantization: 'int8-weight-only' }, undefined],
    ['FP8 weights alone', QWEN3_MOE, { quantization: 'fp8-weight-only' }, undefined],
    ['GGUF', QWEN3_MOE, { quantization: 'gguf:Q4_K_M' }, undefined],
  ] as const)('of %s', (_, config, more, weights) => {
    const spec = { model: { config: config as Record<string, unknown> }, container: { family: 'vllm' }, ...more };
    expect(expertWeights(contextOf(spec as EndpointSpec))).toBe(weights);
  });
  test('of experts', () => {
    const context = (config: object, expertParallel = false) =>
      contextOf({
        model: { config: config as Record<string, unknown> },
        container: { family: 'vllm' },
        options: { expertParallel },
      });
    expect(expertShare(context(QWEN3_MOE), 4)).toBe(192);
    expect(expertShare(context(QWEN3_MOE, true), 4)).toBe(768);
    expect(expertShare(context(LLAMA_8B), 4)).toBeUndefined();
    expect(layers(QWEN3_MOE).some(({ kind }) => kind === 'expert')).toBe(true);
    expect(quantizesExperts(context(quantized(QWEN3_MOE, AWQ)))).toBe(true);
    expect(quantizesExperts(context(QWEN3_MOE))).toBe(false);
    expect(quantizesExperts(context(quantized(LLAMA_8B, AWQ)))).toBe(false);
  });
});
