import { FormatError } from '../../errors';
import { layoutSafetensors, readSafetensorsHeader, type FileLayout } from '../../format';
import type { SafetensorsTensorPlan } from '../../format';
import { AtomicFile, FileSource } from '../../format/node';
import type { Calibration, InputStatistics } from './calibration';

/** First metadata entry of a calibration file; the number counts versions of the layout. */
const FORMAT = 'activation-statistics-1';

/**
 * A calibration file is a safetensors file. Group `n` of its metadata's list has the tensors `n.abs_max`, `n.abs_mean`, `n.lowest`,
 * `n.highest` (f32, `[width]`) and, where moments were kept, `n.moments` (f32, `[width, width]`). `group_tokens` (i32, `[groups]`) says how
 * many tokens entered each group; in a file without it all of them entered all.
 */
const GROUP_TOKENS = 'group_tokens';
const VECTORS = ['abs_max', 'abs_mean', 'lowest', 'highest'] as const;

/** Weights that read one input, and how wide it is. */
export interface CalibrationGroup {
  readonly weights: readonly string[];
  readonly width: number;
}

export interface CalibrationPlan {
  readonly groups: readonly CalibrationGroup[];
  readonly tokens: number;
  readonly sequences: number;
  readonly moments: boolean;
  readonly modelDigest?: string;
}

/** Bytes that the file will have. */
export function calibrationFileBytes(plan: CalibrationPlan): number {
  return layoutOf(plan).fileBytes;
}

/** Writes a calibration file group by group; it takes its name when it is whole. */
export class CalibrationWriter {
  private readonly layout: FileLayout;
  private readonly file: AtomicFile;
  private readonly tokens: Int32Array;

  /** @throws FormatError `TARGET_UNWRITABLE`, `TARGET_FULL` */
  constructor(
    path: string,
    private readonly plan: CalibrationPlan,
  ) {
    this.layout = layoutOf(plan);
    this.file = AtomicFile.create(path, this.layout.fileBytes);
    this.file.writeSync(0, this.layout.header);
    this.tokens = new Int32Array(plan.groups.length);
  }

  write(group: number, statistics: InputStatistics): void {
    const { absMax, absMean, lowest, highest, moments, tokens } = statistics;
    this.tokens[group] = tokens;
    this.put(`${group}.abs_max`, absMax);
    this.put(`${group}.abs_mean`, absMean);
    this.put(`${group}.lowest`, lowest);
    this.put(`${group}.highest`, highest);
    if (this.plan.moments && moments !== undefined) this.put(`${group}.moments`, Float32Array.from(moments.second));
  }

  commit(): void {
    this.put(GROUP_TOKENS, this.tokens);
    this.file.commit();
  }

  abort(): void {
    this.file.abort();
  }

  private put(name: string, values: Float32Array | Int32Array): void {
    const tensor = this.layout.tensors.get(name);
    if (tensor === undefined) throw new RangeError(`the plan of the calibration file has no ${name}`);
    this.file.writeSync(tensor.offset, new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  }
}

/**
 * Opens a calibration file. Statistics are read when they are asked for: moments can be large.
 *
 * @throws FormatError `CALIBRATION_UNREADABLE` for a file that is none; `SAFETENSORS_*`, `SOURCE_*`
 */
export async function openCalibration(path: string): Promise<Calibration & { close(): Promise<void> }> {
  const source = FileSource.open(path);
  try {
    const header = await readSafetensorsHeader(source);
    const { metadata, tensors } = header;
    if (metadata.get('format') !== FORMAT) throw unreadable(path, metadata.get('format') ?? 'no format');
    const groups = stringLists(path, metadata.get('groups'));
    const tokens = Number(metadata.get('tokens'));
    const counted = tensors.get(GROUP_TOKENS);
    const entered = counted && new Int32Array((await source.read(counted.offset, counted.bytes)).slice().buffer);
    const tokensOf = (group: number) => entered?.[group] ?? tokens;
    const groupOf = new Map(
      groups.flatMap((weights, index) =>
        tokensOf(index) === 0 ? [] : weights.map((weight) => [weight, index] as const),
      ),
    );
    const floats = async (name: string) => {
      const tensor = tensors.get(name);
      if (tensor === undefined) return undefined;
      if (tensor.dtype !== 'F32') throw unreadable(path, `${name} of type ${tensor.dtype}`);
      const bytes = await source.read(tensor.offset, tensor.bytes);
      return new Float32Array(bytes.slice().buffer);
    };
    return {
      location: path,
      tokens,
      sequences: Number(metadata.get('sequences')),
      modelDigest: metadata.get('model_digest'),
      groups: groups.filter((_, index) => tokensOf(index) > 0),
      unreached: groups.filter((_, index) => tokensOf(index) === 0),
      close: () => source.close(),
      read: async (weight) => {
        const group = groupOf.get(weight);
        if (group === undefined) return undefined;
        const [absMax, absMean, lowest, highest] = await Promise.all(VECTORS.map((name) => floats(`${group}.${name}`)));
        if (!absMax || !absMean || !lowest || !highest) throw unreadable(path, `group ${group} without its vectors`);
        const second = await floats(`${group}.moments`);
        const width = absMax.length;
        const own = tokensOf(group);
        const moments = second && { width, tokens: own, second };
        return { width, tokens: own, absMax, absMean, lowest, highest, moments };
      },
    };
  } catch (error) {
    await source.close();
    throw error;
  }
}

/** Is this a calibration file, rather than a text? Told by its first bytes: a safetensors header begins with its length. */
export function looksLikeCalibration(start: Uint8Array): boolean {
  return start.length > 8 && start[7] === 0 && start[8] === 0x7b;
}

function layoutOf({ groups, tokens, sequences, moments, modelDigest }: CalibrationPlan): FileLayout {
  const tensors = groups.flatMap(({ width }, index): SafetensorsTensorPlan[] => [
    ...VECTORS.map((name) => ({ name: `${index}.${name}`, dtype: 'F32' as const, shape: [width] })),
    ...(moments ? [{ name: `${index}.moments`, dtype: 'F32' as const, shape: [width, width] }] : []),
  ]);
  tensors.push({ name: GROUP_TOKENS, dtype: 'I32', shape: [groups.length] });
  const metadata = new Map([
    ['format', FORMAT],
    ['tokens', String(tokens)],
    ['sequences', String(sequences)],
    ['groups', JSON.stringify(groups.map(({ weights }) => weights))],
  ]);
  if (modelDigest !== undefined) metadata.set('model_digest', modelDigest);
  return layoutSafetensors({ tensors, metadata });
}

function stringLists(path: string, json: string | undefined): string[][] {
  try {
    const value: unknown = JSON.parse(json ?? '');
    const isStrings = (list: unknown) => Array.isArray(list) && list.every((item) => typeof item === 'string');
    if (Array.isArray(value) && value.every(isStrings)) return value as string[][];
  } catch {
    // Told below, with what is expected.
  }
  throw unreadable(path, 'a list of groups that cannot be read');
}

function unreadable(path: string, got: string): FormatError {
  return new FormatError('CALIBRATION_UNREADABLE', `${path} is no calibration file`, {
    path,
    got,
    allowed: `a file of format ${FORMAT}`,
    fix: 'write one with qe calibrate, or give a text',
  });
}
