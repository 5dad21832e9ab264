import { FormatError } from '../../lib/errors';
import { FUZZ_TARGETS, HEAVY_INPUTS, fuzz, maxMemory, weigh } from '../../tools/fuzz/run';
import { invariant } from '../../tools/fuzz/target';

/** More by command: `npm run fuzz -- 10000000`. */
const RUNS = 60_000;
const SEED = 20_260_101;

describe('a reader fed with inputs that are nearly right', () => {
  test.each(FUZZ_TARGETS)(
    `accepts or refuses each with a typed error, in bounded memory: $name`,
    (target) => {
      const { failures, accepted, refused } = fuzz(target, RUNS, SEED, false);
      expect(failures.map(({ seed, problem }) => `seed ${seed}: ${problem}`)).toEqual([]);
      // The inputs get past the first check: some are right, and the others fail in many ways.
      expect(accepted).toBeGreaterThan(RUNS / 10);
      expect(refused.length).toBeGreaterThanOrEqual(4);
    },
    240_000,
  );
});

describe('the fuzzing itself', () => {
  const target = (read: () => void) => ({ name: 'fake', make: () => new Uint8Array(1), read });
  const problems = (read: () => void, timed: boolean) =>
    fuzz(target(read), 3, 0, timed).failures.map(({ problem }) => problem);

  test('notices an error that has no type', () => {
    expect(problems(() => (undefined as unknown as { a: number }).a, false)).toEqual(
      Array(3).fill(expect.stringContaining('TypeError')),
    );
    expect(problems(() => invariant(false, 'all is well'), false)).toEqual(
      Array(3).fill(expect.stringContaining('not so: all is well')),
    );
  });

  test('takes a typed error for a refusal', () => {
    const { failures, refused } = fuzz(
      target(() => {
        throw new FormatError('SOME_ID', 'no');
      }),
      3,
      0,
      true,
    );
    expect([failures, refused]).toEqual([[], [['SOME_ID', 3]]]);
  });

  test('notices too much memory', () => {
    const held: unknown[] = [];
    expect(problems(() => held.push(new Uint8Array(80 * 1024 * 1024)), false)[0]).toContain('bytes of memory');
  });

  test('notices a reader that does not come back', () => {
    const busy = (): void => {
      const begun = process.cpuUsage();
      for (let used = 0; used < 1.1e6;) {
        const { user, system } = process.cpuUsage(begun);
        used = user + system;
      }
    };
    expect(fuzz(target(busy), 1, 0, true).failures[0].problem).toContain('took 1.');
  });
});

describe('a reader fed with as much as a large file can say', () => {
  test.each(HEAVY_INPUTS)(
    'takes at most four times its size and 64 MiB: $name',
    (heavy) => {
      const { inputBytes, bytes } = weigh(heavy);
      expect(bytes).toBeLessThan(maxMemory(inputBytes));
    },
    60_000,
  );
});
