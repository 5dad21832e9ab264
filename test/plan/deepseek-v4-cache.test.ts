import { resolveEndpoint } from '../../lib/endpoint/resolve';
import { describeModel, findModelConfig } from '../../lib/model';
import { makePlan } from '../../lib/plan';
import { selectionOf } from '../../lib/plan/weights/selection';
import { parseScheme } from '../../lib/scheme';
import type { ServingOptions } from '../../lib/spec/types';

const FLASH = findModelConfig('deepseek-ai/DeepSeek-V4-Flash');
const planned = (version: string, gib: number, options: ServingOptions, rest: object = {}) =>
  makePlan(
    resolveEndpoint({
      model: { config: FLASH },
      container: { family: 'vllm', version },
      instanceType: 'ml.p5en.48xlarge',
      options: { tensorParallelSize: 2, kvCacheDtype: 'fp8', maxNumBatchedTokens: 8192, ...options },
      environment: { SM_VLLM_KV_CACHE_MEMORY_BYTES: String(Math.round(gib * 2 ** 30)) },
      ...rest,
    }),
  );

describe('vLLM’s cache of DeepSeek V4', () => {
  test('is mostly of what is being compressed, as a log of 0.23 says', () => {
    // 32.08 GiB, 90,841 tokens. A figure from the compressed entries alone would be seven times that.
    const { kvCacheTokens, maxConcurrency } = planned('0.23.0', 32.08, { maxModelLen: 4096, enforceEager: true });
    expect(Math.abs((kvCacheTokens ?? 0) / 90_841 - 1)).toBeLessThan(0.001);
    expect(maxConcurrency).toBeCloseTo(90_841 / 4096, 1);
  });

  test('keeps the tokens of two steps from 0.26 on, as a log of H20 says', () => {
    // https://github.com/vllm-project/vllm/issues/51041: 7.7 GiB, about 150 thousand tokens.
    const { kvCacheTokens } = planned('0.26.0', 7.7, { maxModelLen: 121_344 });
    expect(Math.abs((kvCacheTokens ?? 0) / 150_000 - 1)).toBeLessThan(0.01);
  });

  test('was counted in the smallest blocks before 0.20.2', () => {
    // 13.3 GiB of five tables whose blocks take 1,039,680 bytes together.
    const blocks = Math.floor((13.3 * 2 ** 30) / 1_039_680);
    expect(planned('0.20.0', 13.3, { maxModelLen: 65_536 }).kvCacheTokens).toBe(Math.floor(blocks / 5) * 4);
  });

  test('needs less of a block, and more blocks are counted, once tables are packed', () => {
    const older = planned('0.28.0', 20, { maxModelLen: 121_344 });
    const newer = planned('0.30.0', 20, { maxModelLen: 121_344 });
    // Blocks of the largest table instead of the most pages of each size; a sequence's counted one by one.
    expect((newer.maxConcurrency ?? 0) / (older.maxConcurrency ?? 1)).toBeCloseTo(
      (1_039_680 / 1_002_240) * (6391 / (474 + 2 * 259 + 4099 + 2065)),
      2,
    );
  });

  test.each(['0.22.0', '0.28.0', '0.30.0'])('lets %s start with a context that its own check lets pass', (version) => {
    const options = { maxModelLen: 30_000, maxNumBatchedTokens: 16_384 };
    const { largestMaxModelLen } = planned(version, 7.7, options);
    const fits = (maxModelLen: number) => (planned(version, 7.7, { ...options, maxModelLen }).maxConcurrency ?? 0) >= 1;
    expect(fits(largestMaxModelLen ?? 0)).toBe(true);
  });

  test('counts every block at its largest when it checks that one sequence fits', () => {
    // https://github.com/vllm-project/vllm/issues/44376: 5.44 GiB; “the estimated maximum model length is 13528”, and 30,000 need 6.66 GiB.
    const largest = (gib: number) =>
      planned('0.22.0', gib, { maxModelLen: 30_000, maxNumBatchedTokens: 16_384 }).largestMaxModelLen ?? 0;
    expect(Math.abs(largest(5.44) / 13_528 - 1)).toBeLessThan(0.002);
    expect(largest(6.655)).toBeLessThan(30_000);
    expect(largest(6.665)).toBeGreaterThan(30_000);
  });

  test('holds one more window with a draft of the model’s own', () => {
    const speculative = { method: 'mtp', tokens: 1 };
    const drafted = planned('0.23.0', 32.08, { maxModelLen: 4096 }, { speculative });
    const alone = planned('0.23.0', 32.08, { maxModelLen: 4096 });
    expect(drafted.maxConcurrency ?? 0).toBeLessThan(alone.maxConcurrency ?? 0);
  });
});

describe('what vLLM keeps of a step of DeepSeek V4', () => {
  const memory = (version: string, options: ServingOptions) =>
    makePlan(
      resolveEndpoint({
        model: { config: FLASH },
        container: { family: 'vllm', version },
        instanceType: 'ml.p5en.48xlarge',
        options: { tensorParallelSize: 8, kvCacheDtype: 'fp8', maxModelLen: 8192, ...options },
      }),
    ).memory;
  const STREAMS = 4 * 4096 * 2;
  const CHOICES = 512 * 4;

  // A log of V4 Pro in 0.20.2: 0.43 GiB less for 512 tokens than for 8,192.
  test.each([
    ['0.20.2', STREAMS + CHOICES],
    ['0.27.0', STREAMS + CHOICES],
    ['0.28.0', CHOICES],
  ])('%s has buffers beside the weights, of %i bytes a token', (version, bytes) => {
    const more =
      memory(version, { maxNumBatchedTokens: 8192 }).weights! - memory(version, { maxNumBatchedTokens: 512 }).weights!;
    expect(Math.abs(more - (8192 - 512) * bytes)).toBeLessThan(2 * 2 ** 20);
  });

  test('has what compresses in 16 bits, whatever the rest is in', () => {
    const [sparse, heavy] = [21, 20];
    const elements = sparse * (2 * 1024 + 2 * 256 + 64) * 4096 + heavy * 2 * 512 * 4096;
    const model = describeModel(FLASH);
    const compressors = model.weights.filter(({ name }) => /compressor\..*(kv|gate|weights)_proj/.test(name));
    expect(compressors.reduce((sum, group) => sum + group.elements, 0)).toBe(elements);
    expect(compressors.filter((group) => selectionOf(model, parseScheme('fp8-block')).quantizes(group, 2))).toEqual([]);
  });

  test('computes its experts in Marlin’s room on Hopper, where contexts are not longer', () => {
    const short = memory('0.20.2', { maxNumBatchedTokens: 8192 }).activations!;
    const small = memory('0.20.2', { maxNumBatchedTokens: 4096 }).activations!;
    const experts = 6 * (4096 + 4096) * 2;
    const states = 1.28 * 4096 * 2;
    expect(short - small).toBeCloseTo(4096 * (experts + states), -1);
    const long = memory('0.20.2', { maxNumBatchedTokens: 512, maxModelLen: 1_000_000, maxNumSeqs: 8 }).activations!;
    expect(long).toBeGreaterThan(10 * 1_000_000 * 132);
  });
});
