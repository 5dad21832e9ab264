import { SpecError } from '../../lib/errors';
import { adapterFindings, parseAdapterConfig, type AdapterBase } from '../../lib/fleet';

const BASE: AdapterBase = {
  id: 'Chat',
  family: 'lmi',
  modelId: 'Qwen/Qwen2.5-7B-Instruct-AWQ',
  enableLora: true,
  maxLoraRank: 16,
  maxLoras: 2,
};
const CONFIG = { peft_type: 'LORA', r: 16, base_model_name_or_path: 'Qwen/Qwen2.5-7B-Instruct', bias: 'none' };
const rules = (config: object | undefined, base: Partial<AdapterBase> = {}, adapters = 1) =>
  adapterFindings(
    'Legal',
    config === undefined ? undefined : parseAdapterConfig(config, 'adapter_config.json'),
    { ...BASE, ...base },
    adapters,
  );

describe('an adapter', () => {
  test('that its base can load has nothing to report', () => {
    expect(rules(CONFIG)).toEqual([]);
    expect(rules({ ...CONFIG, base_model_name_or_path: '/home/me/qwen' })).toEqual([]);
    expect(rules({})).toEqual([]);
  });

  test.each([
    ['ADAPTER_RANK_ABOVE_MAXIMUM', { r: 24 }, 'set maxLoraRank to 32'],
    ['ADAPTER_NOT_LORA', { peft_type: 'IA3' }, 'merge'],
    ['ADAPTER_USES_DORA', { use_dora: true }, 'without DoRA'],
    ['ADAPTER_SAVES_MODULES', { modules_to_save: ['lm_head'] }, 'without modules_to_save'],
    ['ADAPTER_HAS_BIAS', { bias: 'all' }, 'bias none'],
  ])('%s is an error', (rule, change, fix) => {
    expect(rules({ ...CONFIG, ...change })).toMatchObject([
      { rule, severity: 'error', fix: expect.stringContaining(fix) },
    ]);
  });

  test('of another model is a warning', () => {
    expect(rules({ ...CONFIG, base_model_name_or_path: 'meta-llama/Llama-3.1-8B' })).toMatchObject([
      { rule: 'ADAPTER_FOR_OTHER_MODEL', severity: 'warning' },
    ]);
  });

  test('needs a base that serves adapters', () => {
    expect(rules({ ...CONFIG, r: 512 }, { enableLora: false })).toMatchObject([
      { rule: 'ADAPTER_BASE_WITHOUT_LORA', severity: 'error' },
    ]);
  });

  test('in a container that nobody tried it in, or beside too many others, is a warning', () => {
    expect(rules(CONFIG, { family: 'vllm' })).toMatchObject([
      { rule: 'ADAPTER_CONTAINER_NOT_VERIFIED', severity: 'warning' },
    ]);
    expect(rules(CONFIG, {}, 2)).toEqual([]);
    expect(rules(CONFIG, {}, 3)).toMatchObject([
      { rule: 'ADAPTERS_ABOVE_MAX_LORAS', fix: expect.stringContaining('3') },
    ]);
  });

  test('of which nothing is known is a warning', () => {
    expect(rules(undefined)).toMatchObject([{ rule: 'ADAPTER_CONFIG_UNKNOWN', severity: 'warning' }]);
  });

  test.each([null, [], 'LORA', 7])('whose configuration is %j is refused', (value) => {
    expect(() => parseAdapterConfig(value, 'adapter_config.json')).toThrow(SpecError);
  });
});
