import { closeSync, ftruncateSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { GgufWriteHelpers } from '../../lib/simulate/gguf/write/helpers';
import { planGgufWrite, taskParts, unitAt, unitCount } from '../../lib/simulate/gguf/write/plan';
import { runGgufWrite } from '../../lib/simulate/gguf/write/run';

const scratch = mkdtempSync(path.join(tmpdir(), 'gguf-write-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const ROWS = 12288;
const COLUMNS = 1024;
const source = path.join(scratch, 'zeros.bin');
emptyFile(source, ROWS * COLUMNS * 4);

function emptyFile(name: string, bytes: number): void {
  const file = openSync(name, 'w');
  ftruncateSync(file, bytes);
  closeSync(file);
}

/** Zeros of f32 to Q8_0, whose blocks of zeros are zeros. */
function plan(name: string, rows = ROWS) {
  const target = path.join(scratch, name);
  emptyFile(target, (rows * COLUMNS * 34) / 32);
  const task = {
    name: 'blk.0.ffn_up.weight',
    parts: taskParts([{ file: 0, offset: 0 }]),
    sourceType: 'F32',
    targetOffset: 0,
    targetType: 'Q8_0',
    rows,
    columns: COLUMNS,
  };
  return planGgufWrite([source], target, [task]);
}

test('units go through the parts of a tensor in their order, and none through two', () => {
  const rows = 700;
  const offsets = [5000, 100, 9000];
  const task = (parts: readonly number[]) => ({
    name: 'blk.0.ffn_up_exps.weight',
    parts: taskParts(parts.map((offset, file) => ({ file, offset }))),
    sourceType: 'F32',
    targetOffset: 0,
    targetType: 'F32',
    rows: parts.length * rows,
    columns: 1024,
  });
  const none = { ...task([3]), rows: 0 };
  const work = planGgufWrite(['a', 'b', 'c'], 'target', [task([0]), none, task(offsets), task([7])]);
  const units = Array.from({ length: unitCount(work) }, (_, number) => unitAt(work, number));
  expect(units.map(({ tensor }) => tensor)).toEqual([0, 0, 2, 2, 2, 2, 2, 2, 3, 3]);
  const stacked = units.filter(({ tensor }) => tensor === 2);
  expect(stacked.map(({ part }) => part.offset)).toEqual(offsets.flatMap((offset) => [offset, offset]));
  expect(stacked.map(({ part }) => part.file)).toEqual([0, 0, 1, 1, 2, 2]);
  expect(stacked.map(({ firstRow }) => firstRow)).toEqual([0, 512, 700, 1212, 1400, 1912]);
  expect(stacked.map(({ rows: taken }) => taken)).toEqual([512, 188, 512, 188, 512, 188]);
  expect(work.unitValues).toBe(512 * 1024);
});

test('threads that were started before the plan was known write it, and those that it does not need end', async () => {
  const helpers = new GgufWriteHelpers(2);
  const one = plan('one-unit', 1);
  const done: number[] = [];
  await runGgufWrite(one, { threads: 3, helpers, onProgress: (bytes) => done.push(bytes) });
  expect(done.at(-1)).toBe(COLUMNS * 4);
  // Nothing waits for them: jest would not end.
  await runGgufWrite(plan('all'), { threads: 3, helpers: new GgufWriteHelpers(2) });
  expect(readFileSync(path.join(scratch, 'all')).every((byte) => byte === 0)).toBe(true);
});

test('a signal is heard while this thread writes its part', async () => {
  const interrupt = new AbortController();
  const writing = runGgufWrite(plan('interrupted'), { threads: 1, signal: interrupt.signal });
  interrupt.abort(new Error('enough'));
  await expect(writing).rejects.toThrow('enough');
});

test('what was written is brought to the disk on the way, one call after the other', async () => {
  let running = 0;
  let calls = 0;
  await runGgufWrite(plan('flushed'), {
    threads: 1,
    flush: async () => {
      calls++;
      expect(++running).toBe(1);
      await setImmediate();
      running--;
    },
  });
  expect(running).toBe(0);
  expect(calls).toBeGreaterThan(0);
});

test('a write that the disk lost is an error, though the threads saw none', async () => {
  const flush = () => Promise.reject(new Error('lost'));
  await expect(runGgufWrite(plan('lost'), { threads: 1, flush })).rejects.toThrow('lost');
});
