import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { modelFromCheckpoint } from '../../lib/convert/gguf/from-checkpoint';
import { writeGguf } from '../../lib/convert/gguf/write-gguf';
import { openCheckpoint } from '../../lib/format';
import { locateCheckpoint } from '../../lib/format/node';
import { parseScheme } from '../../lib/scheme';
import { MADE_CHECKPOINTS, MADE_EXPERTS, writeCheckpoint } from './checkpoints';
import reference from './expert-probabilities.json';

const MODELS = path.join(__dirname, '..', '..', 'examples', 'models');

const scratch = mkdtempSync(path.join(tmpdir(), 'qe-load-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

interface Written {
  readonly architecture: string;
  readonly fileType: number;
  readonly text: string;
  readonly prompt: readonly number[];
  readonly written: readonly number[];
}

/** What llama.cpp writes on after a text from each of the files. */
async function generate(text: string, count: number, files: readonly string[]): Promise<Written[]> {
  const script = path.join(__dirname, 'generate-with-llama-cpp.mjs');
  const { stdout } = await promisify(execFile)(process.execPath, [script, text, String(count), ...files]);
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Written);
}

async function quantize(source: string, scheme: string, name: string): Promise<string> {
  const { folder, file } = locateCheckpoint(source);
  const model = await modelFromCheckpoint(folder, await openCheckpoint(folder, file));
  const target = path.join(scratch, name);
  await writeGguf(model, parseScheme(scheme), target, { threads: 2 });
  return target;
}

test('a trained model is the file that llama.cpp makes of it, and writes the same text', async () => {
  const reference = path.join(MODELS, 'gutenberg-3m-Q4_K_M', 'gutenberg-3m-Q4_K_M.gguf');
  const made = await quantize(path.join(MODELS, 'gutenberg-3m'), 'gguf:Q4_K_M', 'gutenberg-3m-Q4_K_M.gguf');
  expect(readFileSync(made).equals(readFileSync(reference))).toBe(true);
  const [ours, theirs] = await generate('It was a dark and stormy night', 24, [made, reference]);
  expect(ours).toEqual(theirs);
  expect(ours.written).toHaveLength(24);
});

test('llama.cpp loads and runs every architecture', async () => {
  const files: string[] = [];
  for (const made of [...MADE_CHECKPOINTS, ...MADE_EXPERTS])
    files.push(await quantize(writeCheckpoint(scratch, made), 'gguf:Q4_K_M', `${made.name}-Q4_K_M.gguf`));
  const answers = await generate('the end in', 6, files);
  const dense = ['llama', 'llama', 'qwen2', 'qwen3', 'gemma', 'gemma2', 'gemma3', 'phi3', 'phi2'];
  const experts = ['llama', 'qwen2moe', 'qwen3moe', 'qwen3moe', 'olmoe', 'phimoe'];
  expect(answers.map(({ architecture }) => architecture)).toEqual([...dense, ...experts]);
  for (const { fileType, text, written } of answers) {
    expect(fileType).toBe(15);
    // Through the vocabulary and back.
    expect(text.trim()).toBe('the end in');
    expect(written).toHaveLength(6);
  }
});

/** Of the likeliest next tokens, as transformers computes them from the checkpoint: tools/generate/expert-probabilities.py. */
const probabilities: Readonly<
  Record<string, { readonly ids: readonly number[]; readonly probabilities: readonly number[] }>
> = reference.models;

test('experts answer in llama.cpp as they do in transformers', async () => {
  const made = MADE_EXPERTS.filter(({ name }) => name in probabilities);
  expect(made.map(({ name }) => name).sort()).toEqual(Object.keys(probabilities).sort());
  const files: string[] = [];
  for (const model of made)
    files.push(await quantize(writeCheckpoint(scratch, model), 'gguf:F32', `${model.name}-F32.gguf`));
  const script = path.join(__dirname, 'next-tokens-with-llama-cpp.mjs');
  const args = [script, JSON.stringify(reference.tokens), ...files];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  const answers = stdout.trim().split('\n');
  expect(answers).toHaveLength(made.length);
  answers.forEach((line, index) => {
    const found = new Map(JSON.parse(line) as [number, number][]);
    const expected = probabilities[made[index].name];
    expected.ids.forEach((id, place) => {
      // Half precision in llama.cpp's cache of keys and values.
      expect((found.get(id) ?? NaN) / expected.probabilities[place]).toBeCloseTo(1, 2.9);
    });
  });
});
