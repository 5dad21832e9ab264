import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

const SCRIPT = path.resolve(__dirname, '../../tools/local-aws/start.mjs');

async function start(...args: string[]): Promise<{ child: ChildProcess; endpoint: string }> {
  const child = spawn(process.execPath, [SCRIPT, '--port', '0', '--json', ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  return { child, endpoint: (JSON.parse(line) as { endpoint: string }).endpoint };
}

/** Process ids of everything that `pid` started, directly or not. */
function descendants(pid: number): number[] {
  const table = execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number));
  const children = table.filter(([, parent]) => parent === pid).map(([child]) => child);
  return children.flatMap((child) => [child, ...descendants(child)]);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** What the starter keeps on disk: folders that bear its process id. */
function foldersOf(child: ChildProcess): string[] {
  return readdirSync(tmpdir()).filter((name) => name.startsWith(`local-aws-${child.pid}-`));
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(50);
}

describe('starting and stopping the local AWS', () => {
  test('two run at once, each on a port of its own', async () => {
    const [one, other] = await Promise.all([start(), start()]);
    expect(one.endpoint).not.toBe(other.endpoint);
    for (const { child, endpoint } of [one, other]) {
      expect((await fetch(`${endpoint}/_ministack/health`)).ok).toBe(true);
      child.stdin!.end();
    }
    await Promise.all([one, other].map(({ child }) => once(child, 'exit')));
  });

  test.each(['SIGINT', 'SIGTERM'] as const)('%s ends every process and removes every file', async (signal) => {
    const { child } = await start();
    const processes = descendants(child.pid!);
    expect(processes.length).toBeGreaterThan(0);
    expect(foldersOf(child)).toHaveLength(1);
    child.kill(signal);
    expect(await once(child, 'exit')).toEqual([0, null]);
    expect(foldersOf(child)).toEqual([]);
    await until(() => !processes.some(isAlive));
  });

  test('a starter that is killed leaves neither process nor file', async () => {
    const { child } = await start();
    const processes = descendants(child.pid!);
    child.kill('SIGKILL');
    await once(child, 'exit');
    await until(() => !processes.some(isAlive) && foldersOf(child).length === 0);
  });

  test('a port that is taken is named', async () => {
    const { child, endpoint } = await start();
    const second = spawn(process.execPath, [SCRIPT, '--port', new URL(endpoint).port, '--json'], {
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    let errors = '';
    second.stderr.on('data', (data) => (errors += data));
    expect(await once(second, 'close')).toEqual([1, null]);
    expect(errors).toContain(`port ${new URL(endpoint).port} is taken`);
    child.stdin!.end();
    await once(child, 'exit');
  });
});
