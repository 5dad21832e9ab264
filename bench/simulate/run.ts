// One simulation in a process of its own: prints its pace and memory as JSON.
import { openCheckpoint } from '../../lib/format';
import { locateCheckpoint } from '../../lib/format/node';
import { parseScheme } from '../../lib/scheme';
import { simulate } from '../../lib/simulate/simulate';

async function main([folder, scheme, threads]: readonly string[]): Promise<void> {
  const located = locateCheckpoint(folder);
  const checkpoint = await openCheckpoint(located.folder, located.file);
  const before = process.cpuUsage();
  const { run } = await simulate(checkpoint, {
    schemes: [parseScheme(scheme)],
    threads: Number(threads),
    digest: false,
  });
  const { user, system } = process.cpuUsage(before);
  const gigabytes = run.bytesRead / 1e9;
  console.log(
    JSON.stringify({
      pace: gigabytes / run.seconds,
      corePace: gigabytes / ((user + system) / 1e6),
      peakRssBytes: run.peakRssBytes,
    }),
  );
}

void main(process.argv.slice(2));
