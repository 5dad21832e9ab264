import fc from 'fast-check';
import { UnknownNameError } from '../../lib/errors';
import {
  ggufFileTypeNames,
  ggufTensorTypeNames,
  isSchemeName,
  parseScheme,
  resolveScheme,
  schemeNames,
} from '../../lib/scheme';

/** Every name of the endpoint spec. */
const NAMES = (
  'none fp16 bf16 fp32 awq gptq int4-rtn int8-weight-only int8-w8a8 int8-w8a8-static smoothquant fp8 fp8-static fp8-block ' +
  'fp8-weight-only neuron-int8 neuron-fp8 bitsandbytes-nf4 bitsandbytes-int8 mxfp4 nvfp4'
).split(' ');

describe('a scheme name', () => {
  test('is one of those of the endpoint spec', () => {
    expect([...schemeNames].sort()).toEqual([...NAMES].sort());
    for (const name of NAMES) expect(parseScheme(name)).toMatchObject({ name, origin: 'spec' });
  });

  test('may be any llama.cpp file type or tensor type', () => {
    for (const type of ggufFileTypeNames) expect(parseScheme(`gguf:${type}`).layout).toBe('gguf');
    for (const type of ggufTensorTypeNames) expect(parseScheme(`gguf-tensor:${type}`).ggufType).toBe(type);
    expect(parseScheme('gguf:Q4_K_M')).toMatchObject({ weightBits: 4, weightType: 'gguf', ggufType: 'Q4_K_M' });
    expect(parseScheme('gguf:BF16')).toMatchObject({ weightBits: 16, weightType: 'float' });
  });

  test.each([
    ['int4-rtn', { weightBits: 4, symmetric: false, groupSize: 128 }],
    ['gptq', { weightBits: 4, symmetric: true, groupSize: 128, layout: 'gptq' }],
    ['int8-weight-only', { weightBits: 8, activationBits: 16, groupSize: -1 }],
    ['smoothquant', { weightBits: 8, activationBits: 8, activationScales: 'dynamic-token' }],
    ['int8-w8a8-static', { activationScales: 'static-tensor' }],
    ['fp8', { weightType: 'fp8', groupSize: -1, activationScales: 'dynamic-token' }],
    ['fp8-static', { activationScales: 'static-tensor' }],
    ['fp8-block', { blockSize: [128, 128], activationScales: 'dynamic-group' }],
    ['fp8-weight-only', { activationBits: 16 }],
    ['mxfp4', { groupSize: 32, weightType: 'fp4' }],
    ['nvfp4', { groupSize: 16, activationBits: 4 }],
  ])('%s means what the endpoint spec says', (name, expected) => {
    expect(parseScheme(name)).toMatchObject(expected);
  });

  test('takes a group size where the scheme has groups to choose', () => {
    expect(parseScheme('awq', { groupSize: 64 }).groupSize).toBe(64);
    expect(parseScheme('gptq', { groupSize: -1 }).groupSize).toBe(-1);
    expect(parseScheme('mxfp4', { groupSize: 64 }).groupSize).toBe(32);
  });

  test.each([
    ['awk', 'awq'],
    ['AWQ', 'awq'],
    ['w8a8', 'int8-w8a8'],
    ['bnb', 'bitsandbytes-nf4'],
    ['smooth-quant', 'smoothquant'],
    ['gguf:Q4_K_N', 'gguf:Q4_K_M'],
    ['gguf:q4_k_m', 'gguf:Q4_K_M'],
    ['q8_0', 'gguf:Q8_0'],
    ['gguf:q3_k_l', 'gguf:Q3_K_L'],
    ['gguf:UD-Q4_K_XL', 'gguf:Q4_K_M'],
    ['gguf:Q6_K_L', 'gguf:Q6_K'],
    ['gguf:UD-IQ2_XXS', 'gguf:IQ2_XXS'],
    ['gguf-tensor:Q4K', 'gguf-tensor:Q4_K'],
  ])('%s proposes %s', (name, nearest) => {
    expect(() => parseScheme(name)).toThrow(
      expect.objectContaining({
        id: 'SCHEME_UNKNOWN',
        allowed: expect.stringContaining(nearest),
        fix: `use ${nearest}`,
        path: '/quantization',
      }),
    );
  });

  test.each([
    ['gguf:MXFP4', 'gguf:MXFP4_MOE'],
    ['gguf:Q3_K', 'gguf:Q3_K_M'],
    ['gguf:Q4_K', 'gguf:Q4_K_M'],
    ['q8', 'gguf:Q8_0'],
    ['gguf:NVFP5', 'gguf:NVFP4'],
  ])('%s was begun, or misspelt: %s comes first', (name, first) => {
    expect(() => parseScheme(name)).toThrow(expect.objectContaining({ fix: `use ${first}` }));
  });

  test.each(['', '__proto__', 'constructor', 'gguf:', 'gguf:constructor', 'gguf-tensor:__proto__', 'x'.repeat(5000)])(
    '%p is refused with a typed error',
    (name) => {
      expect(isSchemeName(name)).toBe(false);
      expect(() => parseScheme(name)).toThrow(UnknownNameError);
    },
  );

  test('of any text gives a scheme or a typed error', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.string().map((text) => `gguf:${text}`),
        ),
        (name) => {
          if (isSchemeName(name)) expect(parseScheme(name).name).toBe(name);
          else expect(() => parseScheme(name)).toThrow(UnknownNameError);
        },
      ),
      { seed: 7, numRuns: 500 },
    );
  });
});

test('a name of every object proposes no function', () => {
  for (const name of ['constructor', 'toString', '__proto__', 'hasOwnProperty'])
    expect(() => parseScheme(name)).toThrow(
      expect.objectContaining({ allowed: expect.not.stringContaining('function') }),
    );
});

describe('the file that llama-server loads', () => {
  const of = (environment: Record<string, string>, family: 'llama-cpp' | 'vllm' = 'llama-cpp') =>
    resolveScheme({ model: {}, container: { family }, environment }, undefined).name;

  test.each([
    [{ SM_LLAMA_CPP_HF_REPO: 'Qwen/Q-GGUF', SM_LLAMA_CPP_HF_FILE: 'qwen2.5-0.5b-instruct-q4_0.gguf' }, 'gguf:Q4_0'],
    [{ SM_LLAMA_CPP_MODEL: '/opt/ml/model/llama.IQ4_XS.gguf' }, 'gguf:IQ4_XS'],
    [{ SM_LLAMA_CPP_MODEL: '/opt/ml/model/Q8_0/llama-Q8_0-00001-of-00002.gguf' }, 'gguf:Q8_0'],
    [{ SM_LLAMA_CPP_HF_REPO: 'org/model-GGUF:q5_k_m' }, 'gguf:Q5_K_M'],
    [{ SM_LLAMA_CPP_HF_REPO: 'org/model-GGUF' }, 'gguf:Q4_K_M'],
    [{ LLAMA_ARG_HF_REPO: 'ggml-org/gpt-oss-20b-GGUF:mxfp4' }, 'none'],
    [{ SM_LLAMA_CPP_HF_REPO: 'org/model-GGUF', SM_LLAMA_CPP_HF_FILE: 'model.gguf' }, 'none'],
    [{ SM_LLAMA_CPP_HF_REPO: 'org/model-GGUF:UD-Q4_K_XL' }, 'none'],
    [{ SM_LLAMA_CPP_HF_REPO: 'org/model' }, 'none'],
  ])('%j names its type', (environment, scheme) => {
    expect(of(environment)).toBe(scheme);
  });

  test('is of llama-server alone, and says less than the spec', () => {
    const environment = { SM_LLAMA_CPP_HF_FILE: 'model-Q4_K_M.gguf' };
    expect(of(environment, 'vllm')).toBe('none');
    const spec = { model: {}, container: { family: 'llama-cpp' as const }, environment, quantization: 'gguf:Q8_0' };
    expect(resolveScheme(spec, undefined).name).toBe('gguf:Q8_0');
  });
});
