import path from 'node:path';
import { SpecError } from '../../lib/errors';
import { closeS3, S3Folder } from '../../lib/format/node';
import { LOCK_FILE_NAME, lockKey, type LockedModel } from '../../lib/lock';
import { readLockFile, writeLockFile } from '../../lib/lock/file';
import { ExitStatus } from '../exit-status';
import { lookUpHubModel } from '../models/hub';
import { lookUpJumpStartModel } from '../models/jump-start';
import { parseModelName, type ModelName } from '../models/model-name';
import { readCheckpoint } from '../models/weights';
import { renderTable } from '../output/table';
import { bytes } from '../output/units';
import type { Terminal } from '../terminal';

/** `qe models add ID`, `qe models list`: what is known of models, in the lock file that synth reads. */
export async function models(
  args: readonly string[],
  options: Record<string, unknown>,
  terminal: Terminal,
): Promise<ExitStatus> {
  const [action, ...names] = args;
  const file = path.resolve(typeof options.lock === 'string' ? options.lock : LOCK_FILE_NAME);
  if (action === 'list' && names.length === 0) return list(file, terminal);
  if (action === 'add' && names.length > 0) return add(file, names, terminal);
  throw new SpecError('MODELS_ACTION_UNKNOWN', `qe models ${args.join(' ')} says nothing that can be done`, {
    got: args.join(' '),
    allowed: 'qe models add ID [ID …], qe models list',
    fix: 'name a model to add: org/model, jumpstart:model-id, s3://bucket/prefix/',
  });
}

async function add(file: string, names: readonly string[], terminal: Terminal): Promise<ExitStatus> {
  const wanted = names.map(parseModelName);
  const added: Record<string, LockedModel> = {};
  try {
    for (const name of wanted) {
      terminal.say(`looking up ${name.id}`);
      const found = await lookUp(name, (text) => terminal.say(text));
      added[lockKey(name.source, name.id, name.revision)] = { ...found, resolvedAt: new Date().toISOString() };
    }
  } finally {
    await closeS3();
  }
  // Read only now: another command may have added to it meanwhile.
  const lock = readLockFile(file);
  writeLockFile(file, { ...lock, models: { ...lock.models, ...added } });
  if (terminal.json) terminal.printJson({ file, models: added });
  else terminal.print(render(added, terminal));
  terminal.say(`wrote ${path.relative(process.cwd(), file) || file}: commit it, synth reads it`);
  return ExitStatus.OK;
}

async function lookUp(name: ModelName, say: (text: string) => void): Promise<LockedModel> {
  if (name.source === 'huggingface') return lookUpHubModel(name, say);
  if (name.source === 'jumpstart') return lookUpJumpStartModel(name, say);
  return { source: 's3', id: name.id, ...(await readCheckpoint(S3Folder.open(name.id), say)) };
}

function list(file: string, terminal: Terminal): ExitStatus {
  const { models: locked } = readLockFile(file);
  if (terminal.json) terminal.printJson({ file, models: locked });
  else if (Object.keys(locked).length === 0) terminal.say(`${file} holds no model: qe models add ID`);
  else terminal.print(render(locked, terminal));
  return ExitStatus.OK;
}

function render(locked: Readonly<Record<string, LockedModel>>, terminal: Terminal): string {
  return renderTable(
    [{ title: 'model' }, { title: 'revision' }, { title: 'weights', align: 'right' }, { title: 'architecture' }],
    Object.entries(locked).map(([key, { revision, weightBytes, config, gated }]) => [
      key + (gated === true ? ' (gated)' : ''),
      revision?.slice(0, 12) ?? '',
      bytes(weightBytes ?? null),
      architectureOf(config),
    ]),
    terminal,
  );
}

function architectureOf(config: LockedModel['config']): string {
  const [name] = Array.isArray(config?.architectures) ? (config.architectures as unknown[]) : [];
  return typeof name === 'string' ? name : 'unknown';
}
