import { FormatError, UnknownNameError } from '../../lib/errors';
import type { ByteSource, CheckpointFolder, FolderEntry } from '../../lib/format';
import type { LockedModel } from '../../lib/lock';
import type { ModelName } from './model-name';
import { readCheckpoint } from './weights';

/**
 * What the hub's API tells of a revision. Source: huggingface.co/docs/hub/api, `GET
 * /api/models/{repo}/revision/{revision}`.
 */
interface HubModel {
  readonly sha?: string;
  readonly gated?: boolean | string;
  readonly siblings?: readonly { readonly rfilename?: string; readonly size?: number }[];
}

const REQUEST_TIMEOUT_MS = 60_000;
const ATTEMPTS = 3;

/** A model of the Hugging Face hub, at the commit that its revision is now. */
export async function lookUpHubModel({ id, revision }: ModelName, say: (text: string) => void): Promise<LockedModel> {
  const path = revision === undefined ? '' : `/revision/${encodeURIComponent(revision)}`;
  const answer = await request(`${hub()}/api/models/${id}${path}?blobs=true`, id);
  const model = (await answer.json()) as HubModel;
  const { sha } = model;
  if (typeof sha !== 'string' || !/^[0-9a-f]{40}$/.test(sha)) throw notAHub(id, 'an answer without a commit');
  const checkpoint = await readCheckpoint(new HubFolder(id, sha, model), say);
  const gated = model.gated !== undefined && model.gated !== false;
  return { source: 'huggingface', id, revision: sha, gated, ...checkpoint };
}

/** The files of a repository at one commit, read by ranges: headers of weights, never the weights. */
class HubFolder implements CheckpointFolder {
  readonly name: string;
  private readonly entries: readonly FolderEntry[];

  constructor(
    private readonly id: string,
    private readonly sha: string,
    { siblings = [] }: HubModel,
  ) {
    this.name = `${id}@${sha.slice(0, 12)}`;
    this.entries = siblings
      .flatMap(({ rfilename, size }) =>
        rfilename === undefined || size === undefined ? [] : [{ name: rfilename, size }],
      )
      .filter(({ name }) => !name.includes('/'))
      .sort((left, right) => (left.name < right.name ? -1 : 1));
  }

  async list(): Promise<readonly FolderEntry[]> {
    return this.entries;
  }

  async open(name: string): Promise<ByteSource> {
    const entry = this.entries.find((candidate) => candidate.name === name);
    if (entry === undefined)
      throw new FormatError('SOURCE_NOT_FOUND', `${this.name} has no file ${name}`, {
        path: this.name,
        got: name,
        allowed: 'a file of the repository',
        fix: 'the upload is not complete: choose another revision',
      });
    const url = `${hub()}/${this.id}/resolve/${this.sha}/${encodeURIComponent(name)}`;
    const { id } = this;
    return {
      name: `${this.name}/${name}`,
      size: entry.size,
      async read(offset, length) {
        if (length === 0) return new Uint8Array(0);
        const answer = await request(url, id, { range: `bytes=${offset}-${offset + length - 1}` });
        // A server that knows no ranges sends the file from its beginning: that is the right piece only for a piece
        // that begins there.
        if (answer.status !== 206 && !(offset === 0 && length === entry.size)) {
          await answer.body?.cancel();
          throw notAHub(id, 'the whole file in answer to a request for a part of it');
        }
        const bytes = new Uint8Array(await answer.arrayBuffer());
        if (bytes.byteLength !== length) throw notAHub(id, `${bytes.byteLength} bytes for ${length}`);
        return bytes;
      },
      close: async () => undefined,
    };
  }
}

/** Source: huggingface_hub, `constants.py`, `HF_ENDPOINT`: a mirror of the hub may stand in for it. */
function hub(): string {
  return (process.env.HF_ENDPOINT ?? 'https://huggingface.co').replace(/\/+$/, '');
}

async function request(url: string, id: string, headers: Record<string, string> = {}): Promise<Response> {
  const token = process.env.HF_TOKEN ?? process.env.HUGGING_FACE_HUB_TOKEN;
  const authorization: Record<string, string> =
    token === undefined || token === '' ? {} : { authorization: `Bearer ${token}` };
  for (let attempt = 1; ; attempt++) {
    let answer: Response;
    try {
      answer = await fetch(url, {
        headers: { ...headers, ...authorization },
        signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
      });
    } catch (cause) {
      if (attempt < ATTEMPTS) continue;
      throw new UnknownNameError('HUB_UNREACHABLE', `cannot reach ${hub()}: ${reasonOf(cause)}`, {
        got: hub(),
        allowed: 'the Hugging Face hub, or a mirror of it in HF_ENDPOINT',
        fix: 'check the network, or copy config.json by hand and give configPath at synth',
        cause,
      });
    }
    if (answer.ok) return answer;
    await answer.body?.cancel();
    const isBusy = answer.status === 429 || answer.status >= 500;
    if (!isBusy || attempt === ATTEMPTS) throw refused(answer.status, id);
    await new Promise((resolve) => setTimeout(resolve, pauseOf(answer, attempt)));
  }
}

/** What the server asks for, within reason. */
function pauseOf(answer: Response, attempt: number): number {
  const asked = Number(answer.headers.get('retry-after'));
  return Math.min(10_000, Number.isFinite(asked) && asked > 0 ? asked * 1000 : 250 * 2 ** attempt);
}

function refused(status: number, id: string): UnknownNameError {
  if (status === 401 || status === 403)
    return new UnknownNameError(
      'HUB_MODEL_NOT_READABLE',
      `${id} does not exist on ${hub()}, or is given out to some only`,
      {
        got: `status ${status}`,
        allowed: 'a public model, or one that the token in HF_TOKEN may read',
        fix: `check the spelling; accept the model’s licence at ${hub()}/${id} and set HF_TOKEN`,
      },
    );
  if (status === 404)
    return new UnknownNameError('HUB_MODEL_UNKNOWN', `${id} does not exist on ${hub()} at this revision`, {
      got: `status ${status}`,
      allowed: 'a model and revision of the hub',
      fix: 'check the spelling; upper and lower case count',
    });
  return notAHub(id, `status ${status}`);
}

function notAHub(id: string, got: string): UnknownNameError {
  return new UnknownNameError('HUB_ANSWER_UNEXPECTED', `${hub()} did not answer as a hub does when asked for ${id}`, {
    got,
    allowed: 'the answers of the Hugging Face hub',
    fix: 'try again later, and check HF_ENDPOINT',
  });
}

function reasonOf(cause: unknown): string {
  const { message, cause: inner } = cause as Error;
  return inner instanceof Error ? inner.message : message;
}
