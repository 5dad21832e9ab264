// Writes docs/rules/: a page for each rule and an index, from the rules themselves. With --check it writes nothing and fails
// when a page is missing, left over or out of date.
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { format, resolveConfig } from 'prettier';
import { importTypeScript } from '../import-typescript.mjs';

const root = path.resolve(import.meta.dirname, '..', '..');
const folder = path.join(root, 'docs', 'rules');
const isCheck = process.argv.includes('--check');

const { check, EXPLANATION_SUBJECTS, EXPLANATIONS, EXPLANATIONS_BY_SUBJECT, RULE_CAUSES, RULES, RULES_BY_CAUSE } =
  await importTypeScript('lib/rules/index.ts');
const pages = await allPages();

const present = await readdir(folder).catch(() => []);
const stale = present.filter((name) => name.endsWith('.md') && !pages.has(name));
const changed = [];
for (const [name, text] of pages) {
  const before = await readFile(path.join(folder, name), 'utf8').catch(() => undefined);
  if (before !== text) changed.push(name);
}

if (isCheck) {
  if (stale.length + changed.length > 0) {
    console.error(`docs/rules is out of date (${[...changed, ...stale].slice(0, 5).join(', ')} ...): run npm run docs`);
    process.exit(1);
  }
} else {
  await mkdir(folder, { recursive: true });
  for (const name of stale) await rm(path.join(folder, name));
  for (const name of changed) await writeFile(path.join(folder, name), pages.get(name));
  console.log(`docs/rules: ${pages.size} pages, ${changed.length} written, ${stale.length} removed`);
}

async function allPages() {
  const options = { ...(await resolveConfig(path.join(folder, 'README.md'))), parser: 'markdown' };
  const texts = new Map([['README.md', index()]]);
  for (const cause of RULE_CAUSES) for (const rule of RULES_BY_CAUSE[cause]) texts.set(fileOf(rule), page(rule, cause));
  for (const subject of EXPLANATION_SUBJECTS)
    for (const found of EXPLANATIONS_BY_SUBJECT[subject]) texts.set(fileOf(found), pageWithoutExample(found, subject));
  const formatted = new Map();
  for (const [name, text] of texts) formatted.set(name, await format(text, options));
  return formatted;
}

function fileOf({ id }) {
  return `${id.toLowerCase().replaceAll('_', '-')}.md`;
}

function index() {
  const sections = RULE_CAUSES.filter((cause) => RULES_BY_CAUSE[cause].length > 0).map((cause) => {
    const rows = RULES_BY_CAUSE[cause].map(
      (rule) =>
        `| [\`${rule.id}\`](${fileOf(rule)}) | ${rule.severity} | ${cell(rule.summary)} | ${cell(rule.holdsFor ?? 'every version')} |`,
    );
    return [
      `## ${cause}`,
      '',
      '| rule | severity | checks that | holds for |',
      '| --- | --- | --- | --- |',
      ...rows,
    ].join('\n');
  });
  const beyond = EXPLANATION_SUBJECTS.map((subject) =>
    [
      `### ${subject}`,
      '',
      '| finding | severity | checks that |',
      '| --- | --- | --- |',
      ...EXPLANATIONS_BY_SUBJECT[subject].map(
        (found) => `| [\`${found.id}\`](${fileOf(found)}) | ${found.severity} | ${cell(found.summary)} |`,
      ),
    ].join('\n'),
  );
  return [
    '# Rules',
    '',
    `${RULES.length} rules judge an endpoint before anything is deployed. An error means that the endpoint would not start, or not do what was asked; a warning that something asked for is dropped, slower or risky. \`qe explain ID\` shows a page in the terminal, \`qe rules\` this list. A construct reports findings through CDK's validations, where a warning is acknowledged by its id.`,
    '',
    ...sections.flatMap((section) => [section, '']),
    '## Beyond a spec',
    '',
    `${EXPLANATIONS.length} findings come from what no endpoint spec shows: from reading specs, models and reports, and from props of constructs that a spec has no words for.`,
    '',
    ...beyond.flatMap((section) => [section, '']),
  ].join('\n');
}

function pageWithoutExample({ id, severity, summary, explanation, source, holdsFor }, cause) {
  return [
    `# ${id}`,
    '',
    `**${severity}** · ${cause}${holdsFor === undefined ? '' : ` · holds for ${escape(holdsFor)}`}`,
    '',
    `Checks that ${escape(summary)}.`,
    '',
    escape(explanation),
    '',
    `Source: ${escape(source)}`,
    '',
  ].join('\n');
}

function page(rule, cause) {
  const { id, examples } = rule;
  const refused = examples.fails[0];
  const finding = check(refused).findings.find((found) => found.rule === id);
  return [
    pageWithoutExample(rule, cause),
    '## Refused',
    '',
    json(refused),
    '',
    `> ${escape(finding.message)}`,
    '',
    ...(finding.allowed === undefined ? [] : [`Allowed: ${escape(finding.allowed)}`, '']),
    '## Passes',
    '',
    json(examples.passes[0]),
    '',
    '`model.config` is shortened to what a reader needs; the whole examples are in the rule.',
    '',
  ].join('\n');
}

function json(spec) {
  const short = structuredClone(spec);
  const config = short.model?.config;
  if (config !== undefined) {
    const { architectures, quantization_config: quantization } = config;
    short.model.config = {
      architectures,
      ...(quantization === undefined ? {} : { quantization_config: quantization }),
      '…': '…',
    };
  }
  return ['```json', JSON.stringify(short, undefined, 2), '```'].join('\n');
}

/** Markdown's own characters, where prose uses them outside of code. An underscore inside a word means nothing. */
function escape(text) {
  return text
    .split(/(`[^`]*`)/)
    .map((part) => (part.startsWith('`') ? part : part.replace(/[\\*<|[\]]|(?<!\w)_|_(?!\w)/g, '\\$&')))
    .join('');
}

function cell(text) {
  return escape(text).replaceAll('\n', ' ');
}
