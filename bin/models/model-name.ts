import { SpecError } from '../../lib/errors';
import type { LockedSource } from '../../lib/lock';

/** A model as the command line names it. */
export interface ModelName {
  readonly source: LockedSource;
  readonly id: string;
  /** Hub: commit, tag or branch. JumpStart: version. */
  readonly revision?: string;
}

/** Source: huggingface_hub, `utils/_validators.py`, `REPO_ID_REGEX`. */
const HUB_ID = /^[\w][\w.-]{0,95}(?:\/[\w][\w.-]{0,95})?$/;
const JUMPSTART_ID = /^[a-zA-Z0-9](?:-*[a-zA-Z0-9]){0,254}$/;

/**
 * `Qwen/Qwen2.5-7B-Instruct-AWQ`, `org/model@revision`, `jumpstart:model-id@1.0.0`, `s3://bucket/prefix/`.
 *
 * @throws SpecError `MODEL_NAME_INVALID`
 */
export function parseModelName(text: string): ModelName {
  if (/^s3:\/\//i.test(text)) return { source: 's3', id: text.endsWith('/') ? text : `${text}/` };
  const isJumpStart = text.startsWith('jumpstart:');
  const [id, revision, ...rest] = (isJumpStart ? text.slice('jumpstart:'.length) : text).split('@');
  const isValid = (isJumpStart ? JUMPSTART_ID : HUB_ID).test(id) && revision !== '' && rest.length === 0;
  if (!isValid)
    throw new SpecError('MODEL_NAME_INVALID', `${text} names no model`, {
      got: text,
      allowed: 'org/model, org/model@revision, jumpstart:model-id@version, s3://bucket/prefix/',
      fix: 'give the model as its hub spells it; a directory on this machine needs no entry, it is read at synth',
    });
  return { source: isJumpStart ? 'jumpstart' : 'huggingface', id, ...(revision === undefined ? {} : { revision }) };
}
