/**
 * Synthesizes every example as `cdk deploy` would, and judges the templates: CDK's own validation, this library's findings, the five
 * rule packs of cdk-nag (AwsSolutions, HIPAA, NIST 800-53 R4 and R5, PCI DSS), cfn-lint and checkov. An example passes when none of them
 * has anything to say that nobody has acknowledged, in place and with a reason.
 *
 *   node tools/check-templates.mjs [example …]
 *
 * Ends with `N passed, N failed`, one check for each example and tool. Needs Python for cfn-lint and checkov, which it installs under
 * `.cache/`.
 */
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { checkov } from './templates/checkov.mjs';
import { cfnLint } from './templates/cfn-lint.mjs';
import { run } from './templates/run.mjs';

const root = path.resolve(import.meta.dirname, '..');
const REGION = 'us-east-1';

const wanted = process.argv.slice(2);
const examples = (await readdir(path.join(root, 'examples'), { withFileTypes: true }))
  .filter((entry) => entry.isDirectory() && existsSync(path.join(root, 'examples', entry.name, 'app.ts')))
  .map((entry) => entry.name)
  .filter((name) => wanted.length === 0 || wanted.includes(name));

const scratch = await mkdtemp(path.join(tmpdir(), 'templates-'));
let passed = 0;
let failed = 0;

try {
  const outdirs = new Map();
  for (const example of examples) {
    const outdir = path.join(scratch, example);
    const synthesis = await synthesize(example, outdir);
    const found = await violations(outdir);
    // What validations found ends synthesis as well; it is shown once, below.
    report(example, 'synthesis', synthesis.status === 0 || found.length > 0 ? [] : [synthesis.output]);
    if (!existsSync(path.join(outdir, 'manifest.json'))) continue;
    outdirs.set(example, outdir);
    report(example, 'findings and CDK validation', await annotations(outdir, ['warning', 'error']));
    report(example, 'cdk-nag', found);
  }
  const [linted, checked] = await Promise.all([cfnLint(outdirs, REGION), checkov(outdirs)]);
  for (const example of outdirs.keys()) {
    report(example, 'cfn-lint', linted.get(example));
    report(example, 'checkov', checked.get(example));
  }
} finally {
  await rm(scratch, { recursive: true, force: true });
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);

function report(example, check, problems) {
  if (problems.length === 0) {
    passed++;
    console.log(`ok   ${example}: ${check}`);
    return;
  }
  failed++;
  console.log(`FAIL ${example}: ${check}`);
  for (const problem of problems) console.log(`     ${problem.split('\n').join('\n     ')}`);
}

/** Runs the app as the CDK command line would. */
async function synthesize(example, outdir) {
  const settings = JSON.parse(await readFile(path.join(root, 'examples', example, 'cdk.json'), 'utf8'));
  const app = [path.join(root, 'tools/run-app.mjs'), 'app.ts'];
  const packs = path.join(root, 'tools/templates/add-rule-packs.cjs');
  return run(process.execPath, ['--require', packs, ...app], {
    cwd: path.join(root, 'examples', example),
    env: {
      ...process.env,
      CDK_OUTDIR: outdir,
      CDK_DEFAULT_ACCOUNT: '123456789012',
      CDK_DEFAULT_REGION: REGION,
      CDK_CONTEXT_JSON: JSON.stringify(settings.context ?? {}),
    },
  });
}

/** Messages that the command line would show. */
async function annotations(outdir, levels) {
  const messages = [];
  for (const name of await readdir(outdir)) {
    if (!name.endsWith('.metadata.json')) continue;
    const metadata = JSON.parse(await readFile(path.join(outdir, name), 'utf8'));
    for (const [where, entries] of Object.entries(metadata))
      for (const { type, data } of entries)
        if (levels.some((level) => type === `aws:cdk:${level}`)) messages.push(`${where}: ${data}`);
  }
  return messages;
}

/** What validation plugins found, cdk-nag and CDK's own among them. */
async function violations(outdir) {
  const file = path.join(outdir, 'validation-report.json');
  if (!existsSync(file)) return [];
  const { pluginReports = [] } = JSON.parse(await readFile(file, 'utf8'));
  return pluginReports.flatMap(({ violations: found = [] }) =>
    found.map(({ ruleName, description, violatingConstructs, violatingResources }) => {
      const where = (violatingConstructs ?? violatingResources ?? []).map(
        ({ constructPath, resourceLogicalId }) => constructPath ?? resourceLogicalId,
      );
      return `${ruleName}: ${description}\n  in ${where.join(', ')}; acknowledge '${ruleName}' there, with a reason`;
    }),
  );
}
