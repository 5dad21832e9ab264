// One simulation in a process of its own: prints its pace and memory as JSON.
import { openCheckpoint } from '../../lib/format';
import { locateCheckpoint } from '../../lib/format/node';
import { parseScheme } from '../../lib/scheme';
import { simulate } from '../../lib/simulate/simulate';

async function main([folder, scheme, threads]: readonly string[]): Promise<void> {
  const located = locateCheckpoint(folder);
  const checkpoint = await openCheckpoint(located.folder, located.file);
  const { run } = await simulate(checkpoint, {
    schemes: [parseScheme(scheme)],
    threads: Number(threads),
    digest: false,
  });
  console.log(JSON.stringify({ pace: run.bytesRead / 1e9 / run.seconds, peakRssBytes: run.peakRssBytes }));
}

void main(process.argv.slice(2));
