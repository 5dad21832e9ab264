import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { layoutCheckpoint, layoutGguf, openCheckpoint, parseGguf, type SafetensorsDtype } from '../../../lib/format';
import { CheckpointWriter, LocalFolder, UNFINISHED_FILE } from '../../../lib/format/node';
import { useTemporaryFolder } from '../temporary-folder';

const models = path.join(__dirname, '../../../examples/models');
const temporary = useTemporaryFolder();
const out = () => path.join(temporary(), 'out');

const source = path.join(models, 'gutenberg-3m');
const readSource = async () => openCheckpoint(LocalFolder.open(source));
async function plan() {
  const checkpoint = await readSource();
  const tensors = [...checkpoint.tensors.values()].map(({ name, dtype, shape }) => ({
    name,
    dtype: dtype as SafetensorsDtype,
    shape,
  }));
  const layout = layoutCheckpoint({ tensors, metadata: new Map([['format', 'pt']]) }, 2_500_000);
  const last = new Map([
    ['config.json', new Uint8Array(readFileSync(path.join(source, 'config.json')))],
    ['model.safetensors.index.json', new TextEncoder().encode(layout.index)],
  ]);
  const bytesOf = (name: string): Uint8Array => {
    const { file, offset, bytes } = checkpoint.tensors.get(name)!;
    return new Uint8Array(readFileSync(path.join(source, file)).subarray(offset, offset + bytes));
  };
  return { layout, last, bytesOf };
}

describe('a checkpoint written tensor by tensor', () => {
  test('in any order and in pieces, is read back the same', async () => {
    const { layout, last, bytesOf } = await plan();
    const writer = CheckpointWriter.open(out(), layout.shards, { fingerprint: 'a', last });
    for (const { name, bytes } of [...writer.pending].reverse()) {
      const half = bytes >> 1;
      await writer.write(name, bytesOf(name).subarray(half), half);
      writer.writeSync(name, bytesOf(name).subarray(0, half));
    }
    writer.finish();
    const read = await openCheckpoint(LocalFolder.open(out()));
    const original = await readSource();
    expect([...read.tensors.keys()].sort()).toEqual([...original.tensors.keys()].sort());
    for (const { name, file, offset, bytes } of read.tensors.values()) {
      expect(
        readFileSync(path.join(out(), file))
          .subarray(offset, offset + bytes)
          .equals(bytesOf(name)),
      ).toBe(true);
    }
    expect(readdirSync(out()).sort()).toEqual([...layout.shards.map(({ name }) => name), ...last.keys()].sort());
  });

  test('stopped at any tensor, never looks whole, and is gone on with by the same command', async () => {
    const { layout, last, bytesOf } = await plan();
    const names = CheckpointWriter.open(out(), layout.shards, { fingerprint: 'a', last }).pending.map(
      ({ name }) => name,
    );
    for (const stop of [0, 1, 12, 20, 37]) {
      rmSync(out(), { recursive: true });
      const first = CheckpointWriter.open(out(), layout.shards, { fingerprint: 'a', last });
      for (const name of names.slice(0, stop)) first.writeSync(name, bytesOf(name));
      // No abort: the process is gone.
      await expect(openCheckpoint(LocalFolder.open(out()))).rejects.toMatchObject({ id: 'CHECKPOINT_UNFINISHED' });
      expect(existsSync(path.join(out(), 'model.safetensors.index.json'))).toBe(false);

      const second = CheckpointWriter.open(out(), layout.shards, { fingerprint: 'a', last });
      const whole = layout.shards.filter(({ tensors }) =>
        [...tensors.keys()].every((name) => names.indexOf(name) < stop),
      );
      expect(second.pending).toHaveLength(names.length - whole.reduce((sum, { tensors }) => sum + tensors.size, 0));
      for (const { name } of second.pending) second.writeSync(name, bytesOf(name));
      second.finish();
      expect((await openCheckpoint(LocalFolder.open(out()))).tensors.size).toBe(38);
      expect(readdirSync(out()).filter((name) => /partial|unfinished/.test(name))).toEqual([]);
    }
  });

  test('is not mixed with one of something else', async () => {
    const { layout, last, bytesOf } = await plan();
    const first = CheckpointWriter.open(out(), layout.shards, { fingerprint: 'a', last });
    for (const { name } of first.pending.slice(0, 20)) first.writeSync(name, bytesOf(name));
    first.abort();
    expect(() => CheckpointWriter.open(out(), layout.shards, { fingerprint: 'b', last })).toThrow(
      expect.objectContaining({ id: 'TARGET_EXISTS' }),
    );
  });

  test('does not touch a folder that holds one already', async () => {
    const { layout, last } = await plan();
    mkdirSync(out());
    writeFileSync(path.join(out(), 'config.json'), 'mine');
    expect(() => CheckpointWriter.open(out(), layout.shards, { fingerprint: 'a', last })).toThrow(
      expect.objectContaining({ id: 'TARGET_EXISTS', got: 'config.json' }),
    );
    expect(readdirSync(out())).toEqual(['config.json']);
    expect(readFileSync(path.join(out(), 'config.json'), 'utf8')).toBe('mine');
  });

  test('is not finished while a byte is missing', async () => {
    const { layout, last, bytesOf } = await plan();
    const writer = CheckpointWriter.open(out(), layout.shards, { fingerprint: 'a', last });
    for (const { name, bytes } of writer.pending)
      writer.writeSync(name, bytesOf(name).subarray(0, name === 'model.norm.weight' ? bytes - 1 : bytes));
    expect(() => writer.finish()).toThrow(expect.objectContaining({ id: 'TARGET_INCOMPLETE' }));
    expect(existsSync(path.join(out(), UNFINISHED_FILE))).toBe(true);
    expect(existsSync(path.join(out(), 'model.safetensors.index.json'))).toBe(false);
  });

  test('takes no bytes that have no place', async () => {
    const { layout } = await plan();
    const writer = CheckpointWriter.open(out(), layout.shards, { fingerprint: 'a' });
    for (const [name, length, at] of [
      ['nothing', 1, 0],
      ['model.norm.weight', 513, 0],
      ['model.norm.weight', 1, 512],
      ['model.norm.weight', 1, -1],
    ] as const) {
      expect(() => writer.writeSync(name, new Uint8Array(length), at)).toThrow(
        expect.objectContaining({ id: 'TARGET_OUT_OF_RANGE' }),
      );
    }
    writer.abort();
    expect(() =>
      CheckpointWriter.open(out(), [{ ...layout.shards[0], name: '../x.safetensors' }], { fingerprint: 'a' }),
    ).toThrow(expect.objectContaining({ id: 'SOURCE_OUTSIDE_FOLDER' }));
  });

  test('as a GGUF, equal to the byte with llama.cpp', async () => {
    const name = 'gutenberg-3m-Q8_0.gguf';
    const original = readFileSync(path.join(models, 'gutenberg-3m-Q8_0', name));
    const header = parseGguf(original);
    const layout = layoutGguf({ metadata: header.metadata, tensors: [...header.tensors.values()] });
    const writer = CheckpointWriter.open(out(), [{ ...layout, name }], { fingerprint: 'a' });
    for (const tensor of writer.pending)
      writer.writeSync(tensor.name, original.subarray(tensor.offset, tensor.offset + tensor.bytes));
    writer.finish();
    expect(readFileSync(path.join(out(), name)).equals(original)).toBe(true);
    expect(readdirSync(out())).toEqual([name]);
  });

  test('may hold nothing but empty tensors', async () => {
    const layout = layoutCheckpoint({ tensors: [{ name: 'empty', dtype: 'F32', shape: [0] }] });
    CheckpointWriter.open(out(), layout.shards, { fingerprint: 'a' }).finish();
    expect((await openCheckpoint(LocalFolder.open(out()))).tensors.get('empty')).toMatchObject({ bytes: 0 });
  });
});
