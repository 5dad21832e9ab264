import { GEMMA2_2B, GEMMA_4, LLAMA_8B, type Json } from '../../lib/rules/helpers/samples';
import { alone } from './own-findings';

const RULE = 'HEAD_SIZE_EXCEEDS_SHARED_MEMORY';
const endpoint = (config: Json, dtype: string, instanceType = 'ml.g4dn.12xlarge', version = '0.26.0') => ({
  ...{ model: { config }, container: { family: 'vllm', version }, instanceType },
  options: { maxModelLen: 2048, dtype, tensorParallelSize: 4 },
});
const HEADS_OF_256: Json = { ...LLAMA_8B, head_dim: 256 };

describe(RULE, () => {
  test('heads of 512 fit in no dtype', () => {
    expect(alone(RULE, endpoint(GEMMA_4, 'float16'))).toMatchObject([
      { got: '81,920 bytes for 65,536 on ml.g4dn.12xlarge (T4, 7.5)', path: '/instanceType' },
    ]);
    expect(alone(RULE, endpoint(GEMMA_4, 'float16'))[0].severity).toBeUndefined();
  });
  test('heads of 256 fit in 16 bits', () => {
    expect(alone(RULE, endpoint(HEADS_OF_256, 'float16'))).toEqual([]);
    expect(alone(RULE, endpoint(HEADS_OF_256, 'float32'))[0].severity).toBeUndefined();
  });
  test('is a warning where nobody asked for float32', () => {
    expect(alone(RULE, endpoint(GEMMA2_2B, 'auto'))).toMatchObject([{ severity: 'warning' }]);
  });
  test.each([
    [GEMMA_4, 'ml.p3.8xlarge', '0.26.0'],
    [GEMMA_4, 'ml.g5.12xlarge', '0.26.0'],
    [GEMMA_4, 'ml.g4dn.12xlarge', '0.12.0'],
    [LLAMA_8B, 'ml.g4dn.12xlarge', '0.26.0'],
  ])('%# has nothing to say', (config, instanceType, version) => {
    expect(alone(RULE, endpoint(config, 'float16', instanceType, version))).toEqual([]);
  });
});
