import { resolveEndpoint } from '../../lib/endpoint/resolve';
import { makePlan } from '../../lib/plan';
import { onDevice, readFixture, spread, type FixtureRow } from './fixtures';

const GIB = 2 ** 30;

interface MemoryRow extends FixtureRow {
  readonly expected: { readonly weights_gib?: number; readonly kv_bytes_per_token?: number };
}
interface SizeRow extends FixtureRow {
  readonly bytes: number;
}
interface SpeedRow extends FixtureRow {
  readonly tokensPerSecond: number;
  readonly overheadBound: boolean;
}
/** A log prints tokens, bytes or both; tokens are exact. */
interface CapacityRow extends FixtureRow {
  readonly deviceGiB: number;
  readonly tokens?: number;
  readonly kvGiB?: number;
}

const relative = (predicted: number | null, real: number) => (predicted === null ? Infinity : predicted / real - 1);

describe('weight memory against what engines print', () => {
  const rows = readFixture<MemoryRow>('engine-memory.json').filter((row) => row.expected.weights_gib !== undefined);
  const errors = rows.map((row) => {
    const plan = makePlan(resolveEndpoint(row.spec));
    return relative(
      plan.memory.weights === null ? null : plan.memory.weights / GIB,
      row.expected.weights_gib as number,
    );
  });

  test('has a median error of at most 1 %', () => expect(spread(errors).median).toBeLessThanOrEqual(0.01));
  test('has a 90th percentile of at most 3 %', () => expect(spread(errors).p90).toBeLessThanOrEqual(0.03));
});

describe('bytes of a cached token', () => {
  const rows = readFixture<MemoryRow>('engine-memory.json').filter(
    (row) => row.expected.kv_bytes_per_token !== undefined,
  );
  test.each(rows.map((row) => [row.id, row] as const))('%s is what the engine says', (_id, row) => {
    expect(makePlan(resolveEndpoint(row.spec)).kvBytesPerToken).toBe(row.expected.kv_bytes_per_token);
  });
});

describe('KV-cache tokens against engine logs', () => {
  const errors = readFixture<CapacityRow>('kv-capacity.json').map((row) => {
    const { kvCacheTokens, memory } = makePlan(onDevice(row.spec, row.deviceGiB * GIB));
    return row.tokens === undefined
      ? relative(memory.kvCache === null ? null : memory.kvCache / GIB, row.kvGiB as number)
      : relative(kvCacheTokens, row.tokens);
  });

  test('come from more than twenty logs', () => expect(errors.length).toBeGreaterThan(20));
  test('have a median error of at most 4 %', () => expect(spread(errors).median).toBeLessThanOrEqual(0.04));
  test('have a 90th percentile of at most 12 %', () => expect(spread(errors).p90).toBeLessThanOrEqual(0.12));
});

describe('published checkpoint sizes', () => {
  const errors = readFixture<SizeRow>('checkpoint-sizes.json').map((row) =>
    relative(makePlan(resolveEndpoint(row.spec)).checkpointBytes, row.bytes),
  );

  test('have a median error of at most 0.3 %', () => expect(spread(errors).median).toBeLessThanOrEqual(0.003));
  test('have a 90th percentile of at most 1.5 %', () => expect(spread(errors).p90).toBeLessThanOrEqual(0.015));
});

describe('decoding speed at batch 1', () => {
  const rows = readFixture<SpeedRow>('decode-speeds.json').map((row) => ({
    row,
    ratio: 1 + relative(makePlan(resolveEndpoint(row.spec)).estimate.outputTokensPerSecond, row.tokensPerSecond),
  }));

  test('is within ×0.7 to ×1.4 for at least four of five', () => {
    const judged = rows.filter(({ row }) => !row.overheadBound);
    const within = judged.filter(({ ratio }) => ratio >= 0.7 && ratio <= 1.4);
    expect(within.length / judged.length).toBeGreaterThanOrEqual(0.8);
  });

  test('is an upper bound, and not a wild one, where launches dominate', () => {
    for (const { ratio } of rows.filter(({ row }) => row.overheadBound)) {
      expect(ratio).toBeGreaterThan(0.9);
      expect(ratio).toBeLessThan(1.6);
    }
  });
});

/** A constant that followed single measurements would suit one half of them and not the other. */
test('the speed constants suit either half of the measurements', () => {
  const ratios = readFixture<SpeedRow>('decode-speeds.json')
    .filter((row) => !row.overheadBound)
    .map(
      (row) => 1 + relative(makePlan(resolveEndpoint(row.spec)).estimate.outputTokensPerSecond, row.tokensPerSecond),
    );
  for (const half of [0, 1]) {
    const own = ratios.filter((_, index) => index % 2 === half);
    expect(spread(own).median).toBeGreaterThan(0.9);
    expect(spread(own).median).toBeLessThan(1.12);
  }
});
