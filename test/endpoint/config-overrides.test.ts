import { overriddenConfig } from '../../lib/endpoint/config-overrides';
import { resolveEndpoint } from '../../lib/endpoint/resolve';
import { check } from '../../lib/rules';
import { LLAMA_8B } from '../../lib/rules/helpers/samples';
import { readSpec } from '../../lib/spec';

const QWEN = { ...LLAMA_8B, max_position_embeddings: 40_960, rope_scaling: null };
const YARN = { rope_type: 'yarn', factor: 4, original_max_position_embeddings: 32_768 };

const rulesOf = (spec: object) => check(spec).findings.map(({ rule }) => rule);
const served = (environment: Record<string, string>, family = 'vllm') => ({
  model: { config: QWEN },
  container: { family },
  instanceType: 'ml.g6e.2xlarge',
  endpoint: { inferenceAmiVersion: 'al2023-ami-sagemaker-inference-gpu-4-1' },
  options: { maxModelLen: 131_072, tensorParallelSize: 1 },
  environment,
});

describe('a config whose positions a variable replaces', () => {
  const overrides = JSON.stringify({ rope_scaling: YARN });

  test.each([
    ['vllm', 'SM_VLLM_HF_OVERRIDES'],
    ['lmi', 'OPTION_HF_OVERRIDES'],
    ['sglang', 'SM_SGLANG_JSON_MODEL_OVERRIDE_ARGS'],
  ])('may be served longer than it was trained for by %s', (family, variable) => {
    expect(rulesOf(served({}, family))).toContain('CONTEXT_EXCEEDS_MODEL');
    expect(rulesOf(served({ [variable]: overrides }, family))).toEqual([]);
  });

  test('may stand in the single quotes that some images need', () => {
    const quoted = served({ SM_VLLM_HF_OVERRIDES: `'${overrides}'` });
    expect(rulesOf({ ...quoted, container: { family: 'vllm', version: '0.22.1' } })).toEqual([]);
  });

  test('may be extended by the argument of its own that vLLM had for it up to 0.11.0', () => {
    const scaled = served({ SM_VLLM_ROPE_SCALING: JSON.stringify(YARN) });
    const by = (version: string) => rulesOf({ ...scaled, container: { family: 'vllm', version } });
    expect(by('0.8.5')).not.toContain('CONTEXT_EXCEEDS_MODEL');
    expect(by('0.11.0')).not.toContain('CONTEXT_EXCEEDS_MODEL');
    expect(by('0.11.1')).toContain('CONTEXT_EXCEEDS_MODEL');
    expect(rulesOf(served({ SM_SGLANG_ROPE_SCALING: JSON.stringify(YARN) }, 'sglang'))).toContain(
      'CONTEXT_EXCEEDS_MODEL',
    );
  });

  test('is the longest context of the plan, too', () => {
    const { spec } = readSpec({ ...served({ SM_VLLM_HF_OVERRIDES: overrides }), options: { tensorParallelSize: 1 } });
    expect(spec && resolveEndpoint(spec).options.maxModelLen).toBe(131_072);
  });

  test('is itself where nothing replaces any', () => {
    for (const value of ['{"architectures":["X"]}', '{"rope_scaling":', '[]', 'null', '', '"text"'])
      expect(overriddenConfig(QWEN, { SM_VLLM_HF_OVERRIDES: value })).toBe(QWEN);
    expect(overriddenConfig(QWEN, undefined)).toBe(QWEN);
    expect(overriddenConfig(QWEN, { NOT_HF_OVERRIDES_AT_ALL: overrides })).toBe(QWEN);
  });

  test('keeps everything else of a text part, and is not changed in place', () => {
    const config = { model_type: 'x', text_config: { hidden_size: 64, rope_theta: 1 }, vision_config: 'none' };
    const replaced = overriddenConfig(config, {
      SM_VLLM_HF_OVERRIDES: JSON.stringify({ text_config: { rope_theta: 2, hidden_size: 1 }, vision_config: {} }),
    });
    expect(replaced).toEqual({ ...config, text_config: { hidden_size: 64, rope_theta: 2 } });
    expect(config.text_config.rope_theta).toBe(1);
  });
});

describe('a config whose own scaling extends its positions', () => {
  const extended = { ...QWEN, max_position_embeddings: 32_768 };
  test.each([
    ['rope_scaling', { rope_scaling: YARN }],
    ['rope_parameters', { rope_scaling: undefined, rope_parameters: YARN }],
  ])('is planned and checked to its full length (%s)', (_, scaling) => {
    expect(rulesOf({ ...served({}), model: { config: { ...extended, ...scaling } } })).toEqual([]);
  });
});
