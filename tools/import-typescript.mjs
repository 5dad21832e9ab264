// The library is TypeScript, which tools and benches that Node runs as they are cannot import: it is bundled into .cache first.
import { build } from 'esbuild';
import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const root = path.resolve(import.meta.dirname, '..');

/**
 * Bundles a module of this checkout into a file that a process of its own can run.
 *
 * @param {string} entry relative to the checkout: `lib/rules/index.ts`
 * @param {string} outfile an ES module, `.mjs`
 */
export async function bundleTypeScript(entry, outfile) {
  await build({
    absWorkingDir: root,
    entryPoints: [entry],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    logLevel: 'warning',
    banner: {
      // Some bundled CommonJS packages call require(); an ES module has none of its own.
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
    },
  });
}

/**
 * What a module of this checkout exports.
 *
 * @param {string} entry relative to the checkout
 */
export async function importTypeScript(entry) {
  const outfile = path.join(root, '.cache', 'modules', `${entry.replace(/[^\w.-]/g, '-')}.${process.pid}.mjs`);
  await mkdir(path.dirname(outfile), { recursive: true });
  await bundleTypeScript(entry, outfile);
  try {
    return await import(pathToFileURL(outfile).href);
  } finally {
    await rm(outfile, { force: true });
  }
}
