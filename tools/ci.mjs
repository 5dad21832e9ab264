// Everything that must hold before a change lands, quickest first, so that a mistake is seen early. Each step is a command that
// a person can run alone; the counts `N passed, N failed` that steps print are added up for the last line.
import { spawn } from 'node:child_process';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '..');

const steps = [
  { name: 'lint', command: ['npm', 'run', '--silent', 'lint'] },
  { name: 'generated data and pages', command: ['npm', 'run', '--silent', 'check:generated'] },
  { name: 'unit tests', command: ['npm', 'test', '--silent'] },
  { name: 'pages in a browser', command: ['npm', 'run', '--silent', 'test:browser'] },
  { name: 'build', command: ['npm', 'run', '--silent', 'build'] },
  { name: 'golden vectors', command: ['npm', 'run', '--silent', 'vectors', '--', 'test/simulate/vectors'] },
  { name: 'templates of the examples', command: ['node', 'tools/check-templates.mjs'] },
  { name: 'end to end on the local AWS', command: ['npm', 'run', '--silent', 'e2e'] },
  { name: 'demo', command: ['npm', 'run', '--silent', 'demo'] },
];

const COUNTS = /^(?:\w+: )?(\d+) passed, (\d+) failed/gm;
const FAILURES = /^failed: .*/gm;

/** Runs one step with its output shown, and returns what it counted and what failed. A step that counts nothing is one check. */
function run({ name, command: [program, ...args] }) {
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
    let written = '';
    child.stdout.on('data', (chunk) => {
      process.stdout.write(chunk);
      written += chunk;
    });
    child.on('error', (error) => {
      console.error(`${program} did not start: ${error.message}`);
      resolve({ passed: 0, failed: 1, failures: [`failed: ${name} did not start`] });
    });
    child.on('close', (status) => {
      const last = [...written.matchAll(COUNTS)].at(-1);
      const passed = last ? Number(last[1]) : Number(status === 0);
      const counted = last ? Number(last[2]) : Number(status !== 0);
      const failed = status !== 0 && counted === 0 ? 1 : counted;
      const failures = written.match(FAILURES) ?? (failed > 0 ? [`failed: ${name}`] : []);
      resolve({ passed, failed, failures });
    });
  });
}

const total = { passed: 0, failed: 0 };
const times = [];
const failures = [];
for (const step of steps) {
  const begun = Date.now();
  console.log(`\n== ${step.name}`);
  const { passed, failed, failures: found } = await run(step);
  total.passed += passed;
  total.failed += failed;
  failures.push(...found);
  const seconds = Math.round((Date.now() - begun) / 1000);
  console.log(`== ${step.name}: ${failed === 0 ? 'passed' : 'FAILED'} in ${seconds} s`);
  times.push(`${step.name} ${seconds} s`);
}
// Whoever reads a long log reads its end.
console.log(`\n${times.join(', ')}`);
for (const failure of failures) console.log(failure);
console.log(`\n${total.passed} passed, ${total.failed} failed`);
process.exit(total.failed === 0 ? 0 : 1);
