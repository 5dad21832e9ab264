import { Tokenizer } from '@huggingface/tokenizers';
import { SimulationError } from '../../lib/errors';
import type { CheckpointFolder } from '../../lib/format';

/** A model's own tokenizer. */
export interface ModelTokenizer {
  /** Tokens of a text, without those that the tokenizer puts around it. */
  encode(text: string): number[];
  /** With them, as an encoder reads a text. */
  encodeWhole(text: string): number[];
  /** The token that every text begins with; undefined for models that have none. */
  readonly begin: number | undefined;
}

/**
 * Reads `tokenizer.json` beside the weights.
 *
 * @throws SimulationError `TOKENIZER_MISSING`, `TOKENIZER_UNREADABLE`
 */
export async function loadTokenizer(folder: CheckpointFolder): Promise<ModelTokenizer> {
  const names = (await folder.list()).map(({ name }) => name);
  if (!names.includes('tokenizer.json')) {
    throw new SimulationError('TOKENIZER_MISSING', `${folder.name} has no tokenizer.json`, {
      got: names.filter((name) => name.includes('token')).join(', ') || 'no tokenizer at all',
      allowed: 'tokenizer.json, as fast tokenizers are saved',
      fix: "download tokenizer.json from the model's repository",
      path: folder.name,
    });
  }
  const settings = names.includes('tokenizer_config.json') ? await readJson(folder, 'tokenizer_config.json') : {};
  const tokenizer = make(folder, await readJson(folder, 'tokenizer.json'), settings);
  const bare = tokenizer.encode('a', { add_special_tokens: false }).ids;
  const whole = tokenizer.encode('a', { add_special_tokens: true }).ids;
  return {
    encode: (text) => tokenizer.encode(text, { add_special_tokens: false }).ids,
    encodeWhole: (text) => tokenizer.encode(text, { add_special_tokens: true }).ids,
    begin: whole[0] === bare[0] ? undefined : whole[0],
  };
}

function make(folder: CheckpointFolder, json: object, settings: object): Tokenizer {
  try {
    return new Tokenizer(json, settings);
  } catch (cause) {
    throw unreadable(folder, 'tokenizer.json', cause);
  }
}

async function readJson(folder: CheckpointFolder, name: string): Promise<object> {
  const source = await folder.open(name);
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(await source.read(0, source.size)));
    if (typeof value === 'object' && value !== null) return value;
    throw new TypeError(`${name} holds no object`);
  } catch (cause) {
    throw unreadable(folder, name, cause);
  } finally {
    await source.close();
  }
}

function unreadable(folder: CheckpointFolder, name: string, cause: unknown): SimulationError {
  return new SimulationError('TOKENIZER_UNREADABLE', `${name} cannot be read: ${(cause as Error).message}`, {
    got: (cause as Error).message,
    allowed: 'the JSON that the tokenizers library writes',
    fix: `download ${name} again`,
    path: `${folder.name}/${name}`,
    cause,
  });
}
