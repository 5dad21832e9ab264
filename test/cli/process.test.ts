import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { useTemporaryFolder } from '../format/temporary-folder';
import { qe } from './qe';

const { bundleTypeScript } = jest.requireActual<{ bundleTypeScript(entry: string, outfile: string): Promise<void> }>(
  '../../tools/import-typescript.mjs',
);

const temporary = useTemporaryFolder();

test('commands leave nothing on the streams of the process that ran them', async () => {
  const listeners = () => [process.stdout, process.stderr].map((stream) => stream.listenerCount('error'));
  const before = listeners();
  await qe('rules');
  await qe('explain', 'WEIGHTS_DO_NOT_FIT');
  expect(listeners()).toEqual(before);
});

test('a reader that closes early ends the process quietly', async () => {
  const program = path.join(temporary(), 'qe.mjs');
  await bundleTypeScript('bin/qe.ts', program);
  const running = spawn(process.execPath, [program, '--json', 'rules'], { stdio: ['ignore', 'pipe', 'pipe'] });
  let complaints = '';
  running.stderr.setEncoding('utf8').on('data', (text: string) => (complaints += text));
  running.stdout.destroy();
  const [status] = await once(running, 'close');
  expect({ status, complaints }).toEqual({ status: 0, complaints: '' });
});
