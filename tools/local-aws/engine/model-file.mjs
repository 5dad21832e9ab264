import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';

/** Where SageMaker puts the model's files in a container. */
const IN_THE_CONTAINER = '/opt/ml/model';

/** No GGUF where the entry point looks for one. */
export class NoModelError extends Error {}

/**
 * The file that the image's entry point would load: `SM_LLAMA_CPP_MODEL`, else the first `*.gguf` of the model directory, else
 * the first one folder deeper.
 *
 * @param {Record<string, string>} environment the container's
 * @param {string} modelDirectory the folder here that stands for /opt/ml/model
 * @returns {string}
 */
export function findModel(environment, modelDirectory) {
  const named = environment.SM_LLAMA_CPP_MODEL;
  if (named !== undefined) {
    const file = inContainer(named, modelDirectory);
    if (file !== undefined && statSync(file, { throwIfNoEntry: false })?.isFile()) return file;
    throw new NoModelError(`error: failed to open GGUF file '${named}'`);
  }
  const first = gguf(modelDirectory)[0] ?? foldersOf(modelDirectory).flatMap((folder) => gguf(folder))[0];
  if (first !== undefined) return first;
  if (environment.SM_LLAMA_CPP_HF_REPO !== undefined)
    throw new NoModelError(
      `the local AWS downloads nothing from the hub: it cannot fetch ${environment.SM_LLAMA_CPP_HF_REPO}`,
    );
  const found = readdirSync(modelDirectory, { recursive: true }).map(String).sort();
  const holds = found.length === 0 ? 'the model directory is empty' : `the model directory holds ${found.join(', ')}`;
  throw new NoModelError(
    `no GGUF file in ${IN_THE_CONTAINER} (${holds}): the local AWS has one engine, llama.cpp, and serves GGUF models only`,
  );
}

function inContainer(file, modelDirectory) {
  const relative = path.posix.relative(IN_THE_CONTAINER, path.posix.resolve(IN_THE_CONTAINER, file));
  return relative.startsWith('..') ? undefined : path.join(modelDirectory, relative);
}

function gguf(folder) {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.gguf'))
    .map((entry) => path.join(folder, entry.name))
    .sort();
}

function foldersOf(folder) {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => path.join(folder, entry.name))
    .sort();
}
