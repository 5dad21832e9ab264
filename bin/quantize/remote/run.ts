import { createHash, randomUUID } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { QuantizedEndpointsError, SpecError } from '../../../lib/errors';
import type { S3Location } from '../../../lib/format/node';
import type { Terminal } from '../../terminal';
import type { QuantizeAnswer } from '../writer';
import type { BuildAccount } from './account';
import { ANSWER_FILE, projectOf, type RemoteJob } from './job';

/** Folder beside the result in which the program lies while it runs. */
const PROGRAM_FOLDER = '.qe';

export interface RemoteRun {
  readonly account: BuildAccount;
  /** Folder of the bundled command line. */
  readonly program: string;
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
  /** Between two looks at the build. */
  readonly pollMilliseconds: number;
}

/**
 * Runs `qe quantize` in the account: the program is uploaded beside the result, a CodeBuild project reads it, the checkpoint from S3, and
 * leaves what it wrote in S3. Project and program are removed, whatever becomes of the run.
 *
 * @throws SpecError `REMOTE_PROGRAM_MISSING`; QuantizedEndpointsError `REMOTE_QUANTIZE_FAILED`; the signal's reason, once the build is stopped
 */
export async function quantizeRemotely(job: RemoteJob, run: RemoteRun): Promise<QuantizeAnswer> {
  const { account, terminal, signal } = run;
  const files = new Map([...programFiles(run.program), ...job.inputs]);
  const { bucket, key } = job.out;
  const folder = `${key}${PROGRAM_FOLDER}/${digestOf(files)}`;
  const source: S3Location = { bucket, key: `${folder}/` };
  const name = `qe-quantize-${randomUUID()}`;
  const uploaded: S3Location[] = [];
  let hasProject = false;
  try {
    for (const [there, here] of files) {
      signal.throwIfAborted();
      const target = { bucket, key: `${folder}/${there}` };
      await account.upload(here, target);
      uploaded.push(target);
    }
    await account.createProject(projectOf(name, job, source));
    hasProject = true;
    await finished(await account.start(name), run);
  } finally {
    if (hasProject) await account.deleteProject(name);
    for (const target of uploaded) await account.remove(target);
  }
  const answer = JSON.parse(await account.readText({ bucket, key: `${key}/${ANSWER_FILE}` })) as QuantizeAnswer;
  terminal.say(`written to s3://${bucket}/${key}/`);
  return { ...answer, files: answer.files.map((file) => `s3://${bucket}/${key}/${file.replace(/^out\//, '')}`) };
}

/** Waits until the build has succeeded, and says each phase as it begins. */
async function finished(id: string, { account, terminal, signal, pollMilliseconds }: RemoteRun): Promise<void> {
  let phase = '';
  for (;;) {
    const state = await account.state(id);
    if (state.phase !== phase) terminal.say(`${id}: ${state.phase.toLowerCase().replaceAll('_', ' ')}`);
    phase = state.phase;
    if (state.status === 'SUCCEEDED') return;
    if (state.status !== 'IN_PROGRESS')
      throw new QuantizedEndpointsError('REMOTE_QUANTIZE_FAILED', `the build of CodeBuild ended as ${state.status}`, {
        got: state.message,
        allowed: 'a build that succeeds',
        fix: state.log === undefined ? 'its log says why' : `read its log: ${state.log}`,
      });
    try {
      await sleep(pollMilliseconds, undefined, { signal });
    } catch (interrupted) {
      await account.stop(id);
      throw interrupted;
    }
  }
}

/** Every file of the command line, by its path below the folder. */
function programFiles(folder: string): Map<string, string> {
  if (!existsSync(path.join(folder, 'qe.js')))
    throw new SpecError(
      'REMOTE_PROGRAM_MISSING',
      'the command line that runs in the account is not here in one piece',
      {
        got: folder,
        allowed: 'the folder of a built qe.js',
        fix: 'run the qe of the npm package, or `npm run build` first',
      },
    );
  const names = readdirSync(folder, { recursive: true }).map(String).sort();
  const files = names.filter((name) => statSync(path.join(folder, name)).isFile());
  return new Map(files.map((name) => [name.split(path.sep).join('/'), path.join(folder, name)]));
}

function digestOf(files: ReadonlyMap<string, string>): string {
  const hash = createHash('sha256');
  for (const [there, here] of files) hash.update(there).update('\0').update(readFileSync(here));
  return hash.digest('hex').slice(0, 16);
}
