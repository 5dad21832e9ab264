import { exampleOf, templatesOf } from './assemblies.mjs';
import { pythonTool } from './python-tool.mjs';
import { run } from './run.mjs';

const CFN_LINT = '1.58.0';

/**
 * Runs cfn-lint once over all assemblies, since its start takes longer than its checks.
 *
 * @param outdirs example → its assembly
 * @returns example → what it found in its templates
 */
export async function cfnLint(outdirs, region) {
  const templates = await templatesOf(outdirs);
  const found = new Map([...outdirs.keys()].map((example) => [example, []]));
  if (templates.length === 0) return found;
  const { status, stdout, output } = await run(await pythonTool('cfn-lint', CFN_LINT), [
    ...['--format', 'json', '--regions', region, '--'],
    ...templates,
  ]);
  if (status === 0) return found;
  let problems;
  try {
    problems = JSON.parse(stdout);
  } catch {
    throw new Error(`cfn-lint ended with ${status}:\n${output}`);
  }
  for (const { Filename: file, Location: where, Message: message, Rule: rule } of problems)
    found.get(exampleOf(file, outdirs))?.push(`${rule.Id} line ${where.Start.LineNumber}: ${message}`);
  return found;
}
