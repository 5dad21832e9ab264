import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { planAnswer } from '../../lib/rules';
import { useTemporaryFolder } from '../format/temporary-folder';
import { qe } from '../cli/qe';

test('the example of the endpoint spec passes, with figures', () => {
  const page = readFileSync(path.join(__dirname, '../../docs/endpoint-spec.md'), 'utf8');
  const [, example] = /```json\n([^]*?)```/.exec(page) ?? [];
  const { verdict, findings, maxConcurrency } = planAnswer(JSON.parse(example));
  expect({ verdict, findings }).toEqual({ verdict: 'ok', findings: [] });
  expect(maxConcurrency).toBeGreaterThan(1);
});

const temporary = useTemporaryFolder();

test('what the README shows of a wrong configuration is what is printed', async () => {
  const file = path.join(temporary(), 'endpoint.json');
  const container = { family: 'lmi', version: '0.33.0-lmi15.0.0-cu128' };
  const options = { maxModelLen: 4096, dtype: 'float16' };
  const spec = { model: { id: 'Qwen/Qwen2.5-7B' }, quantization: 'awq', instanceType: 'ml.p3.2xlarge' };
  writeFileSync(file, JSON.stringify({ ...spec, container, options }));
  const { stdout } = await qe('check', file, '--no-color');
  expect(readFileSync(path.join(__dirname, '../../README.md'), 'utf8')).toContain(
    `$ npx qe check endpoint.json\n${stdout}`,
  );
});
