import path from 'node:path';
import { buildSync } from 'esbuild';

describe('the readers and layouts', () => {
  test('run in a browser: they import nothing of Node and no SDK', () => {
    const { metafile } = buildSync({
      entryPoints: [path.join(__dirname, '../../lib/format/index.ts')],
      bundle: true,
      platform: 'browser',
      format: 'esm',
      write: false,
      metafile: true,
      logLevel: 'silent',
    });
    const inputs = Object.keys(metafile.inputs);
    expect(inputs.length).toBeGreaterThan(20);
    expect(inputs.filter((input) => input.includes('node_modules'))).toEqual([]);
  });
});
