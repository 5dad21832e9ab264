import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buildSync } from 'esbuild';
import { modelFromCheckpoint } from '../../lib/convert/gguf/from-checkpoint';
import { writeGguf } from '../../lib/convert/gguf/write-gguf';
import { openCheckpoint } from '../../lib/format';
import { layoutGguf } from '../../lib/format/gguf/layout';
import { gguf } from '../../lib/format/gguf/value';
import { locateCheckpoint } from '../../lib/format/node';
import { parseScheme } from '../../lib/scheme';
import { planGgufWrite, taskParts } from '../../lib/simulate/gguf/write/plan';
import { runGgufWrite } from '../../lib/simulate/gguf/write/run';
import { weightValues } from '../simulate/helpers/checkpoint';

const scratch = mkdtempSync(path.join(tmpdir(), 'gguf-interrupted-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const ROWS = 2048;
const COLUMNS = 1024;
const scheme = parseScheme('gguf-tensor:Q4_K');
const model = path.join(scratch, 'model-F32.gguf');
const program = path.join(scratch, 'write.cjs');

let dataOffset = 0;
beforeAll(() => {
  const names = ['blk.0.ffn_up.weight', 'blk.1.ffn_up.weight'];
  const layout = layoutGguf({
    metadata: new Map([['general.architecture', gguf.string('llama')]]),
    tensors: names.map((name) => ({ name, dtype: 'F32', shape: [ROWS, COLUMNS] })),
  });
  dataOffset = layout.header.byteLength;
  const bytes = new Uint8Array(layout.fileBytes);
  bytes.set(layout.header);
  names.forEach((name, index) => {
    bytes.set(new Uint8Array(weightValues(ROWS * COLUMNS, index + 1).buffer), layout.tensors.get(name)?.offset);
  });
  writeFileSync(model, bytes);
  // `process.on('worker')` and the process' own end are for a process of its own.
  buildSync({
    stdin: {
      contents: `
        import { modelFromCheckpoint } from './lib/convert/gguf/from-checkpoint';
        import { writeGguf } from './lib/convert/gguf/write-gguf';
        import { openCheckpoint } from './lib/format';
        import { locateCheckpoint } from './lib/format/node';
        import { parseScheme } from './lib/scheme';
        import { simulate } from './lib/simulate/simulate';
        import { ftruncateSync, openSync } from 'node:fs';
        const [, , model, target, how] = process.argv;
        async function main() {
          const { folder, file } = locateCheckpoint(model);
          const loaded = await modelFromCheckpoint(folder, await openCheckpoint(folder, file));
          if (how === 'worker dies') process.on('worker', (worker) => worker.terminate());
          if (how === 'process dies') process.on('worker', () => setImmediate(() => process.kill(process.pid, 'SIGKILL')));
          if (how === 'source shrinks') ftruncateSync(openSync(model, 'r+'), 1000000);
          if (process.argv[5] === 'simulate') {
            await simulate(await openCheckpoint(folder, file), { schemes: [parseScheme('fp8')], threads: 2 });
            return;
          }
          await writeGguf(loaded, parseScheme('gguf-tensor:Q4_K'), target, { threads: 2 });
        }
        main().then(() => console.log('written'), (error) => console.log(error.name, error.id));`,
      resolveDir: path.join(__dirname, '../..'),
    },
    outfile: program,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    logLevel: 'error',
  });
});

/** Writes in a process to which something happens. */
function interrupted(how: string, source = model) {
  const folder = path.join(scratch, how.replace(/ /g, '-'));
  mkdirSync(folder);
  const target = path.join(folder, 'out.gguf');
  const { stdout, signal } = spawnSync(process.execPath, [program, source, target, how], { encoding: 'utf8' });
  return { target, folder, signal, said: stdout.trim() };
}

test('a worker thread that dies ends the run with an error and leaves no file', () => {
  const { said, folder } = interrupted('worker dies');
  expect(said).toBe('SimulationError SIMULATION_WORKER_DIED');
  expect(readdirSync(folder)).toEqual([]);
});

test('a worker thread that dies ends a simulation with an error', () => {
  const { stdout } = spawnSync(process.execPath, [program, model, '', 'worker dies', 'simulate'], { encoding: 'utf8' });
  expect(stdout.trim()).toBe('SimulationError SIMULATION_WORKER_DIED');
});

test('a source that shrinks while it is read ends the run with an error and leaves no file', () => {
  const copy = path.join(scratch, 'shrinking.gguf');
  writeFileSync(copy, readFileSync(model));
  const { said, folder } = interrupted('source shrinks', copy);
  expect(said).toMatch(/^FormatError SOURCE_/);
  expect(readdirSync(folder)).toEqual([]);
});

test('a process that is killed leaves nothing under the name, and the next run writes all of it', async () => {
  const { folder, target, signal } = interrupted('process dies');
  expect(signal).toBe('SIGKILL');
  expect(readdirSync(folder).filter((name) => !name.endsWith('.partial'))).toEqual([]);

  const { folder: source, file } = locateCheckpoint(model);
  const loaded = await modelFromCheckpoint(source, await openCheckpoint(source, file));
  await writeGguf(loaded, scheme, target, { threads: 2 });
  const undisturbed = path.join(scratch, 'undisturbed.gguf');
  await writeGguf(loaded, scheme, undisturbed, { threads: 1 });
  expect(readdirSync(folder)).toEqual(['out.gguf']);
  expect(readFileSync(target).equals(readFileSync(undisturbed))).toBe(true);
});

test('a disk that fills up while the threads write ends the run with an error that says so', async () => {
  const task = {
    name: 'blk.0.ffn_up.weight',
    parts: taskParts([{ file: 0, offset: dataOffset }]),
    sourceType: 'F32',
    targetOffset: 0,
    targetType: 'Q4_K',
    rows: 256,
    columns: COLUMNS,
  };
  // The device that every write finds full.
  const plan = planGgufWrite([model], '/dev/full', [task]);
  await expect(runGgufWrite(plan, { threads: 2 })).rejects.toMatchObject({ id: 'TARGET_FULL' });
});
