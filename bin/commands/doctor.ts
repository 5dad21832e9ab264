import path from 'node:path';
import { accountDiagnoses } from '../doctor/account';
import { awsAccount } from '../doctor/aws';
import { localDiagnoses } from '../doctor/local';
import { needsOf } from '../doctor/needs';
import type { Diagnosis } from '../doctor/types';
import { ExitStatus } from '../exit-status';
import type { Terminal } from '../terminal';

/** `qe doctor [DIRECTORY]`: whether an app can be synthesized and deployed from here. Status 1 where something stops it. */
export async function doctor(
  args: readonly string[],
  options: Record<string, unknown>,
  terminal: Terminal,
): Promise<ExitStatus> {
  const directory = path.resolve(args[0] ?? '.');
  const asked = typeof options.instanceType === 'string' ? options.instanceType : undefined;
  const diagnoses = [
    ...localDiagnoses(directory, process.versions.node),
    ...(options.offline === true ? [] : await accountDiagnoses(awsAccount(), await needsOf(directory, asked))),
  ];
  if (terminal.json) terminal.printJson({ directory, diagnoses });
  else terminal.print(diagnoses.map((diagnosis) => render(diagnosis, terminal)).join('\n'));
  return diagnoses.some(({ status }) => status === 'error') ? ExitStatus.FINDINGS : ExitStatus.OK;
}

function render({ id, status, message, fix }: Diagnosis, terminal: Terminal): string {
  const { cyan, dim, green, red, yellow } = terminal.colors;
  const mark = { ok: green('ok     '), warning: yellow('warning'), error: red('error  '), skipped: dim('skipped') }[
    status
  ];
  const line = `${mark} ${id}  ${message}`;
  return fix === undefined ? line : `${line}\n        ${dim('fix')}  ${cyan(fix)}`;
}
