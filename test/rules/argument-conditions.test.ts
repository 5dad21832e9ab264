import { resolveEndpoint } from '../../lib/endpoint/resolve';
import { ruleContext } from '../../lib/rules/evaluate';
import { holds, optionName, referred, setting, valueOf } from '../../lib/rules/helpers/argument-conditions';
import { conflictsOfArgument, conflictsOfOptions, type Condition } from '../../lib/rules/helpers/argument-conflicts';
import { argumentsOf, isLeftAlone, jsonObject, passedOn } from '../../lib/rules/helpers/passed-on';
import { BERT, DEEPSEEK_V3, INTERNVL_26B, LLAMA_8B } from '../../lib/rules/helpers/samples';
import type { EndpointSpec } from '../../lib/spec/types';

const endpoint = (environment: Record<string, string>, more: Partial<EndpointSpec> = {}) =>
  ruleContext(
    resolveEndpoint({
      model: { config: LLAMA_8B },
      container: { family: 'vllm', version: '0.30.0' },
      environment,
      ...more,
    }),
  );

const given = (values: Readonly<Record<string, string>>) =>
  new Map(
    Object.entries(values).map(([argument, value]) => [
      argument,
      { variable: `SM_VLLM_${argument}`, argument, value, kind: 'value' as const },
    ]),
  );

/** Does a condition hold of an argument `a` with this value? undefined: nobody sets it. */
const of = (
  value: string | undefined,
  test: string,
  against?: Condition[2],
  more: Readonly<Record<string, string>> = {},
) => holds(endpoint({}), given(value === undefined ? more : { a: value, ...more }), ['a', test, against]);
/** Of a field of its JSON. */
const field = (value: unknown, test: string, against?: Condition[2]) =>
  holds(endpoint({}), given({ a: JSON.stringify({ f: value }) }), ['a:f', test, against]);

const TOKEN = '${Token[TOKEN.1]}';

describe('a condition of an argument', () => {
  test.each<[string, string | undefined, boolean]>([
    ['set', 'x', true],
    ['set', '', false],
    ['set', TOKEN, false],
    ['set', undefined, false],
    ['unset', undefined, true],
    ['unset', '', false],
    ['on', 'true', true],
    ['on', ' True ', true],
    ['on', '', true],
    ['on', '1', false],
    ['on', 'false', false],
    ['on', 'untrue', false],
    ['on', 'truely', false],
    ['on', TOKEN, false],
    ['on', undefined, false],
    ['off', 'False', true],
    ['off', 'true', false],
    ['off', '', false],
    ['off', 'falsehood', false],
    ['off', 'not false', false],
    ['off', undefined, false],
    ['notOn', undefined, true],
    ['notOn', 'false', true],
    ['notOn', 'true', false],
    ['notOn', '', false],
    ['isText', 'x', true],
    ['isText', undefined, false],
  ])('%s, with %p: %p', (test_, value, expected) => {
    expect(of(value, test_)).toBe(expected);
  });

  test.each<[string, string | undefined, readonly string[] | string, boolean]>([
    ['in', 'x', ['x', 'y'], true],
    ['in', 'z', ['x', 'y'], false],
    ['in', undefined, ['undefined'], false],
    ['notIn', 'z', ['x', 'y'], true],
    ['notIn', 'x', ['x', 'y'], false],
    ['notIn', '', ['x', 'y'], false],
    ['notIn', TOKEN, ['x', 'y'], false],
    ['notIn', undefined, ['x', 'y'], false],
    ['notInOrUnset', undefined, ['x'], true],
    ['notInOrUnset', 'z', ['x'], true],
    ['notInOrUnset', 'x', ['x'], false],
    ['notInOrUnset', TOKEN, ['x'], false],
    ['startsWith', 's3://b', 's3://', true],
    ['startsWith', 'x s3://', 's3://', false],
    ['startsWith', undefined, 'undefined', false],
    ['contains', 'a:b', ':', true],
    ['contains', 'ab', ':', false],
    ['contains', undefined, 'undefined', false],
    ['unlike', 'none', '^[+-]', true],
    ['unlike', '+rms', '^[+-]', false],
    ['unlike', 'ALL', '^all$', false],
    ['unlike', undefined, '^[+-]', false],
    ['keysNotIn', '{"image":1}', ['image'], false],
    ['keysNotIn', '{"image":1,"pictures":1}', ['image'], true],
    ['keysNotIn', 'pictures', ['image'], false],
  ])('%s, with %p against %j: %p', (test_, value, against, expected) => {
    expect(of(value, test_, against)).toBe(expected);
  });

  test.each<[string, string | undefined, Condition[2], boolean]>([
    ['over', '5', 4, true],
    ['over', '4', 4, false],
    ['over', 'x', 4, false],
    ['over', '', -1, false],
    ['over', undefined, -1, false],
    ['notOver', '4', 4, true],
    ['notOver', '5', 4, false],
    ['notOver', undefined, 4, true],
    ['under', '3', 4, true],
    ['under', '4', 4, false],
    ['differs', '3', 4, true],
    ['differs', '4', 4, false],
    ['differs', 'x', 4, false],
    ['differs', '4', { of: 'b' }, false],
    ['differs', '4', { of: 'c' }, true],
    ['over', '5', { of: 'b', default: 4 }, true],
    ['over', '9', { of: 'c', default: 4 }, false],
    ['over', '11', { of: 'c', default: 4 }, true],
    ['indivisible', '10', 4, true],
    ['indivisible', '8', 4, false],
    ['indivisible', '8', 0, false],
    ['indivisible', 'x', 4, false],
  ])('%s, with %p against %j where c is 10: %p', (test_, value, against, expected) => {
    expect(of(value, test_, against, { c: '10' })).toBe(expected);
  });

  test('reads what JSON says as it stands there', () => {
    expect([field(true, 'on'), field(false, 'on'), field(false, 'off'), field(true, 'off')]).toEqual([
      true,
      false,
      true,
      false,
    ]);
    expect([field(null, 'unset'), field(0, 'unset'), field(null, 'set'), field(0, 'set')]).toEqual([
      true,
      false,
      false,
      true,
    ]);
    expect([field(5, 'over', 4), field('5', 'over', 4), field(false, 'under', 4)]).toEqual([true, true, false]);
    expect([field(['+a', 'b'], 'unlike', '^[+-]'), field(['+a', 3], 'unlike', '^[+-]')]).toEqual([true, false]);
    expect([field('x', 'isText'), field(3, 'isText')]).toEqual([true, false]);
    expect(holds(endpoint({}), given({ a: 'no JSON' }), ['a:f', 'unset'])).toBe(true);
  });

  test('finds an argument by any of its names, the first that is set', () => {
    const set = given({ tp: '2', 'tp-size': '4' });
    expect(setting(set, 'tensor-parallel-size|tp-size|tp')?.value).toBe('4');
    expect(setting(set, 'tp|tp-size')?.value).toBe('2');
    expect(setting(set, 'tp:field')?.value).toBe('2');
    expect(setting(set, 'size|degree')).toBeUndefined();
    expect(referred({ of: 'tp' })).toEqual(['tp']);
    expect([referred(4), referred('x'), referred(undefined), referred(['of'])]).toEqual([[], [], [], []]);
  });
});

describe('what a condition asks of an endpoint', () => {
  const asked = (operand: string, more: Partial<EndpointSpec> = {}, environment: Record<string, string> = {}) =>
    valueOf(endpoint(environment, more), new Map(), operand);
  const model = (config: object) => ({ model: { config: config as Record<string, unknown> } });

  test('is an option, by its name in a spec', () => {
    expect(asked('@maxModelLen', { options: { maxModelLen: 4096 } })).toBe(4096);
    expect(asked('@tokensOfStep', { options: { maxNumBatchedTokens: 512 } })).toBe(512);
    expect(asked('@enableLora', { options: { enableLora: true } })).toBe('true');
    expect(asked('@nobody')).toBeUndefined();
    expect([optionName('@tokensOfStep'), optionName('@sm'), optionName('a')]).toEqual([
      'maxNumBatchedTokens',
      undefined,
      undefined,
    ]);
  });

  test('is the GPU, or the kind of model', () => {
    expect(asked('@sm', { instanceType: 'ml.g5.xlarge' })).toBe(86);
    expect(asked('@sm')).toBeUndefined();
    expect([asked('@multimodal'), asked('@multimodal', model(INTERNVL_26B))]).toEqual(['false', 'true']);
    expect([asked('@encoder'), asked('@encoder', model(BERT))]).toEqual(['false', 'true']);
    for (const operand of ['@multimodal', '@encoder', '@latent'])
      expect(asked(operand, { model: { id: 'a/b' } })).toBeUndefined();
  });

  test('is latent attention, where vLLM is sure to use it', () => {
    expect([asked('@latent'), asked('@latent', model(DEEPSEEK_V3))]).toEqual(['false', 'true']);
    expect(asked('@latent', model(DEEPSEEK_V3), { VLLM_MLA_DISABLE: '1' })).toBeUndefined();
    expect(asked('@latent', model({ ...LLAMA_8B, kv_lora_rank: 256 }))).toBeUndefined();
    expect(asked('@latent', model({ ...DEEPSEEK_V3, model_type: 'my_deepseek_v3' }))).not.toBe('true');
    expect(asked('@latent', model({ ...DEEPSEEK_V3, model_type: 'deepseek_v3_mine' }))).not.toBe('true');
  });

  test('is the tokens of all sequences, with what is guessed for each', () => {
    const speculation = { SM_VLLM_SPECULATIVE_CONFIG: '{"method":"ngram","num_speculative_tokens":4}' };
    expect(asked('@tokensOfSequences', { options: { maxNumSeqs: 10 } }, speculation)).toBe(50);
    expect(asked('@tokensOfSequences', { options: { maxNumSeqs: 10 } })).toBeUndefined();
    expect(asked('@tokensOfSequences', {}, speculation)).toBe(256 * 5);
  });
});

describe('conditions are found', () => {
  test('by the argument that they look at first, under each of its names, or by an option', () => {
    const [first] = conflictsOfArgument('vllm', 'kv-transfer-config');
    expect(first.all[0][0]).toMatch(/^kv-transfer-config/);
    const aliased = conflictsOfArgument('sglang', 'enable-eplb');
    expect(aliased.length).toBeGreaterThan(0);
    for (const { all } of conflictsOfOptions('vllm')) expect(all[0][0]).toMatch(/^@/);
    expect(conflictsOfArgument('vllm', 'enable-eplb')).not.toEqual(aliased);
    expect(conflictsOfArgument('vllm', 'nobody')).toEqual([]);
    expect(conflictsOfOptions('tensorrt-llm')).toEqual([]);
    expect(conflictsOfArgument('tensorrt-llm', 'kv-transfer-config')).toEqual([]);
  });
});

describe('variables that become arguments', () => {
  const names = (container: EndpointSpec['container'], environment: Record<string, string>) =>
    passedOn(endpoint(environment, { container })).map(({ argument, value }) => `${argument}=${value}`);

  test('are those of the container’s namespace that the server knows', () => {
    const environment = { SM_VLLM_MAX_NUM_SEQS: '8', SM_VLLM_NOBODY: '1', HF_TOKEN: 'x', OPTION_MAX_NUM_SEQS: '4' };
    expect(names({ family: 'vllm', version: '0.30.0' }, environment)).toEqual(['max-num-seqs=8']);
    expect(names({ family: 'sglang', version: '0.5.20' }, { SM_SGLANG_PAGE_SIZE: '16' })).toEqual(['page-size=16']);
  });

  test('reach a command line in LMI from vLLM 0.8.4 on, and in no other container', () => {
    const environment = { OPTION_MAX_NUM_SEQS: '8' };
    expect(names({ family: 'lmi', version: '0.33.0-lmi15' }, environment)).toEqual(['max-num-seqs=8']);
    expect(names({ family: 'lmi', version: '0.32.0-lmi14' }, environment)).toEqual([]);
    expect(names({ family: 'llama-cpp' }, { SM_LLAMA_CPP_CTX_SIZE: '8' })).toEqual([]);
    expect(names(undefined, environment)).toEqual([]);
  });

  test('are looked for once for an endpoint', () => {
    const context = endpoint({ SM_VLLM_MAX_NUM_SEQS: '8' });
    expect(argumentsOf(context)).toBe(argumentsOf(context));
    expect(argumentsOf(context)).toEqual([
      { variable: 'SM_VLLM_MAX_NUM_SEQS', value: '8', argument: 'max-num-seqs', kind: 'value' },
    ]);
    expect(argumentsOf(endpoint({}, { container: undefined }))).toEqual([]);
    expect(argumentsOf(ruleContext(resolveEndpoint({ model: {}, container: { family: 'vllm' } })))).toEqual([]);
  });

  test.each([
    ['', true],
    ['  ', true],
    ['"x"', true],
    [" 'x'", true],
    ['a ${Token[TOKEN.1]}', true],
    ['-1.8881545897087505e+289', true],
    ['x"', false],
    ['-1.8881545897087505e+289 x', false],
    ['2 -1.8881545897087505e+289', false],
    ['-1.8e+28', false],
  ])('%p is left alone: %p', (value, expected) => {
    expect(isLeftAlone(value)).toBe(expected);
  });

  test.each([
    ['{"a":1}', { a: 1 }],
    [` '{"a":\n1}' `, { a: 1 }],
    ['{"a":"${Token[TOKEN.1]}"}', undefined],
    ['{a}', undefined],
    ['[1]', undefined],
    ['7', undefined],
    [`x'{"a":1}'`, undefined],
    [`'{"a":1}' x`, undefined],
  ])('%p is the JSON object %j', (value, expected) => {
    expect(jsonObject(value)).toEqual(expected);
  });
});
