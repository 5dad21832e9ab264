/**
 * Fuzzes the readers of weight files and configs: `npm run fuzz -- [COUNT] [--seed N] [--target NAME] [--report FILE]`.
 * COUNT inputs for each reader (200,000 if left out), each from a seed of its own. Exits 1 if a reader did anything but
 * accept or raise a typed error, took more than a second of the processor, or too much memory; the inputs that made it do
 * so are left in .cache/fuzz. Inputs of many megabytes that hold as much as they can are weighed at the end.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { importTypeScript } from './import-typescript.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seed: { type: 'string', default: '1' },
    target: { type: 'string', multiple: true },
    report: { type: 'string' },
  },
});
const runs = Number(positionals[0] ?? 200_000);
const seed = Number(values.seed);
if (!Number.isSafeInteger(runs) || runs < 1 || !Number.isSafeInteger(seed)) {
  console.error('usage: npm run fuzz -- [COUNT] [--seed N] [--target NAME] [--report FILE]');
  process.exit(2);
}

const root = path.resolve(import.meta.dirname, '..');
const { FUZZ_TARGETS, HEAVY_INPUTS, fuzz, maxMemory, weigh } = await importTypeScript('tools/fuzz/run.ts');
const names = FUZZ_TARGETS.map(({ name }) => name);
const unknown = (values.target ?? []).filter((name) => !names.includes(name));
if (unknown.length > 0) {
  console.error(`no reader named ${unknown.join(', ')}: there are ${names.join(', ')}`);
  process.exit(2);
}

const reports = [];
let failed = 0;
for (const target of FUZZ_TARGETS.filter(({ name }) => values.target?.includes(name) ?? true)) {
  const begun = performance.now();
  const report = fuzz(target, runs, seed, true);
  const seconds = (performance.now() - begun) / 1000;
  const { failures, ...rest } = report;
  reports.push({ ...rest, seed, seconds });
  console.log(
    `${report.target}: ${report.runs} inputs, ${report.accepted} accepted, ${report.refused.length} kinds of refusal, ` +
      `slowest ${(report.slowestSeconds * 1000).toFixed(1)} ms, most memory ${(report.mostBytes / 2 ** 20).toFixed(1)} MiB, ` +
      `${failures.length} failures, ${seconds.toFixed(0)} s`,
  );
  for (const { seed: made, problem, input } of failures) {
    failed++;
    const file = path.join(root, '.cache', 'fuzz', `${target.name}-${made}.bin`);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, input);
    console.log(`  seed ${made}: ${problem}\n  input in ${path.relative(root, file)}`);
  }
}
if (values.target === undefined) {
  for (const heavy of HEAVY_INPUTS) {
    const { inputBytes, bytes } = weigh(heavy);
    const over = bytes > maxMemory(inputBytes);
    if (over) failed++;
    const mib = (value) => `${(value / 2 ** 20).toFixed(1)} MiB`;
    console.log(
      `${heavy.name}: ${mib(inputBytes)}, memory ${mib(bytes)} of ${mib(maxMemory(inputBytes))}${over ? ' TOO MUCH' : ''}`,
    );
  }
}
if (values.report !== undefined) writeFileSync(values.report, `${JSON.stringify(reports, null, 2)}\n`);
process.exit(failed > 0 ? 1 : 0);
