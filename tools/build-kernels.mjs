// Compiles kernels/ (AssemblyScript) to one WebAssembly module with SIMD over a shared, imported memory, kernels/gguf to another
// that is loaded with GGUF schemes alone, kernels/gguf-weighted to a third for importance matrices, kernels/forward to two more (with and without relaxed SIMD), and bundles the worker thread's program. All become TypeScript modules that hold them as text, so that the same import works in the
// npm package, in the bundled command line, in a Lambda and in jest. Nothing is done when the sources have not changed.
import asc from 'assemblyscript/asc';
import { build } from 'esbuild';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

const require = createRequire(import.meta.url);
const root = path.resolve(import.meta.dirname, '..');
const outputs = path.join(root, 'lib', 'simulate', 'kernels');
const moduleFile = path.join(outputs, 'module.generated.ts');
const ggufFile = path.join(root, 'lib', 'simulate', 'gguf', 'module.generated.ts');
const weightedFile = path.join(root, 'lib', 'simulate', 'gguf', 'weighted-module.generated.ts');
const forwardFile = path.join(root, 'lib', 'simulate', 'forward', 'modules.generated.ts');

/** A Lambda or a worker compiles the module at start: it must stay small. */
const MAX_MODULE_BYTES = 64 * 1024;
/** Static data of the kernels (decode tables) lies below this address; what the host lays out begins here. */
const MEMORY_BASE_PAGES = 2;
/** 4 GiB, the most a 32-bit memory can have; the host decides what it really takes. */
const MAX_PAGES = 65536;

await buildModules(moduleFile, 'kernels/index.ts', [
  { constant: 'KERNEL_MODULE_BASE64', doc: 'The compiled kernels, base64.', features: [] },
]);
await buildModules(ggufFile, 'kernels/gguf/index.ts', [
  { constant: 'GGUF_MODULE_BASE64', doc: 'Kernels of the GGUF block types, base64.', features: [] },
]);
await buildModules(weightedFile, 'kernels/gguf-weighted/index.ts', [
  {
    constant: 'GGUF_WEIGHTED_MODULE_BASE64',
    doc: 'Kernels of the same for an importance matrix, base64.',
    features: [],
  },
]);
await buildModules(forwardFile, 'kernels/forward/index.ts', [
  { constant: 'FORWARD_MODULE_BASE64', doc: 'Kernels of the forward pass, base64.', features: [] },
  {
    constant: 'FORWARD_RELAXED_MODULE_BASE64',
    doc: 'The same with fused multiply-add, for engines that have relaxed SIMD: faster, and rounded once less.',
    features: ['relaxed-simd'],
  },
]);
await buildWorker('lib/simulate/worker/main.ts', path.join(outputs, 'worker.generated.ts'), 'WORKER_PROGRAM');
await buildWorker(
  'lib/simulate/gguf/write/thread.ts',
  path.join(root, 'lib', 'simulate', 'gguf', 'write', 'thread.generated.ts'),
  'GGUF_WRITE_PROGRAM',
);
await buildWorker(
  'lib/simulate/forward/worker.ts',
  path.join(root, 'lib', 'simulate', 'forward', 'worker.generated.ts'),
  'FORWARD_WORKER_PROGRAM',
);

/** Compiles an entry once for each set of features, all into one TypeScript file. */
async function buildModules(file, entry, variants) {
  const sources = filesUnder(path.join(root, 'kernels'), '.ts');
  const key = hashOf([...sources, path.join(root, 'tools', 'build-kernels.mjs')], version('assemblyscript'));
  if (storedKey(file) === key) return;

  const lines = [`// key ${key}`, `// Made by tools/build-kernels.mjs from ${entry}: not to be edited.`];
  for (const { constant, doc, features } of variants) {
    const bytes = await compile(entry, features);
    lines.push(`/** ${doc} */`, `export const ${constant} =\n  '${bytes.toString('base64')}';`);
    console.error(`kernels: ${constant} has ${bytes.length} bytes of WebAssembly`);
  }
  writeWhole(file, [...lines, ''].join('\n'));
}

async function compile(entry, features) {
  mkdirSync(outputs, { recursive: true });
  const scratch = path.join(outputs, `.module-${process.pid}.wasm`);
  const { error, stderr } = await asc.main([
    entry,
    '--baseDir',
    root,
    '--outFile',
    path.relative(root, scratch),
    '--optimizeLevel',
    '3',
    '--shrinkLevel',
    '0',
    '--converge',
    '--noAssert',
    '--runtime',
    'stub',
    '--use',
    'abort=',
    '--enable',
    'simd',
    '--enable',
    'threads',
    ...features.flatMap((feature) => ['--enable', feature]),
    '--importMemory',
    '--sharedMemory',
    '--initialMemory',
    String(MEMORY_BASE_PAGES),
    '--maximumMemory',
    String(MAX_PAGES),
  ]);
  if (error) {
    console.error(stderr.toString());
    throw error;
  }
  const bytes = readFileSync(scratch);
  rmSync(scratch);
  if (bytes.length >= MAX_MODULE_BYTES)
    throw new Error(`the kernel module has ${bytes.length} bytes, ${MAX_MODULE_BYTES} are allowed`);
  return bytes;
}

/** Bundles a worker thread's program into a TypeScript file that holds it as text. */
async function buildWorker(entry, file, constant) {
  const key = hashOf(
    filesUnder(path.join(root, 'lib'), '.ts').filter((source) => !/(worker|thread)\.generated\.ts$/.test(source)),
    hashOf([path.join(root, 'tools', 'build-kernels.mjs')], version('esbuild')),
  );
  if (storedKey(file) === key) return;
  const result = await build({
    absWorkingDir: root,
    entryPoints: [entry],
    bundle: true,
    write: false,
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    minify: true,
    legalComments: 'none',
    logLevel: 'warning',
  });
  const program = result.outputFiles[0].text;
  const text = [
    `// key ${key}`,
    `// Made by tools/build-kernels.mjs from ${entry}: not to be edited.`,
    "/** The worker thread's program, bundled. */",
    `export const ${constant} = ${JSON.stringify(program)};`,
    '',
  ].join('\n');
  writeWhole(file, text);
}

function filesUnder(folder, extension) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(extension))
    .map((entry) => path.join(entry.parentPath, entry.name))
    .sort();
}

function hashOf(files, salt) {
  const hash = createHash('sha256').update(salt);
  for (const file of files) hash.update(path.relative(root, file)).update('\0').update(readFileSync(file)).update('\0');
  return hash.digest('hex');
}

function storedKey(file) {
  try {
    return /^\/\/ key ([0-9a-f]{64})$/m.exec(readFileSync(file, 'utf8').slice(0, 200))?.[1];
  } catch {
    return undefined;
  }
}

/** Written aside and renamed: two builds at the same time never leave half a file. */
function writeWhole(file, text) {
  mkdirSync(path.dirname(file), { recursive: true });
  const aside = `${file}.${process.pid}`;
  writeFileSync(aside, text);
  renameSync(aside, file);
}

function version(name) {
  return require(`${name}/package.json`).version;
}
