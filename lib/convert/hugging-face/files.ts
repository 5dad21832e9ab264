import { FormatError } from '../../errors';
import { printable, type CheckpointFolder } from '../../format';
import { isJsonObject, parseJson, type JsonObject } from '../../text/json';

/** The largest published tokenizer.json has 35 MB. */
const MAX_FILE_BYTES = 256 * 1024 * 1024;

/** Small files beside the weights. */
export class HubFiles {
  private names: ReadonlySet<string> | undefined;

  constructor(private readonly folder: CheckpointFolder) {}

  async has(name: string): Promise<boolean> {
    this.names ??= new Set((await this.folder.list()).map((entry) => entry.name));
    return this.names.has(name);
  }

  /** @throws FormatError `SOURCE_*`, `FILE_TOO_LARGE` */
  async bytes(name: string): Promise<Uint8Array | undefined> {
    if (!(await this.has(name))) return undefined;
    const source = await this.folder.open(name);
    try {
      if (source.size <= MAX_FILE_BYTES) return await source.read(0, source.size);
      throw new FormatError('FILE_TOO_LARGE', `${name} of ${this.folder.name} is larger than any`, {
        path: source.name,
        got: `${source.size} bytes`,
        allowed: `at most ${MAX_FILE_BYTES} bytes`,
        fix: 'the file is hostile or damaged: do not use it',
      });
    } finally {
      await source.close();
    }
  }

  async text(name: string): Promise<string | undefined> {
    const bytes = await this.bytes(name);
    return bytes === undefined ? undefined : new TextDecoder().decode(bytes);
  }

  /** @throws FormatError `JSON_MALFORMED` for what is no JSON object */
  async json(name: string): Promise<JsonObject | undefined> {
    const text = await this.text(name);
    if (text === undefined) return undefined;
    let value: unknown;
    try {
      value = parseJson(text);
    } catch (cause) {
      throw malformed(this.folder.name, name, printable((cause as Error).message));
    }
    if (isJsonObject(value)) return value;
    throw malformed(this.folder.name, name, 'no object');
  }

  /** A file that some models ship broken and no reader needs. */
  async optionalJson(name: string): Promise<JsonObject | undefined> {
    try {
      return await this.json(name);
    } catch (error) {
      if (error instanceof FormatError && error.id === 'JSON_MALFORMED') return undefined;
      throw error;
    }
  }
}

function malformed(folder: string, name: string, got: string): FormatError {
  return new FormatError('JSON_MALFORMED', `${name} of ${folder} is not a JSON object`, {
    path: `${folder}/${name}`,
    got,
    allowed: 'one JSON object in UTF-8',
    fix: `download ${name} again`,
  });
}
