import fs from 'node:fs';
import path from 'node:path';

const root = path.resolve(__dirname, '../..');
const read = (file: string) => JSON.parse(fs.readFileSync(path.join(root, file), 'utf8'));

interface Images {
  readonly columns: readonly string[];
  readonly images: readonly (readonly unknown[])[];
}

/** `0.21.0` → `0.21`: a patch release that was not read has the arguments of its minor release. */
const minor = (version: string) => version.split('.').slice(0, 2).join('.');

const { columns, images } = read('lib/container/data/images.json') as Images;

function minorsOf(engine: string): readonly string[] {
  const versions = images
    .filter((image) => image[columns.indexOf('engine')] === engine)
    .map((image) => image[columns.indexOf('engineVersion')])
    .filter((version) => typeof version === 'string');
  return [...new Set(versions.map(minor))];
}

const TABLES: readonly [table: string, versions: readonly string[]][] = [
  ...['vllm-arguments', 'vllm-parsers', 'vllm-quantization', 'vllm-support'].map(
    (name): [string, readonly string[]] => [name, read(`data/sources/${name}.json`).versions],
  ),
  ['argument-values', read('data/sources/argument-values.json').vllm.versions],
  ['engine-transformers', read('data/sources/engine-transformers.json').vllm.configVersions],
];

test.each(TABLES)('%s was read from every minor release of vLLM that an image has', (_table, versions) => {
  const known = new Set(versions.map(minor));
  expect(minorsOf('vllm').length).toBeGreaterThan(20);
  expect(minorsOf('vllm').filter((version) => !known.has(version))).toEqual([]);
});
