import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { buildSync } from 'esbuild';
import { AtomicFile } from '../../../lib/format/node';
import { useTemporaryFolder } from '../temporary-folder';

const temporary = useTemporaryFolder();
const target = () => path.join(temporary(), 'out.bin');

describe('a file written aside', () => {
  test('has its name only once it is whole', async () => {
    const file = AtomicFile.create(target(), 10);
    await file.write(5, Uint8Array.of(6, 7, 8, 9, 10));
    await file.flush();
    expect(existsSync(target())).toBe(false);
    file.writeSync(0, new Uint8Array(new SharedArrayBuffer(4)).fill(1));
    file.markWritten(1);
    file.commit();
    expect([...readFileSync(target())]).toEqual([1, 1, 1, 1, 0, 6, 7, 8, 9, 10]);
    expect(readdirSync(temporary())).toEqual(['out.bin']);
  });

  test('leaves what was there before until then, and for good if it is given up', () => {
    writeFileSync(target(), 'before');
    const file = AtomicFile.create(target(), 3);
    file.writeSync(0, Uint8Array.of(1, 2, 3));
    expect(readFileSync(target(), 'utf8')).toBe('before');
    file.abort();
    file.abort();
    expect(readFileSync(target(), 'utf8')).toBe('before');
    expect(readdirSync(temporary())).toEqual(['out.bin']);
  });

  test('is not kept when bytes are missing', () => {
    const file = AtomicFile.create(target(), 10);
    file.writeSync(0, new Uint8Array(9));
    expect(() => file.commit()).toThrow(
      expect.objectContaining({ id: 'TARGET_INCOMPLETE', got: '9 bytes', allowed: '10 bytes' }),
    );
    expect(readdirSync(temporary())).toEqual([]);
  });

  test('throws away what a killed run left', () => {
    writeFileSync(`${target()}.partial`, 'x'.repeat(100));
    const file = AtomicFile.create(target(), 1);
    file.writeSync(0, Uint8Array.of(7));
    file.commit();
    expect([...readFileSync(target())]).toEqual([7]);
  });

  test.each([
    [-1, 1],
    [10, 1],
    [0, 11],
    [0.5, 1],
  ])('takes nothing outside its size: %d, %d', async (offset, length) => {
    const file = AtomicFile.create(target(), 10);
    expect(() => file.writeSync(offset, new Uint8Array(length))).toThrow(
      expect.objectContaining({ id: 'TARGET_OUT_OF_RANGE' }),
    );
    await expect(file.write(offset, new Uint8Array(length))).rejects.toMatchObject({ id: 'TARGET_OUT_OF_RANGE' });
    file.abort();
  });

  test('in a folder that does not exist, or over one, is an error', () => {
    expect(() => AtomicFile.create(path.join(temporary(), 'no', 'out.bin'), 1)).toThrow(
      expect.objectContaining({ id: 'TARGET_UNWRITABLE' }),
    );
    mkdirSync(target());
    const file = AtomicFile.create(target(), 0);
    expect(() => file.commit()).toThrow(expect.objectContaining({ id: 'TARGET_UNWRITABLE' }));
    expect(readdirSync(temporary())).toEqual(['out.bin']);
  });

  test('on a full disk is an error that says so', () => {
    // A limit on the size of files is what a full disk is to the writer.
    const script = path.join(temporary(), 'write.cjs');
    buildSync({
      stdin: {
        contents: `
          import { AtomicFile } from './lib/format/write/atomic-file';
          const file = AtomicFile.create(process.argv[2], 1024);
          try {
            for (let at = 0; at < 8192; at += 1024) AtomicFile.create(process.argv[2] + at, 1024 + at).writeSync(at, new Uint8Array(1024));
          } catch (error) {
            file.abort();
            console.log(error.name, error.id);
          }`,
        resolveDir: path.join(__dirname, '../../..'),
      },
      outfile: script,
      bundle: true,
      platform: 'node',
      format: 'cjs',
    });
    const shell = spawnSync('sh', ['-c', 'ulimit -f 4 && exec "$0" "$1" "$2"', process.execPath, script, target()], {
      encoding: 'utf8',
    });
    expect(shell.stdout.trim()).toBe('FormatError TARGET_FULL');
    expect(existsSync(`${target()}.partial`)).toBe(false);
  });
});
