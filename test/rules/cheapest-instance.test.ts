import { priceKey } from '../../lib/hardware/prices';
import { setPrices } from '../../lib/plan';
import { LLAMA_70B } from '../../lib/rules/helpers/samples';
import { findingOf, spec } from './own-findings';

/** 500 GiB of weights: the Grace Blackwell on which they fit at the lowest price is offered in no region that the data knows. */
const large = (parts: object = {}) =>
  findingOf(
    'WEIGHTS_DO_NOT_FIT',
    spec(
      {
        container: { family: 'vllm' },
        instanceType: 'ml.p5.48xlarge',
        options: { maxModelLen: 4096, tensorParallelSize: 8 },
        ...parts,
      },
      {
        config: {
          ...LLAMA_70B,
          hidden_size: 16_384,
          intermediate_size: 53_248,
          num_attention_heads: 128,
          num_hidden_layers: 100,
        },
      },
    ),
  )?.fix;

describe('the instance that a fix proposes', () => {
  test('is offered in the region, whatever was checked before', () => {
    const anywhere = large();
    expect(anywhere).toMatch(/^use ml\.p6e-gb200/);
    expect(large({ region: 'us-east-1' })).toBe('use ml.g7e.48xlarge with tensorParallelSize 8');
    expect(large()).toBe(anywhere);
  });

  test('is none in a region that nobody knows', () => {
    expect(large({ region: 'eu-west-9' })).toMatch(/^quantize to fewer bits/);
  });

  test('leaves room beside the weights where nobody knows what the server takes', () => {
    const onT4 = (container?: object) =>
      findingOf(
        'WEIGHTS_DO_NOT_FIT',
        spec({
          container,
          instanceType: 'ml.g4dn.xlarge',
          region: 'us-east-1',
          options: { maxModelLen: 4096, dtype: 'float16' },
        }),
      )?.fix;
    expect(onT4()).toBe('use ml.g6.xlarge');
    expect(onT4({ family: 'custom', image: '123456789012.dkr.ecr.us-east-1.amazonaws.com/server:1' })).toBe(
      'use ml.g6.xlarge',
    );
  });

  test('is one on which the container runs', () => {
    const cores = {
      container: { family: 'hf-vllm-neuron' },
      instanceType: 'ml.inf2.8xlarge',
      options: { tensorParallelSize: 24 },
    };
    expect(findingOf('NEURON_CORES_EXCEEDED', spec(cores))?.fix).toMatch(/^use ml\.(inf2|trn1)/);
    const tooMany = { ...cores, options: { tensorParallelSize: 512 } };
    expect(findingOf('NEURON_CORES_EXCEEDED', spec(tooMany))?.fix).toBe('set tensorParallelSize to 2');
  });

  describe('is the cheapest', () => {
    const tooSmall = () =>
      findingOf(
        'ACCELERATORS_EXCEEDED',
        spec({
          container: { family: 'vllm' },
          instanceType: 'ml.g5.2xlarge',
          region: 'us-east-1',
          options: { tensorParallelSize: 4 },
        }),
      )?.fix;
    afterEach(() => setPrices(undefined));

    test('by the prices that the package ships', () => {
      expect(tooSmall()).toBe('use ml.g5.12xlarge, or set tensorParallelSize to at most 1');
    });

    test('by fetched prices, where there are any, and no longer than there are', () => {
      const cheap = { usdPerHour: 0.01, region: 'us-east-1', date: '2026-01-01', source: 'test' };
      setPrices(new Map([[priceKey('ml.g5.24xlarge', 'us-east-1'), cheap]]));
      expect(tooSmall()).toBe('use ml.g5.24xlarge, or set tensorParallelSize to at most 1');
      setPrices(undefined);
      expect(tooSmall()).toBe('use ml.g5.12xlarge, or set tensorParallelSize to at most 1');
    });
  });
});
