import { pythonTool } from './python-tool.mjs';
import { run } from './run.mjs';
import { exampleOf, templatesOf } from './assemblies.mjs';

const CHECKOV = '3.3.30';

/**
 * Runs checkov once over all assemblies, since its start takes longer than its checks.
 *
 * @param outdirs example → its assembly
 * @returns example → what checkov found in its templates
 */
export async function checkov(outdirs) {
  const templates = await templatesOf(outdirs);
  const found = new Map([...outdirs.keys()].map((example) => [example, []]));
  if (templates.length === 0) return found;

  const args = ['--framework', 'cloudformation', '--skip-download', '--quiet', '--compact', '--output', 'json'];
  const { status, stdout, output } = await run(
    await pythonTool('checkov', CHECKOV),
    [...args, ...templates.flatMap((file) => ['--file', file])],
    // It would otherwise look for a newer version of itself, and for an account to report to.
    { env: { ...process.env, BC_API_KEY: '', CKV_IGNORE_HIDDEN_DIRECTORIES: 'false' } },
  );
  const { failed, parsingErrors } = read(status, stdout, output);
  for (const file of parsingErrors) found.get(exampleOf(file, outdirs))?.push(`checkov cannot read ${file}`);
  for (const { check_id: id, check_name: name, resource, file_abs_path: file } of failed)
    found.get(exampleOf(file, outdirs))?.push(`${id}: ${name} ${resource}\n  argue in its Metadata: ${skip(id)}`);
  return found;
}

function read(status, stdout, output) {
  let report;
  try {
    report = JSON.parse(stdout);
  } catch {
    throw new Error(`checkov ended with ${status}:\n${output}`);
  }
  const reports = [report].flat();
  return {
    failed: reports.flatMap(({ results }) => results?.failed_checks ?? []),
    parsingErrors: reports.flatMap(({ results }) => results?.parsing_errors ?? []),
  };
}

function skip(id) {
  return `checkov: { skip: [{ id: '${id}', comment: '…' }] }`;
}
