import { ListObjectsV2Command } from '@aws-sdk/client-s3';
import { random, readCaptured, seedOf, type CapturedExchange } from '../../lib/monitor';
import { readText, s3 } from './store';

/** Files that are opened at most: a busy endpoint writes thousands an hour. */
const MOST_FILES = 50;

/**
 * A sample of what was captured lately. Files are drawn evenly from those since `since`, exchanges from what they hold.
 * Source of the layout: `{prefix}/{endpoint}/{variant}/yyyy/mm/dd/hh/…jsonl`, SageMaker developer guide, "Capture data".
 */
export async function capturedTraffic(
  { bucket, prefix }: { readonly bucket: string; readonly prefix: string },
  since: Date,
  count: number,
): Promise<readonly CapturedExchange[]> {
  const keys: string[] = [];
  let token: string | undefined;
  do {
    const page = await s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, ContinuationToken: token }));
    for (const { Key, LastModified } of page.Contents ?? [])
      if (Key?.endsWith('.jsonl') && LastModified !== undefined && LastModified >= since) keys.push(Key);
    token = page.NextContinuationToken;
  } while (token !== undefined);
  const next = random(seedOf(since.toISOString()));
  const exchanges: CapturedExchange[] = [];
  for (const key of shuffled(keys, next).slice(0, MOST_FILES))
    exchanges.push(...readCaptured((await readText(bucket, key))?.text ?? ''));
  return shuffled(exchanges, next).slice(0, count);
}

/** Source: Fisher and Yates. */
function shuffled<T>(items: readonly T[], next: () => number): T[] {
  const list = [...items];
  for (let i = list.length - 1; i > 0; i--) {
    const j = Math.floor(next() * (i + 1));
    [list[i], list[j]] = [list[j], list[i]];
  }
  return list;
}
