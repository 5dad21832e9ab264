/**
 * Does `work` for each item, so many at once, as long as there is time. Failures are counted, not raised: one prompt that a model cannot
 * answer must not cost the run.
 *
 * @returns results by index; undefined where it failed or time was over
 */
export async function askAll<Item, Result>(
  items: readonly Item[],
  concurrency: number,
  hasTime: () => boolean,
  work: (item: Item) => Promise<Result>,
): Promise<{ readonly results: readonly (Result | undefined)[]; readonly failed: number; readonly left: number }> {
  const results: (Result | undefined)[] = items.map(() => undefined);
  let next = 0;
  let failed = 0;
  const worker = async () => {
    while (next < items.length && hasTime()) {
      const index = next++;
      try {
        results[index] = await work(items[index]);
      } catch {
        failed++;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, items.length) }, worker));
  return { results, failed, left: items.length - next };
}
