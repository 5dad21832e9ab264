import { resolveEndpoint } from '../../lib/endpoint/resolve';
import { findModelConfig } from '../../lib/model';
import { makePlan, type Plan } from '../../lib/plan';
import type { EndpointSpec } from '../../lib/spec/types';

const QWEN = findModelConfig('Qwen/Qwen3.5-27B');
const NEMOTRON = findModelConfig('nvidia/NVIDIA-Nemotron-3-Nano-30B-A3B-BF16');

/** Tokens in a cache of so many GiB on each of two GPUs. */
function plan(version: string, gib: number, rest: Partial<EndpointSpec>, config = QWEN): Plan {
  const { options, ...others } = rest;
  return makePlan(
    resolveEndpoint({
      model: { config },
      container: { family: 'vllm', version },
      instanceType: 'ml.g7e.12xlarge',
      options: { tensorParallelSize: 2, kvCacheDtype: 'fp8', maxNumBatchedTokens: 8192, maxNumSeqs: 2, ...options },
      environment: { SM_VLLM_KV_CACHE_MEMORY_BYTES: String(Math.round(gib * 2 ** 30)) },
      ...others,
    }),
  );
}

const tokens = (...asked: Parameters<typeof plan>) => plan(...asked).kvCacheTokens ?? 0;
const concurrency = (...asked: Parameters<typeof plan>) => plan(...asked).maxConcurrency ?? 0;

const error = (planned: number, logged: number) => Math.abs(planned / logged - 1);

describe('the states of recurrent layers in vLLM’s cache', () => {
  const cached = { enablePrefixCaching: true, maxModelLen: 262_144 };
  const speculative = { method: 'mtp', tokens: 3 };

  test('are two for each sequence with prefix caching, as a log of 0.27 says', () => {
    // https://github.com/mitchross/talos-argocd-proxmox/pull/1995
    const options = { ...cached, maxModelLen: 131_072 };
    expect(error(tokens('0.27.1', 4.99, { options }), 302_921)).toBeLessThan(0.005);
  });

  test('are one more for each token guessed ahead, and larger by it, as logs of 0.24 say', () => {
    // https://github.com/noonghunna/club-3090/issues/642 and https://github.com/noonghunna/club-3090/pull/594
    expect(error(tokens('0.24.0', 11.05, { options: cached, speculative }), 623_873)).toBeLessThan(0.005);
    expect(error(tokens('0.24.0', 5.33, { options: cached, speculative }), 300_220)).toBeLessThan(0.005);
  });

  test('were one for each sequence before 0.16, whatever is guessed', () => {
    const options = { maxModelLen: 262_144, enablePrefixCaching: false };
    const drafted = concurrency('0.13.0', 11, { options, speculative });
    const later = concurrency('0.16.0', 11, { options, speculative });
    // 164 blocks of tokens, and three tables of states: one block in each, later four.
    expect(later / drafted).toBeCloseTo((164 + 3) / (164 + 3 * 4), 4);
  });

  test('grow with what is guessed in Mamba 2 since 0.18 only', () => {
    const options = { maxModelLen: 65_536, enablePrefixCaching: false };
    const guessed = { method: 'ngram', tokens: 200 };
    const of = (version: string) =>
      tokens(version, 11, { options, speculative: guessed }, NEMOTRON) / tokens(version, 11, { options }, NEMOTRON);
    expect(of('0.18.0')).toBeLessThan(of('0.16.0'));
  });

  test('do not follow a draft whose number of tokens is not said', () => {
    const options = { ...cached, maxModelLen: 65_536 };
    expect(tokens('0.24.0', 11, { options, speculative: { method: 'ngram' } })).toBe(tokens('0.24.0', 11, { options }));
  });
});
