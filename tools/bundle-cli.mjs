import { build } from 'esbuild';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { toCommonJs } from './to-commonjs.mjs';

/** V8 reads data from a text in less time than it takes to parse object literals and to make them. */
const DATA_AS_TEXT = {
  name: 'data as text',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]data[\\/][^\\/]+\.json$/ }, async ({ path: file }) => {
      const text = JSON.stringify(JSON.parse(await readFile(file, 'utf8')));
      return { contents: `export default JSON.parse(${JSON.stringify(text)})`, loader: 'js' };
    });
  },
};

/**
 * Bundles the command line: one small entry, each command a chunk of its own that is loaded when it is called, so that `qe check` does
 * not pay for the AWS SDK or the simulator at start. esbuild splits ES modules alone; they become CommonJS then, which Node loads in less
 * time: without a promise for each file.
 *
 * @param {string} root of the project
 * @param {string} outdir
 * @returns {Promise<Map<string, Buffer>>} contents by path, the entry last: whoever starts it finds every chunk that it names
 */
export async function bundleCli(root, outdir, version = 'development') {
  const common = { platform: 'node', target: 'node20', legalComments: 'none', logLevel: 'warning' };
  const { outputFiles } = await build({
    ...common,
    absWorkingDir: root,
    entryPoints: { qe: 'bin/qe.ts' },
    outdir,
    bundle: true,
    splitting: true,
    format: 'esm',
    minifySyntax: true,
    chunkNames: 'chunks/[name]-[hash]',
    define: { 'process.env.QE_VERSION': JSON.stringify(version) },
    write: false,
    plugins: [DATA_AS_TEXT],
  });
  const places = new Map(outputFiles.map(({ path: file }) => [path.basename(file), file]));
  const chunks = new Map(outputFiles.map(({ path: file, text }) => [path.basename(file), text]));
  const files = new Map();
  for (const [name, code] of await toCommonJs(chunks, { ...common, minify: true }))
    files.set(places.get(name), Buffer.from(code));
  files.set(path.join(outdir, 'package.json'), Buffer.from('{ "type": "commonjs" }\n'));
  const entry = path.join(outdir, 'qe.js');
  const program = files.get(entry);
  files.delete(entry);
  return files.set(entry, program);
}
