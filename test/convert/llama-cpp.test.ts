import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { modelFromCheckpoint } from '../../lib/convert/gguf/from-checkpoint';
import { ggufTypeName, writeGguf } from '../../lib/convert/gguf/write-gguf';
import { openCheckpoint } from '../../lib/format';
import { locateCheckpoint } from '../../lib/format/node';
import { parseScheme } from '../../lib/scheme';
import { MADE_CHECKPOINTS, MADE_EXPERTS, writeCheckpoint } from './checkpoints';
import reference from './reference-digests.json';

/** Of files that llama.cpp's converter and quantizer wrote: tools/generate/gguf-reference.py. */
const digests = reference.digests as Readonly<Record<string, Readonly<Record<string, string>>>>;

/** Each on one dense architecture and on those experts that mixes treat in ways of their own; the mix of one on every architecture. */
const ALL_TYPES = ['Q2_K', 'Q3_K_M', 'Q4_0', 'Q4_K_M', 'Q5_K_M', 'Q6_K', 'Q8_0'];

const ALL_TYPES_OF = [MADE_CHECKPOINTS[0].name, 'Made-Mixtral-8x1M-Instruct-v0.1', 'made-qwen3-1m-a0.5m'];

const scratch = mkdtempSync(path.join(tmpdir(), 'qe-gguf-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

async function quantize(source: string, schemeName: string): Promise<string> {
  const { folder, file } = locateCheckpoint(source);
  const model = await modelFromCheckpoint(folder, await openCheckpoint(folder, file));
  const scheme = parseScheme(schemeName);
  const target = path.join(scratch, `${model.name}-${ggufTypeName(scheme)}.gguf`);
  await writeGguf(model, scheme, target, { threads: 2 });
  return target;
}

const digestOf = (file: string): string => createHash('sha256').update(readFileSync(file)).digest('hex');

describe.each([...MADE_CHECKPOINTS, ...MADE_EXPERTS])('$name', (made) => {
  const expected = digests[made.name];
  let source: string;
  let converted: string;
  beforeAll(async () => {
    source = writeCheckpoint(scratch, made);
    converted = await quantize(source, `gguf:${made.dtype}`);
  });

  test('is converted as by convert_hf_to_gguf.py', () => {
    expect(digestOf(converted)).toBe(expected.converted);
  });

  test.each(ALL_TYPES_OF.includes(made.name) ? ALL_TYPES : ['Q4_K_M'])(
    'is quantized to %s as by llama-quantize',
    async (type) => {
      expect(digestOf(await quantize(source, `gguf:${type}`))).toBe(expected[type]);
    },
  );

  test('leaves nothing aside', () => {
    expect(readdirSync(scratch).filter((name) => name.endsWith('.partial'))).toEqual([]);
  });
});

test('a model comes to the same by way of an unquantized GGUF', async () => {
  const [made] = MADE_CHECKPOINTS;
  const converted = await quantize(writeCheckpoint(scratch, made), 'gguf:BF16');
  expect(digestOf(await quantize(converted, 'gguf:Q4_K_M'))).toBe(digests[made.name].Q4_K_M);
});
