import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';

const { toCommonJs } = jest.requireActual<{
  toCommonJs(chunks: ReadonlyMap<string, string>, options: object): Promise<Map<string, string>>;
}>('../../tools/to-commonjs.mjs');

const OPTIONS = { platform: 'node', target: 'node20', minify: true };

describe('chunks of the command line as CommonJS', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'to-commonjs-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** Exports of the chunk `main.js`, loaded by Node itself. */
  const load = async (chunks: Readonly<Record<string, string>>) => {
    const files = await toCommonJs(new Map(Object.entries(chunks)), OPTIONS);
    for (const [name, code] of files) writeFileSync(path.join(folder, name), code);
    return jest.requireActual(path.join(folder, 'main.js'));
  };

  test('give each other what they export, under other names too', async () => {
    const { text, list } = await load({
      'main.js': `import { double as twice, words } from './shared.js';
        import fs, { existsSync as isThere } from 'node:fs';
        import * as path from 'node:path';
        function text() { return [twice(2), isThere('/'), fs.existsSync === isThere, path.basename('/a/b')].join(); }
        export { text, words as list };`,
      'shared.js': `function double(n) { return 2 * n; }
        const words = ['one'];
        export { double, words };`,
    });
    expect([text(), list]).toEqual(['4,true,true,b', ['one']]);
  });

  test.each([
    ['assigned', 'function start() { state = 1; }'],
    ['counted up', 'function start() { state++; }'],
    ['taken out of an object', 'function start() { ({ state } = { state: 1 }); }'],
    ['the variable of a loop', 'function start() { for (state of [1]); }'],
  ])('see what is %s after they were loaded', async (_, start) => {
    const { read } = await load({
      'main.js': `import { start, state } from './lazy.js';
        function read() { start(); return state; }
        export { read };`,
      'lazy.js': `let state = 0; ${start} export { start, state };`,
    });
    expect(read()).toBe(1);
  });

  test('load a chunk when it is asked for', async () => {
    const { later, loaded } = await load({
      'main.js': `const loaded = () => globalThis.laterIsLoaded;
        const later = async () => (await import('./later.js')).answer;
        export { later, loaded };`,
      'later.js': `globalThis.laterIsLoaded = true; const answer = 42; export { answer };`,
    });
    expect(loaded()).toBeUndefined();
    expect(await later()).toBe(42);
  });

  test('must not import each other in a circle', async () => {
    const chunks = {
      'main.js': `import { b } from './b.js'; const a = () => b; export { a };`,
      'b.js': `import { a } from './main.js'; const b = () => a; export { b };`,
    };
    await expect(load(chunks)).rejects.toThrow('in a circle: main.js, b.js, main.js');
  });
});
