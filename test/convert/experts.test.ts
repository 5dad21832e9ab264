import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { modelFromCheckpoint } from '../../lib/convert/gguf/from-checkpoint';
import { keptNotes, keptTensorTypes } from '../../lib/convert/gguf/kept-types';
import type { GgufModel } from '../../lib/convert/gguf/model';
import { writeGguf, type GgufFileOptions } from '../../lib/convert/gguf/write-gguf';
import { HUB_ARCHITECTURES } from '../../lib/convert/hugging-face/architectures';
import { openCheckpoint, type Checkpoint, type ImportanceMatrix } from '../../lib/format';
import { ggufPlace } from '../../lib/format/gguf/hub-names';
import { locateCheckpoint } from '../../lib/format/node';
import { parseScheme } from '../../lib/scheme';
import { simulate } from '../../lib/simulate/simulate';
import { importanceOfCheckpoint } from '../../lib/simulate/gguf/importance';
import { ggufTensorBytes, ggufTypesOf } from '../../lib/simulate/gguf/mix';
import { MADE_EXPERTS, writeCheckpoint, type MadeCheckpoint } from './checkpoints';

const scratch = mkdtempSync(path.join(tmpdir(), 'qe-experts-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const [mixtral, qwen2, qwen3, fused] = MADE_EXPERTS;

const sources = new Map<string, string>();
beforeAll(() => {
  for (const made of [mixtral, qwen2, qwen3, fused]) sources.set(made.name, writeCheckpoint(scratch, made));
});
const sourceOf = ({ name }: MadeCheckpoint): string => sources.get(name) as string;

async function open(source: string): Promise<{ readonly checkpoint: Checkpoint; readonly model: GgufModel }> {
  const { folder, file } = locateCheckpoint(source);
  const checkpoint = await openCheckpoint(folder, file);
  return { checkpoint, model: await modelFromCheckpoint(folder, checkpoint) };
}

async function write(source: string, scheme: string, options: GgufFileOptions = {}): Promise<string> {
  const { model } = await open(source);
  const target = path.join(scratch, `${path.basename(source)}-${scheme.slice(5)}-written.gguf`);
  await writeGguf(model, parseScheme(scheme), target, { threads: 2, ...options });
  return target;
}

/** With small experts, without some tensors, or with others. */
function changed(made: MadeCheckpoint, name: string, change: (tensors: Record<string, readonly number[]>) => void) {
  const small = Object.entries(made.tensors).map(([tensor, shape]): [string, readonly number[]] => [
    tensor,
    tensor.includes('.experts.') ? [2, 32] : shape,
  ]);
  const tensors = Object.fromEntries(small);
  change(tensors);
  return writeCheckpoint(scratch, { ...made, name, tensors });
}

describe('experts that do not make one tensor', () => {
  const expert = 'model.layers.1.block_sparse_moe.experts.5.w2.weight';

  test('one is missing', async () => {
    const source = changed(mixtral, 'missing', (tensors) => delete tensors[expert]);
    await expect(open(source)).rejects.toMatchObject({
      id: 'EXPERTS_NOT_STACKED',
      got: expect.stringContaining('23 matrices of experts'),
      allowed: '3 of each of 8 experts',
    });
  });

  test('one has another shape', async () => {
    const source = changed(mixtral, 'other-shape', (tensors) => (tensors[expert] = [2, 64]));
    await expect(open(source)).rejects.toMatchObject({
      id: 'EXPERTS_NOT_STACKED',
      message: expect.stringContaining(expert),
      got: 'BF16 [2, 64]',
    });
  });

  test('there are more than the config says', async () => {
    const source = changed(mixtral, 'one-more', (tensors) => {
      tensors['model.layers.0.block_sparse_moe.experts.8.w1.weight'] = [2, 32];
    });
    await expect(open(source)).rejects.toMatchObject({ id: 'EXPERTS_NOT_STACKED', got: 'expert 8' });
  });

  test('one is there twice under two numbers, another is not', async () => {
    const source = changed(mixtral, 'twice', (tensors) => {
      delete tensors[expert];
      tensors[expert.replace('.5.', '.04.')] = [2, 32];
    });
    await expect(open(source)).rejects.toMatchObject({ id: 'TENSOR_NOT_CONVERTED' });
  });

  test('one of all that is no matrix of each', async () => {
    const source = changed(fused, 'odd-rows', (tensors) => {
      tensors['model.layers.0.mlp.experts.gate_up_proj'] = [3, 3, 32];
    });
    await expect(open(source)).rejects.toMatchObject({ id: 'TENSOR_NOT_CONVERTED' });
  });
});

test.each([mixtral, qwen2, qwen3])('what is simulated of $name is what is written', async (made) => {
  const source = sourceOf(made);
  const { checkpoint } = await open(source);
  for (const name of ['gguf:Q4_K_M', 'gguf:Q2_K']) {
    const scheme = parseScheme(name);
    const written = await open(await write(source, name));
    const stored = new Map([...written.checkpoint.tensors.values()].map((tensor) => [tensor.name, tensor.dtype]));
    const types = ggufTypesOf(checkpoint, scheme);
    const bytes = [...written.checkpoint.tensors.values()].reduce((sum, tensor) => sum + tensor.bytes, 0);
    expect(ggufTensorBytes(checkpoint, types)).toBe(bytes);
    for (const [tensor, type] of types) {
      const match = /layers\.(\d+)\..*\.experts\.\d+\.(gate_proj|up_proj|down_proj|w[123])\./.exec(tensor);
      if (match === null) continue;
      const kind = { gate_proj: 'gate', w1: 'gate', up_proj: 'up', w3: 'up', down_proj: 'down', w2: 'down' }[match[2]];
      expect(type).toBe(stored.get(`blk.${match[1]}.ffn_${kind}_exps.weight`));
    }
  }
});

/** Of every expert another one, so that a mistaken expert shows. */
function matrixOf({ tensors }: GgufModel): ImportanceMatrix {
  const entries = new Map(
    tensors
      .filter(({ name, shape }) => /^blk\..*weight$/.test(name) && shape.length > 1)
      .map(({ name, shape }) => {
        const columns = shape[shape.length - 1];
        const count = (shape.length > 2 ? shape[0] : 1) * columns;
        const meanSquares = Float32Array.from({ length: count }, (_, at) => 1 + ((at * 2654435761) % 997) / 100);
        return [name, { meanSquares }] as const;
      }),
  );
  return { file: 'made.imatrix', datasets: [], chunks: 0, entries } as unknown as ImportanceMatrix;
}

describe('with an importance matrix', () => {
  test('a checkpoint is quantized as the GGUF made of it', async () => {
    const source = sourceOf(mixtral);
    const { model } = await open(source);
    const importance = matrixOf(model);
    const direct = readFileSync(await write(source, 'gguf:Q3_K_M', { importance }));
    const converted = await write(source, 'gguf:BF16');
    expect(readFileSync(await write(converted, 'gguf:Q3_K_M', { importance })).equals(direct)).toBe(true);
    expect(readFileSync(await write(source, 'gguf:Q3_K_M')).equals(direct)).toBe(false);
  });

  test('each expert is simulated with its own', async () => {
    const { checkpoint, model } = await open(sourceOf(qwen2));
    const matrix = matrixOf(model);
    const scheme = parseScheme('gguf:Q4_K_M');
    const found = importanceOfCheckpoint(checkpoint, scheme, ggufTypesOf(checkpoint, scheme), 'Q4_K', matrix);
    const all = matrix.entries.get('blk.1.ffn_down_exps.weight')?.meanSquares as Float32Array;
    for (let expert = 0; expert < 6; expert++) {
      const own = found.get(`model.layers.1.mlp.experts.${expert}.down_proj.weight`);
      expect(own).toEqual(all.subarray(expert * 256, (expert + 1) * 256));
    }
  });
});

describe('a tensor of all experts', () => {
  test.each([
    ['of a GGUF', mixtral, false],
    ['of a GGUF, with an importance matrix', qwen2, true],
    ['of a checkpoint', fused, false],
  ])('%s is simulated as experts are that lie apart', async (_, made, weighed) => {
    const hub = await open(sourceOf(made));
    const stacked = await open(await write(sourceOf(made), 'gguf:BF16'));
    const importance = weighed ? matrixOf(hub.model) : undefined;
    const schemes = ['gguf:Q4_K_M', 'gguf:Q3_K_M'].map((name) => parseScheme(name));
    const apart = await simulate(hub.checkpoint, { schemes, threads: 2, importance });
    const whole = await simulate(stacked.checkpoint, { schemes, threads: 2, importance });
    schemes.forEach((_scheme, index) => {
      const [one, other] = [apart.schemes[index], whole.schemes[index]];
      expect(one.bytes).toBe(other.bytes);
      expect(one.bitsPerWeight).toBe(other.bitsPerWeight);
      expect(one.figures.sqnrDb).toBeCloseTo(other.figures.sqnrDb, 6);
      // A gate of one row stays as it is.
      expect(one.skipped.filter(({ name }) => !name.endsWith('.shared_expert_gate.weight'))).toEqual([]);
    });
    const stack = whole.schemes[0].tensors.find(({ name }) => name === 'blk.1.ffn_down_exps.weight');
    expect(stack?.shape).toEqual([(made === qwen2 ? 6 : made === mixtral ? 8 : 3) * 256, 256]);
  });

  test('is left out where its rows share scales that experts have of their own', async () => {
    const { checkpoint } = await open(await write(sourceOf(mixtral), 'gguf:BF16'));
    const schemes = ['fp8-static', 'fp8-block', 'fp8'].map((name) => parseScheme(name));
    const { schemes: found } = await simulate(checkpoint, { schemes, threads: 2 });
    const reasons = found.map(({ skipped }) => new Set(skipped.map(({ reason }) => reason)));
    expect([...reasons[0]]).toEqual(['8 experts in one tensor, whose rows share scales']);
    expect(found[0].skipped).toHaveLength(6);
    expect(found[1].skipped).toEqual([]);
    expect(found[2].skipped).toEqual([]);
  });
});

test('an expert that is kept keeps all that lie in its tensor, and a note says so', async () => {
  const { model } = await open(sourceOf(qwen2));
  const expert = (number: number) => `model.layers.1.mlp.experts.${number}.down_proj.weight`;
  const keep = { weights: [expert(3)], as: 'int8' as const };
  expect([...keptTensorTypes(model, keep)]).toEqual([['blk.1.ffn_down_exps.weight', 'Q8_0']]);
  expect(keptNotes(model, keep)).toEqual([expect.stringContaining('blk.1.ffn_down_exps.weight (6)')]);
  const all = { ...keep, weights: [0, 1, 2, 3, 4, 5].map(expert) };
  expect([...keptTensorTypes(model, all)]).toHaveLength(1);
  expect(keptNotes(model, all)).toEqual([]);
  const shared = { ...keep, weights: ['model.layers.0.mlp.shared_expert.up_proj.weight'] };
  expect([...keptTensorTypes(model, shared).keys()]).toEqual(['blk.0.ffn_up_shexp.weight']);
  expect(keptNotes(model, shared)).toEqual([]);
});

test('every architecture that is converted has names for its tensors', () => {
  for (const architecture of Object.keys(HUB_ARCHITECTURES)) {
    expect(ggufPlace('model.embed_tokens.weight', architecture)).toEqual({ name: 'token_embd.weight' });
    const attention = architecture === 'PhiForCausalLM' ? 'dense' : 'o_proj';
    const place = ggufPlace(`model.layers.3.self_attn.${attention}.weight`, architecture);
    expect(place).toEqual({ name: 'blk.3.attn_output.weight' });
  }
});

test('a run that is cancelled leaves no file', async () => {
  const { model } = await open(sourceOf(mixtral));
  const controller = new AbortController();
  const target = path.join(scratch, 'cancelled.gguf');
  const run = writeGguf(model, parseScheme('gguf:Q4_K_M'), target, {
    threads: 2,
    signal: controller.signal,
  });
  controller.abort(new Error('enough'));
  await expect(run).rejects.toThrow('enough');
  expect(readdirSync(scratch).filter((name) => name.startsWith('cancelled'))).toEqual([]);
});

test('an architecture whose config says nothing of experts has none', async () => {
  const source = changed(mixtral, 'dense', () => {});
  const config = { ...mixtral.config, architectures: ['LlamaForCausalLM'], num_local_experts: undefined };
  writeFileSync(path.join(source, 'config.json'), JSON.stringify(config));
  await expect(open(source)).rejects.toMatchObject({ id: 'TENSOR_NOT_CONVERTED' });
});
