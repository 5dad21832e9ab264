import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { useTemporaryFolder } from '../format/temporary-folder';
import { qe } from './qe';

const temporary = useTemporaryFolder();

const SPEC = {
  model: { id: 'Qwen/Qwen2.5-7B' },
  quantization: 'awq',
  container: { family: 'vllm' },
  instanceType: 'ml.g6.2xlarge',
  region: 'us-east-1',
  options: { maxModelLen: 8192 },
};

async function planned(spec: unknown, ...options: string[]) {
  const file = path.join(temporary(), 'spec.json');
  writeFileSync(file, JSON.stringify(spec));
  return qe('plan', file, '--no-color', ...options);
}

test('a plan is of one instance, and its cost says so where several run', async () => {
  const one = await planned(SPEC);
  expect(one.stdout).toMatch(/an hour +\$1\.222/);
  expect(one.stdout).not.toContain('one instance');
  const three = await planned({ ...SPEC, endpoint: { minInstanceCount: 1, initialInstanceCount: 3 } });
  expect(three.stdout).toMatch(/an hour, one instance +\$1\.222/);
  expect(three.stdout).toMatch(/an hour, 3 instances +\$3\.666/);
  expect(three.stdout).toMatch(/a month, 3 instances +\$2676\.18/);
});

test('what the container runs is shown, without its secrets', async () => {
  const spec = { ...SPEC, environment: { SM_VLLM_API_KEY: 'sk-1234' } };
  const { stdout } = await planned(spec);
  expect(stdout).toMatch(/What the container runs\n.*api_server[^]*--max-model-len 8192/);
  expect(stdout).toContain("--api-key '…'");
  expect(stdout).not.toContain('sk-1234');
});

test('so does its page', async () => {
  const page = path.join(temporary(), 'page.html');
  await planned({ ...SPEC, endpoint: { initialInstanceCount: 3 } }, '--html', page);
  const text = readFileSync(page, 'utf8');
  expect(text).toContain('a month, 3 instances');
  expect(text).toContain('$2,676');
  expect(text).toMatch(/--max-model-len<\/code>\s*<code>8192/);
});

test.each([
  ['nothing', null],
  ['a list', []],
  ['an empty object', {}],
  ['a wrong type', { model: 5 }],
  ['no pool', { model: { id: 'some/model' }, instancePools: [] }],
])('the page of %s, which is no spec, has its findings', async (_name, spec) => {
  const page = path.join(temporary(), 'page.html');
  const { stderr, stdout } = await planned(spec, '--html', page);
  expect(stderr).not.toContain('fault in qe');
  const [, rule] = /error +([A-Z_]+)/.exec(stdout) ?? [];
  expect(existsSync(page)).toBe(true);
  expect(readFileSync(page, 'utf8')).toContain(rule);
});

test('a config that cannot be read is a finding of a plan, as it is of a check', async () => {
  const page = path.join(temporary(), 'page.html');
  const { status, stdout } = await planned(
    { ...SPEC, model: { config: { architectures: ['Qwen2ForCausalLM'] } } },
    '--html',
    page,
  );
  expect(status).toBe(1);
  expect(stdout).toContain('MODEL_CONFIG_MISSING_SIZE');
  expect(readFileSync(page, 'utf8')).toContain('MODEL_CONFIG_MISSING_SIZE');
});
