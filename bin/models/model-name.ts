import { SpecError } from '../../lib/errors';
import type { LockedSource } from '../../lib/lock';

/** A model as the command line names it. */
export interface ModelName {
  readonly source: LockedSource;
  readonly id: string;
  /** Hub: commit, tag or branch. JumpStart: version. */
  readonly revision?: string;
  /** JumpStart: a private hub; AWS's own where it is left out. */
  readonly hub?: string;
  /** JumpStart: the model's name in its hub, without hub and configuration. */
  readonly contentName?: string;
  /** JumpStart: one of the model's inference configurations. */
  readonly config?: string;
}

/** Source: huggingface_hub, `utils/_validators.py`, `REPO_ID_REGEX`. */
const HUB_ID = /^[\w][\w.-]{0,95}(?:\/[\w][\w.-]{0,95})?$/;
/** `[hub/]model[#configuration]`. Source: SageMaker API, `HubName` and `HubContentName`. */
const JUMPSTART_ID =
  /^(?:(?<hub>[a-zA-Z0-9](?:-*[a-zA-Z0-9]){0,62})\/)?(?<contentName>[a-zA-Z0-9](?:-*[a-zA-Z0-9]){0,62})(?:#(?<config>[\w.-]{1,128}))?$/;

/**
 * `Qwen/Qwen2.5-7B-Instruct-AWQ`, `org/model@revision`, `jumpstart:model-id@1.0.0`, `jumpstart:hub/model-id#config`,
 * `s3://bucket/prefix/`.
 *
 * @throws SpecError `MODEL_NAME_INVALID`
 */
export function parseModelName(text: string): ModelName {
  if (/^s3:\/\//i.test(text)) return { source: 's3', id: text.endsWith('/') ? text : `${text}/` };
  const isJumpStart = text.startsWith('jumpstart:');
  const [id, revision, ...rest] = (isJumpStart ? text.slice('jumpstart:'.length) : text).split('@');
  const match = (isJumpStart ? JUMPSTART_ID : HUB_ID).exec(id);
  if (match === null || revision === '' || rest.length > 0)
    throw new SpecError('MODEL_NAME_INVALID', `${text} names no model`, {
      got: text,
      allowed: 'org/model, org/model@revision, jumpstart:[hub/]model-id[#config]@version, s3://bucket/prefix/',
      fix: 'give the model as its hub spells it; a directory on this machine needs no entry, it is read at synth',
    });
  const version = revision === undefined ? {} : { revision };
  return isJumpStart
    ? { source: 'jumpstart', id, ...version, ...match.groups }
    : { source: 'huggingface', id, ...version };
}
