import { resolveEndpoint } from '../../lib/endpoint/resolve';
import { compareWithMeasured, makePlan, readEngineLog, readMeasured } from '../../lib/plan';

const GIB = 2 ** 30;

describe("an engine's start-up log", () => {
  test('of vLLM 0.7 gives weights, activations, runtime, cache and tokens', () => {
    expect(
      readEngineLog(`
INFO model_runner.py:1115] Loading model weights took 14.9888 GB
INFO worker.py:267] model weights take 14.99GiB; non_torch_memory takes 0.05GiB; PyTorch activation peak memory takes 0.22GiB; the rest of the memory reserved for KV Cache is 4.60GiB.
INFO executor_base.py:108] # CUDA blocks: 2356, # CPU blocks: 2048
INFO executor_base.py:113] Maximum concurrency for 131072 tokens per request: 0.29x`),
    ).toEqual({
      weights: 14.99 * GIB,
      runtime: 0.05 * GIB,
      activations: 0.22 * GIB,
      kvCache: 4.6 * GIB,
      kvCacheTokens: 37_696,
      maxConcurrency: 0.29,
    });
  });

  test('of vLLM 0.30 gives the same, graphs too', () => {
    expect(
      readEngineLog(`
INFO [model_runner.py:407] Model loading took 15.0 GiB memory and 5.420225 seconds
INFO [gpu_worker.py:692] Available KV cache memory: 56.21 GiB
INFO [kv_cache_utils.py:2464] GPU KV cache size: 460,496 tokens, Maximum concurrency for 131,072 tokens per request: 3.51x
INFO [gpu_model_runner.py:6913] Graph capturing finished in 26 secs, took 0.23 GiB`),
    ).toEqual({
      weights: 15 * GIB,
      kvCache: 56.21 * GIB,
      kvCacheTokens: 460_496,
      maxConcurrency: 3.51,
      graphs: 0.23 * GIB,
    });
  });

  test('of llama.cpp gives its buffers', () => {
    expect(
      readEngineLog(
        'load_tensors:        CUDA0 model buffer size =  3820.93 MiB\nllama_kv_cache: CUDA0 KV buffer size = 2048.00 MiB',
      ),
    ).toEqual({ weights: 3820.93 * 2 ** 20, kvCache: 2 * GIB });
  });

  test('of a server that started twice gives the last start', () => {
    expect(readEngineLog('Model loading took 1.0 GiB\nModel loading took 2.0 GiB').weights).toBe(2 * GIB);
  });

  test('without figures is refused by name', () => {
    expect(() => readMeasured('nothing here', 'a.log')).toThrow(expect.objectContaining({ id: 'MEASURED_UNREADABLE' }));
    expect(() => readMeasured('{"memory": {"weights": "much"}}', 'a.json')).toThrow(
      expect.objectContaining({ id: 'MEASURED_UNREADABLE' }),
    );
    expect(() => readMeasured('{ no', 'a.json')).toThrow(expect.objectContaining({ id: 'MEASURED_UNREADABLE' }));
  });
});

test("measurements in a plan's own shape are read", () => {
  expect(
    readMeasured(
      '{"memory":{"weights":5},"kvCacheTokens":7,"estimate":{"interTokenMs":9,"bound":"compute"}}',
      'm.json',
    ),
  ).toEqual({ weights: 5, kvCacheTokens: 7, interTokenMs: 9 });
});

test('a figure stands beside its measurement with how far it is off', () => {
  const plan = makePlan(resolveEndpoint({ model: {}, instanceType: 'ml.g5.2xlarge' }));
  const known = { ...plan, memory: { ...plan.memory, weights: 110 }, kvCacheTokens: 90 };
  expect(compareWithMeasured(known, { weights: 100, kvCacheTokens: 100, interTokenMs: 5, maxConcurrency: 0 })).toEqual([
    { figure: 'weights', predicted: 110, measured: 100, relativeError: expect.closeTo(0.1) as number },
    { figure: 'kvCacheTokens', predicted: 90, measured: 100, relativeError: expect.closeTo(-0.1) as number },
    { figure: 'maxConcurrency', predicted: null, measured: 0, relativeError: null },
    { figure: 'interTokenMs', predicted: null, measured: 5, relativeError: null },
  ]);
});
