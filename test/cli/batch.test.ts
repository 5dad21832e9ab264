import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { COMPILER_FLAGS } from '../../bin/batch';
import { useTemporaryFolder } from '../format/temporary-folder';
import { qe } from './qe';

const temporary = useTemporaryFolder();

test('a batch answers line by line, those too that are no JSON, and says what was worst', async () => {
  const file = path.join(temporary(), 'specs.ndjson');
  const good = { id: 'a', model: { id: 'org/model' }, container: { family: 'vllm' } };
  const bad = { ...good, id: 'b', instanceType: 'ml.g5.elarge' };
  writeFileSync(file, [JSON.stringify(good), '', 'no json', JSON.stringify(bad)].join('\n'));
  const { status, stdout, stderr } = await qe('check', file, '--batch');
  const answers = stdout.trim().split('\n');
  expect(answers.map((line) => JSON.parse(line) as unknown)).toMatchObject([
    { id: 'a', findings: [] },
    { id: null, line: 3, verdict: 'error', findings: [{ rule: 'SPEC_UNREADABLE' }] },
    { id: 'b', verdict: 'error', findings: [{ rule: 'INSTANCE_TYPE_UNKNOWN' }] },
  ]);
  expect([status, stderr]).toEqual([1, '']);
});

test('this Node.js knows what a batch asks of its compiler', () => {
  const script = `${JSON.stringify(COMPILER_FLAGS)}.forEach(require('node:v8').setFlagsFromString)`;
  const { status, stdout, stderr } = spawnSync(process.execPath, ['-e', script], { encoding: 'utf8' });
  expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: '', stderr: '' });
});
