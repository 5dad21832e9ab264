import { readFileSync } from 'node:fs';
import path from 'node:path';
import { planAnswer } from '../../lib/rules';

test('the example of the endpoint spec passes, with figures', () => {
  const page = readFileSync(path.join(__dirname, '../../docs/endpoint-spec.md'), 'utf8');
  const [, example] = /```json\n([^]*?)```/.exec(page) ?? [];
  const { verdict, findings, maxConcurrency } = planAnswer(JSON.parse(example));
  expect({ verdict, findings }).toEqual({ verdict: 'ok', findings: [] });
  expect(maxConcurrency).toBeGreaterThan(1);
});
