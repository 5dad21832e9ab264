import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { SpecError } from '../../lib/errors';
import { LOCK_FILE_NAME, lockKey } from '../../lib/lock';
import { writeLockFile } from '../../lib/lock/file';
import { ExitStatus } from '../exit-status';
import { chooseInstance } from '../init/choose-instance';
import { appFiles } from '../init/files';
import { lookUpHubModel } from '../models/hub';
import { parseModelName } from '../models/model-name';
import { writeWhole } from '../output/write-file';
import { usePlanningFiles } from '../plan/planning-files';
import type { Terminal } from '../terminal';

/** `qe init [DIRECTORY]`: the smallest app that deploys a model of the hub, with what is known of the model beside it. */
export async function init(
  args: readonly string[],
  options: Record<string, unknown>,
  terminal: Terminal,
): Promise<ExitStatus> {
  const directory = path.resolve(args[0] ?? '.');
  const region = String(options.region);
  const name = parseModelName(String(options.model));
  if (name.source !== 'huggingface')
    throw new SpecError('INIT_MODEL_NOT_OF_HUB', `qe init begins with a model of the hub, got ${name.id}`, {
      got: String(options.model),
      allowed: 'org/model, org/model@revision',
      fix: 'begin with a model of the hub, and change `model` in app.ts to ModelSource.s3Prefix or ModelSource.jumpStart then',
    });
  refuseToOverwrite(directory);
  await usePlanningFiles();
  terminal.say(`looking up ${name.id}`);
  const model = await lookUpHubModel(name, (text) => terminal.say(text));
  const asked = typeof options.instanceType === 'string' ? options.instanceType : undefined;
  const instanceType = chooseInstance(model, region, asked);

  await mkdir(directory, { recursive: true });
  const files = appFiles({ model, instanceType, region, appName: packageName(path.basename(directory)) });
  for (const [file, text] of files) await writeWhole(path.join(directory, file), text);
  writeLockFile(path.join(directory, LOCK_FILE_NAME), {
    version: 1,
    models: { [lockKey('huggingface', model.id, name.revision)]: { ...model, resolvedAt: new Date().toISOString() } },
  });

  const written = [...files.keys(), LOCK_FILE_NAME];
  if (terminal.json)
    terminal.printJson({ directory, instanceType, model: model.id, revision: model.revision, files: written });
  else terminal.print(`${model.id} on ${instanceType}: wrote ${written.join(', ')}`);
  const into = path.relative(process.cwd(), directory);
  terminal.say(`next: ${into === '' ? '' : `cd ${into} && `}npm install && npx qe doctor && npx cdk synth`);
  return ExitStatus.OK;
}

function refuseToOverwrite(directory: string): void {
  const found = ['app.ts', 'cdk.json', 'package.json', 'tsconfig.json', LOCK_FILE_NAME].filter((file) =>
    existsSync(path.join(directory, file)),
  );
  if (found.length === 0) return;
  throw new SpecError('INIT_DIRECTORY_IN_USE', `there is an app in ${directory} already`, {
    path: directory,
    got: found.join(', '),
    allowed: 'a directory without these files',
    fix: 'name another directory: qe init my-endpoint',
  });
}

/** Source: npm, package.json, "name". */
function packageName(folder: string): string {
  const name = folder
    .toLowerCase()
    .replace(/[^a-z0-9-]+/g, '-')
    .replace(/^-+|-+$/g, '');
  return name === '' ? 'endpoint' : name;
}
