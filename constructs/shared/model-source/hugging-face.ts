import type { Construct } from 'constructs';
import { lockKey } from '../../../lib/lock';
import { findModelConfig } from '../../../lib/model';
import type { Finding } from '../../../lib/rules/types';
import type { ModelSpec } from '../../../lib/spec/types';
import type { BoundModel, FilePick, ModelBinder } from './bound-model';
import { configUnknown, knownOf, lockFileOf } from './knowledge';
import type { HuggingFaceModelOptions } from './options';

const COMMIT = /^[0-9a-f]{40}$/;

export function huggingFace(id: string, options: HuggingFaceModelOptions): ModelBinder {
  const bind = (scope: Construct, pick?: FilePick): BoundModel => {
    const { models } = lockFileOf(scope);
    const locked = models[lockKey('huggingface', id, options.revision)] ?? sameCommit(models, id, options.revision);
    const revision = locked?.revision ?? options.revision;
    const known = knownOf(options, locked);
    const findings: Finding[] = [];
    const asked = options.revision === undefined ? id : `${id}@${options.revision}`;
    // The plan knows the configs of well-known models by itself.
    if (known.config === undefined && findModelConfig(id) === undefined)
      findings.push(
        configUnknown(
          id,
          `run \`qe models add ${asked}\` and commit quantized-endpoints.lock.json, or give config or configPath`,
        ),
      );
    if (revision === undefined || !COMMIT.test(revision)) findings.push(notPinned(id, revision));
    const spec: ModelSpec = { id, ...known, ...gatedOf(options.gated ?? locked?.gated) };
    pick?.(spec, 'hub');
    return {
      name: id,
      spec,
      modelData: 'hub',
      revision,
      findings,
      grantRead: () => [],
    };
  };
  return { bind };
}

/** An entry made for the default branch also serves whoever names the commit that the branch held. */
function sameCommit(models: ReturnType<typeof lockFileOf>['models'], id: string, revision: string | undefined) {
  const entry = models[lockKey('huggingface', id)];
  return revision !== undefined && entry?.revision === revision ? entry : undefined;
}

function gatedOf(gated: boolean | undefined) {
  return gated === undefined ? {} : { gated };
}

function notPinned(id: string, revision: string | undefined): Finding {
  return {
    rule: 'MODEL_REVISION_NOT_PINNED',
    severity: 'warning',
    message:
      `each new instance downloads what ${id} holds at that moment: a push to the repository changes what is served, ` +
      'and instances of one endpoint may differ',
    got: revision === undefined ? 'no revision' : `revision ${revision}`,
    allowed: 'a commit hash of 40 digits',
    fix: `run \`qe models add ${id}\` to lock today’s commit, or give revision`,
    path: '/model/id',
  };
}
