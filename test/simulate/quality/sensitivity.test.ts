import { parseScheme } from '../../../lib/scheme';
import { measureSensitivity } from '../../../lib/simulate/quality/sensitivity';
import { TestFolder } from '../helpers/checkpoint';
import { withOutliers } from './outliers';
import { calibrationFor, openModel, textOf } from './texts';

const folder = new TestFolder();
afterAll(() => folder.remove());

describe('the sensitivity of layers', () => {
  test('finds the parts that carry the loss, proposes to keep them, and measures what that brings', async () => {
    const checkpoint = await openModel();
    const progress: number[] = [];
    const { full, whole, units, proposal } = await measureSensitivity(checkpoint, {
      scheme: parseScheme('int4-rtn'),
      text: await textOf('heldout.txt', 1022),
      threads: 2,
      onProgress: ({ done, total }) => progress.push(done / total),
    });
    expect(units).toHaveLength(16);
    const losses = units.map(({ meanKl }) => meanKl);
    expect(losses).toEqual([...losses].sort((a, b) => b - a));
    expect(Math.min(...losses)).toBeGreaterThan(0);
    // Small losses add up, nearly.
    const together = losses.reduce((sum, value) => sum + value, 0);
    expect(together / whole.meanKl).toBeGreaterThan(0.7);
    expect(together / whole.meanKl).toBeLessThan(1.3);

    expect(proposal).toMatchObject({ keptAs: 'int8' });
    expect(proposal!.kept.length).toBeLessThan(28);
    expect(proposal!.kept).toEqual(expect.arrayContaining([...units[0].weights]));
    expect(proposal!.expectedMeanKl).toBeLessThanOrEqual(whole.meanKl / 2);
    expect(Math.abs(proposal!.measured.meanKl / proposal!.expectedMeanKl - 1)).toBeLessThan(0.35);
    expect(proposal!.measured.perplexity).toBeGreaterThan(full.perplexity * 0.98);
    const elements = units
      .filter(({ weights }) => proposal!.kept.includes(weights[0]))
      .reduce((sum, unit) => sum + unit.elements, 0);
    expect(proposal!.extraBytes).toBe(Math.round(elements * (1 - (4 + 16 / 128) / 8)));
    expect(progress[progress.length - 1]).toBe(1);
    expect(progress).toEqual([...progress].sort((a, b) => a - b));
  });

  test.each([
    ['gptq', 'int8'],
    ['awq', 'stored'],
    ['gguf:Q4_K_M', 'int8'],
  ])('keeps parts of %s at what its format can hold: %s', async (name, keptAs) => {
    const { proposal } = await measureSensitivity(await openModel(), {
      scheme: parseScheme(name),
      text: await textOf('heldout.txt', 511),
      threads: 2,
    });
    expect(proposal).toMatchObject({ keptAs });
  });

  test('keeps parts as they are where the scheme has eight bits already', async () => {
    const checkpoint = await withOutliers(await openModel(), folder);
    const { whole, proposal } = await measureSensitivity(checkpoint, {
      scheme: parseScheme('int8-w8a8-static'),
      text: await textOf('heldout.txt', 511),
      calibration: await calibrationFor(checkpoint),
      threads: 2,
    });
    expect(proposal).toMatchObject({ keptAs: 'stored' });
    expect(proposal!.kept.every((name) => /(q|k|v|gate|up)_proj/.test(name))).toBe(true);
    expect(proposal!.measured.meanKl).toBeLessThan(0.8 * whole.meanKl);
  });
});
