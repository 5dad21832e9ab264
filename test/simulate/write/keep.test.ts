import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openCheckpoint, parseSafetensors, type SafetensorsTensor } from '../../../lib/format';
import { locateCheckpoint } from '../../../lib/format/node';
import { parseScheme } from '../../../lib/scheme';
import { simulate } from '../../../lib/simulate/simulate';
import type { KeptLayers } from '../../../lib/simulate/write/keep';
import { writeCheckpoint } from '../../../lib/simulate/write/write-checkpoint';
import { calibrationFor, MODEL, openModel } from '../quality/texts';

const scratch = mkdtempSync(path.join(tmpdir(), 'keep-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const BLOCK = 'model.layers.1';
const KEY = `${BLOCK}.self_attn.k_proj.weight`;
const ATTENTION = ['q', 'k', 'v'].map((letter) => `${BLOCK}.self_attn.${letter}_proj`);

let runs = 0;
async function write(name: string, keep: KeptLayers, format?: string, calibrated = false) {
  const target = path.join(scratch, String(runs++));
  const { folder } = locateCheckpoint(MODEL);
  const checkpoint = await openModel();
  const calibration = calibrated ? await calibrationFor(checkpoint) : undefined;
  const options = { scheme: parseScheme(name), format, keep, calibration, threads: 2 };
  await writeCheckpoint(folder, checkpoint, target, options);
  const tensors = new Map<string, SafetensorsTensor & { data: Uint8Array }>();
  for (const file of readdirSync(target).filter((entry) => entry.endsWith('.safetensors'))) {
    const bytes = new Uint8Array(readFileSync(path.join(target, file)));
    for (const tensor of parseSafetensors(bytes).tensors.values())
      tensors.set(tensor.name, { ...tensor, data: bytes.slice(tensor.offset, tensor.offset + tensor.bytes) });
  }
  const config = JSON.parse(readFileSync(path.join(target, 'config.json'), 'utf8')) as {
    quantized_from: object;
    quantization_config: {
      ignore: string[];
      dynamic: Record<string, object>;
      modules_to_not_convert: string[];
      config_groups: Record<string, { targets: string[]; weights: { num_bits: number; symmetric: boolean } }>;
    };
  };
  return { target, tensors, config };
}

/** The pattern of a config that is for block 1's attention, tried on names. */
function fits(pattern: string, name: string): boolean {
  return new RegExp(pattern.replace(/^(re|[+-]):/, '')).test(name);
}

describe('layers kept at INT8', () => {
  test('are a second group of compressed-tensors, with those that engines fuse with them', async () => {
    const { tensors, config } = await write('int4-rtn', { weights: [KEY], as: 'int8' }, 'compressed-tensors');
    for (const module of ATTENTION) expect(tensors.get(`${module}.weight_packed`)?.shape[1]).toBe(256 / 4);
    expect(tensors.get(`${BLOCK}.self_attn.o_proj.weight_packed`)?.shape[1]).toBe(256 / 8);
    const { ignore, config_groups: groups } = config.quantization_config;
    expect(ignore).toEqual(['lm_head']);
    expect(groups.group_0).toMatchObject({ targets: ['Linear'], weights: { num_bits: 4, symmetric: false } });
    expect(groups.group_1.weights).toMatchObject({ num_bits: 8, symmetric: true });
    const [pattern, ...others] = groups.group_1.targets;
    expect(others).toEqual([]);
    for (const module of [...ATTENTION, `${BLOCK}.self_attn.qkv_proj`]) expect(fits(pattern, module)).toBe(true);
    for (const module of [`${BLOCK}.self_attn.o_proj`, 'model.layers.11.self_attn.q_proj'])
      expect(fits(pattern, module)).toBe(false);
  });

  test('are a rule of their own in GPTQ', async () => {
    const { tensors, config } = await write('gptq', { weights: [KEY], as: 'int8' });
    for (const module of ATTENTION) expect(tensors.get(`${module}.qweight`)?.shape[0]).toBe(256 / 4);
    expect(tensors.get(`${BLOCK}.self_attn.o_proj.qweight`)?.shape[0]).toBe(256 / 8);
    const [[rule, settings], ...others] = Object.entries(config.quantization_config.dynamic);
    expect(others).toEqual([]);
    expect(settings).toEqual({ bits: 8 });
    expect(rule.startsWith('+:')).toBe(true);
    expect(fits(rule, `${BLOCK}.self_attn.qkv_proj`)).toBe(true);
  });

  test.each(['awq', 'fp8', 'nvfp4'])('are not what %s can hold', async (name) => {
    await expect(write(name, { weights: [KEY], as: 'int8' })).rejects.toMatchObject({ id: 'KEPT_AS_NOT_WRITTEN' });
  });
});

describe('layers kept as they are', () => {
  test.each(['fp8', 'int8-w8a8', 'smoothquant'])('are left out of %s by name, to the byte', async (name) => {
    const { tensors, config } = await write(name, { weights: [KEY], as: 'stored' }, undefined, name === 'smoothquant');
    expect(config.quantization_config.ignore).toEqual(['lm_head', ...[...ATTENTION].sort(byCheckpoint)]);
    const source = await openModel();
    const stored = source.tensors.get(KEY)!;
    const file = await source.open(stored.file);
    expect(tensors.get(KEY)?.data).toEqual(await file.read(stored.offset, stored.bytes));
    await file.close();
    const norm = `${BLOCK}.input_layernorm.weight`;
    // SmoothQuant moves factors into a norm only where all that read its output take them.
    const before = source.tensors.get(norm)!;
    const normFile = await source.open(before.file);
    expect(tensors.get(norm)?.data).toEqual(await normFile.read(before.offset, before.bytes));
    await normFile.close();
  });

  test('take no divisors from AWQ, whose scales would have moved into them', async () => {
    const up = `${BLOCK}.mlp.up_proj.weight`;
    const { tensors, config } = await write('awq', { weights: [up], as: 'stored' }, undefined, true);
    expect(config.quantization_config.modules_to_not_convert).toEqual(
      expect.arrayContaining([`${BLOCK}.mlp.up_proj`, `${BLOCK}.mlp.gate_proj`]),
    );
    const plain = await write('awq', { weights: [up], as: 'stored' });
    expect(tensors.get(up)?.data).toEqual(plain.tensors.get(up)?.data);
  });

  test('are also those that calibration has no scale for', async () => {
    const { folder } = locateCheckpoint(MODEL);
    const checkpoint = await openModel();
    const whole = await calibrationFor(checkpoint);
    const calibration = { ...whole, groups: whole.groups.slice(0, -1) };
    const target = path.join(scratch, 'partly');
    const scheme = parseScheme('int8-w8a8-static');
    const { notes } = await writeCheckpoint(folder, checkpoint, target, { scheme, calibration, threads: 2 });
    const left = whole.groups.at(-1)!.map((weight) => weight.replace('.weight', ''));
    expect(notes.join(' ')).toContain(`calibration has no scale for what enters them: ${left.join(', ')}`);
    const config = JSON.parse(readFileSync(path.join(target, 'config.json'), 'utf8')) as {
      quantization_config: { ignore: string[] };
    };
    expect(config.quantization_config.ignore).toEqual(['lm_head', ...left]);
  });

  test('must be layers of the checkpoint', async () => {
    const keep: KeptLayers = { weights: ['model.layers.9.mlp.up_proj.weight'], as: 'stored' };
    await expect(write('fp8', keep)).rejects.toMatchObject({ id: 'KEPT_LAYER_UNKNOWN' });
  });
});

test('a checkpoint says which weights it was made from, as a report does', async () => {
  const { config } = await write('fp8', { weights: [KEY], as: 'stored' });
  const options = { schemes: [parseScheme('fp8')], threads: 1, digest: true };
  const { model } = await simulate(await openCheckpoint(locateCheckpoint(MODEL).folder), options);
  expect(config.quantized_from).toEqual({
    digest: model.digest,
    scheme: 'fp8',
    groupSize: -1,
    kept: expect.arrayContaining(ATTENTION.map((module) => `${module}.weight`)) as string[],
    keptAs: 'stored',
  });
});

/** In the order in which the checkpoint has them. */
function byCheckpoint(left: string, right: string): number {
  const order = ['k_proj', 'q_proj', 'v_proj'];
  const at = (name: string) => order.findIndex((module) => name.endsWith(module));
  return at(left) - at(right);
}
