// Size of what `npm pack` would publish, with its largest files.
import { execFileSync } from 'node:child_process';
import path from 'node:path';

const TARGET_BYTES = 3_000_000;

const root = path.resolve(import.meta.dirname, '..');
const [pack] = JSON.parse(execFileSync('npm', ['pack', '--dry-run', '--json'], { cwd: root, maxBuffer: 1 << 26 }));
const megabytes = (bytes) => `${(bytes / 1e6).toFixed(2)} MB`;
const verdict = pack.size <= TARGET_BYTES ? 'met' : 'MISSED';

console.log(
  `npm pack: ${megabytes(pack.size)} packed, ${megabytes(pack.unpackedSize)} unpacked, ${pack.entryCount} files`,
);
console.log(`target: at most ${megabytes(TARGET_BYTES)}: ${verdict}`);
for (const { path: file, size } of pack.files.sort((a, b) => b.size - a.size).slice(0, 5))
  console.log(`  ${megabytes(size).padStart(9)}  ${file}`);
