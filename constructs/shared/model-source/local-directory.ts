import { constants, copyFileSync, existsSync, mkdirSync, readdirSync, renameSync, statSync } from 'node:fs';
import * as path from 'node:path';
import { FileAssetPackaging, FileSystem, IgnoreStrategy, Stack, Stage, SymlinkFollowMode } from 'aws-cdk-lib';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { SpecError } from '../../../lib/errors';
import { parseGgufPartName } from '../../../lib/format/gguf/split';
import type { ModelSpec } from '../../../lib/spec/types';
import type { BoundModel, FilePick, ModelBinder } from './bound-model';
import { configUnknown, knownOf, readConfig } from './knowledge';
import type { LocalModelOptions } from './options';
import { MODEL_DIRECTORY, prefixData } from './s3';
import { ggufFilesOf, readWeights, type LocalFile } from './weight-files';

/**
 * Every synth hashes and copies the files, and the CDK command line sends them from this machine; uploads of 2 GiB
 * and more fail in it (aws-cdk issue 24569). A larger model belongs in S3 from the start.
 */
const MAX_BYTES = 2 * 1024 ** 3;

const WEIGHTS = /\.(safetensors|gguf|bin|pt|pth)$/;
const HIDDEN_FILES = ['.*', '**/.*'];

/**
 * A checkpoint on this machine, uploaded file by file to a prefix of its own in the bootstrap bucket. An ordinary
 * directory asset would be a zip archive, which SageMaker cannot unpack.
 */
export function localDirectory(directory: string, options: LocalModelOptions): ModelBinder {
  const root = path.resolve(directory);
  const exclude = options.exclude ?? HIDDEN_FILES;
  const bind = (scope: Construct, pick?: FilePick): BoundModel => {
    const all = listFiles(root, exclude);
    const id = relativeTo(process.cwd(), root);
    const config = ownConfig(root, all, options);
    const only = pick?.({ id, ...config }, 's3-prefix');
    const files = all.filter(({ name }) => only === undefined || isAmong(name, only));
    const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
    refuseUnusable(directory, files, bytes);

    const name = options.modelName ?? path.basename(root);
    const { weightBytes, quantization } = readWeights(root, files);
    const known: ModelSpec = { ...(weightBytes === undefined ? {} : { weightBytes }), ...config };
    const { bucketName, prefix, keys } = upload(scope, root, exclude, files, only);
    return {
      ...prefixData(Bucket.fromBucketName(scope, 'ModelFilesBucket', bucketName), prefix),
      name,
      spec: { id, ...known },
      modelData: 's3-prefix',
      quantization,
      findings: known.config === undefined ? [configUnknown(name, 'give config or configPath')] : [],
      // `cdk gc` keeps an uploaded file as long as a template mentions it.
      metadata: { 'cdk-quantized-endpoints:files': keys },
      containerPath: (file) => `${MODEL_DIRECTORY}/${file}`,
    };
  };
  return { bind, ggufFiles: () => ggufFilesOf(root, listFiles(root, exclude)) };
}

/** How ModelOpt says what it quantized, in a file of its own; since 2025 in config.json, too. */
const MODELOPT_CONFIG = 'hf_quant_config.json';

/** What the options say of the model, else the directory's own config. */
function ownConfig(root: string, files: readonly LocalFile[], options: LocalModelOptions): ReturnType<typeof knownOf> {
  const isGiven = options.config !== undefined || options.configPath !== undefined;
  const isThere = files.some(({ name }) => name === 'config.json');
  return {
    ...(isGiven || !isThere ? {} : { config: configIn(root, files) }),
    ...knownOf(options),
  };
}

function configIn(root: string, files: readonly LocalFile[]): Record<string, unknown> {
  const config = readConfig(path.join(root, 'config.json'));
  const isBeside = config.quantization_config === undefined && files.some(({ name }) => name === MODELOPT_CONFIG);
  return isBeside ? { ...config, quantization_config: readConfig(path.join(root, MODELOPT_CONFIG)) } : config;
}

/** A file by its name, and every part of a file that is in parts. */
function isAmong(name: string, only: readonly string[]): boolean {
  const base = parseGgufPartName(name)?.base;
  return only.some((file) => file === name || (base !== undefined && parseGgufPartName(file)?.base === base));
}

/** The same on every machine that has the app, unlike the full path. */
function relativeTo(here: string, directory: string): string {
  const relative = path.relative(here, directory).split(path.sep).join('/');
  return relative.startsWith('.') ? relative : `./${relative}`;
}

function listFiles(root: string, exclude: string[]): LocalFile[] {
  const ignore = IgnoreStrategy.glob(root, exclude);
  const files: LocalFile[] = [];
  const visit = (folder: string): void => {
    for (const entry of readdirSync(folder).sort()) {
      const full = path.join(folder, entry);
      if (ignore.ignores(full)) continue;
      const stats = statSync(full);
      if (stats.isDirectory()) visit(full);
      else files.push({ name: path.relative(root, full).split(path.sep).join('/'), bytes: stats.size });
    }
  };
  try {
    visit(root);
  } catch (cause) {
    throw new SpecError('MODEL_DIRECTORY_UNREADABLE', `cannot read the model in ${root}: ${(cause as Error).message}`, {
      got: root,
      allowed: 'a directory with a checkpoint',
      fix: 'check the path; it is taken from the directory in which the app runs',
      path: '/model/id',
      cause,
    });
  }
  return files;
}

function refuseUnusable(directory: string, files: readonly LocalFile[], bytes: number): void {
  if (!files.some((file) => WEIGHTS.test(file.name)))
    throw new SpecError('MODEL_DIRECTORY_WITHOUT_WEIGHTS', `${directory} holds no weight file`, {
      got:
        files.length === 0
          ? 'no file'
          : files
              .slice(0, 5)
              .map((file) => file.name)
              .join(', '),
      allowed: 'at least one .safetensors, .gguf, .bin or .pt file',
      fix: 'name the directory that holds the weights themselves',
      path: '/model/id',
    });
  if (bytes >= MAX_BYTES)
    throw new SpecError(
      'MODEL_DIRECTORY_TOO_LARGE',
      `${directory} holds ${gigabytes(bytes)} GB: every synth would hash and copy it, and the CDK cannot upload it`,
      {
        got: `${gigabytes(bytes)} GB`,
        allowed: `below ${gigabytes(MAX_BYTES)} GB`,
        fix: 'copy it once with `aws s3 sync` below a prefix of your bucket, and use ModelSource.s3Prefix',
        path: '/model/id',
      },
    );
}

function gigabytes(bytes: number): string {
  return (bytes / 1e9).toFixed(2);
}

/**
 * Registers each file as an asset of its own whose key is `<hash of the directory>/<name>`.
 *
 * A synthesizer makes an asset's key of its hash and the file's extension, and knows an asset by its hash alone, so
 * `tokenizer.json` and `tokenizer.model` would be one and the same. Hence copies without an extension, and the whole
 * name in the hash.
 */
function upload(
  scope: Construct,
  root: string,
  exclude: string[],
  files: readonly LocalFile[],
  only: readonly string[] | undefined,
) {
  const stack = Stack.of(scope);
  // A hub cache is full of links to blobs outside of the directory.
  const extraHash = only === undefined ? undefined : files.map(({ name }) => name).join('\n');
  const hash = FileSystem.fingerprint(root, { exclude, extraHash, follow: SymlinkFollowMode.ALWAYS });
  const staged = stage(scope, root, hash, files);
  const keys = files.map(({ name }) => `${hash}/${name}`);
  const locations = files.map(({ name }, index) =>
    stack.synthesizer.addFileAsset({
      fileName: path.join(staged, String(index)),
      packaging: FileAssetPackaging.FILE,
      sourceHash: keys[index],
      displayName: `${path.basename(root)}/${name}`,
    }),
  );
  const renamed = locations.find((location, index) => !location.objectKey.endsWith(keys[index]));
  if (renamed !== undefined)
    throw new SpecError(
      'SYNTHESIZER_RENAMES_FILES',
      `the synthesizer of stack ${stack.stackName} does not keep the names of files`,
      {
        got: renamed.objectKey,
        allowed: `a key that ends in ${hash}/ and the file’s name`,
        fix: 'use the default synthesizer, or upload the model yourself and use ModelSource.s3Prefix',
        path: '/model/id',
      },
    );
  const { bucketName, objectKey } = locations[0];
  return { bucketName, prefix: objectKey.slice(0, -files[0].name.length), keys };
}

/**
 * Copies the files into the cloud assembly, once a content. Answers where, relative to the stack's part of the
 * assembly.
 */
function stage(scope: Construct, root: string, hash: string, files: readonly LocalFile[]): string {
  const { outdir, assetOutdir } = Stage.of(scope)!;
  const staged = path.join(assetOutdir, `asset.${hash}`);
  if (!existsSync(staged)) {
    const part = `${staged}.part`;
    mkdirSync(part, { recursive: true });
    files.forEach(({ name }, index) =>
      // Shares the blocks where the file system can.
      copyFileSync(path.join(root, name), path.join(part, String(index)), constants.COPYFILE_FICLONE),
    );
    renameSync(part, staged);
  }
  return path.relative(outdir, staged);
}
