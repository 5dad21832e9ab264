import { writeFileSync } from 'node:fs';
import { LOCK_FILE_NAME } from '../../lib/lock';
import { writeLockFile } from '../../lib/lock/file';
import { LLAMA_8B } from '../../lib/rules/helpers/samples';
import { useTemporaryFolder } from '../format/temporary-folder';
import { qe } from './qe';

const temporary = useTemporaryFolder();
const home = process.cwd();
beforeEach(() => process.chdir(temporary()));
afterEach(() => process.chdir(home));

const SPEC = {
  id: 'chat',
  model: { id: 'org/fine-tune' },
  container: { family: 'vllm' },
  instanceType: 'ml.g6e.2xlarge',
};

function lockIt(): void {
  writeLockFile(LOCK_FILE_NAME, {
    version: 1,
    models: { 'huggingface:org/fine-tune': { source: 'huggingface', id: 'org/fine-tune', config: LLAMA_8B } },
  });
}

test.each([['plan'], ['recommend']])('qe %s knows a model of the lock file by its id', async (command) => {
  writeFileSync('spec.json', JSON.stringify({ ...SPEC, region: 'us-east-1', workload: { concurrency: 4 } }));
  lockIt();
  const { stdout, stderr } = await qe('--json', command, 'spec.json');
  expect(stderr).toBe('');
  expect(stdout).toMatch(command === 'plan' ? /"parameters":\s*8030261248/ : /"candidates":\s*\[\s*\{/);
});

test.each([['check'], ['plan']])('so does every line of qe %s --batch', async (command) => {
  const narrow = { ...SPEC, instanceType: 'ml.g4dn.xlarge', options: { maxModelLen: 8192 } };
  writeFileSync('specs.ndjson', `${JSON.stringify(narrow)}\n`.repeat(2));
  const unknown = await qe(command, '--batch', 'specs.ndjson');
  lockIt();
  const known = await qe(command, '--batch', 'specs.ndjson');
  expect(unknown.stdout).not.toContain('WEIGHTS_DO_NOT_FIT');
  expect(known.stdout.match(/WEIGHTS_DO_NOT_FIT/g)).toHaveLength(2);
});

test.each([['check'], ['plan']])('qe %s says what to do about a model of which nothing is known', async (command) => {
  writeFileSync('spec.json', JSON.stringify(SPEC));
  const { stderr } = await qe(command, 'spec.json');
  expect(stderr).toContain('nothing is known of org/fine-tune but its name: run qe models add org/fine-tune');
  lockIt();
  expect((await qe(command, 'spec.json')).stderr).toBe('');
});

test('a lock file that is damaged is said, not passed over', async () => {
  writeFileSync('spec.json', JSON.stringify(SPEC));
  writeFileSync(LOCK_FILE_NAME, '{"version":1');
  const { status, stderr } = await qe('plan', 'spec.json');
  expect(status).toBe(2);
  expect(stderr).toContain('LOCK_FILE_MALFORMED');
});
