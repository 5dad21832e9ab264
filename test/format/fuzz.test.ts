import { FUZZ_TARGETS, HEAVY_INPUTS, fuzz, maxMemory, weigh } from '../../tools/fuzz/run';

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
