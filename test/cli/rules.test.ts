import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { EXPLANATIONS, RULES } from '../../lib/rules';
import { useTemporaryFolder } from '../format/temporary-folder';
import { qe } from './qe';

const temporary = useTemporaryFolder();

const config = {
  architectures: ['LlamaForCausalLM'],
  model_type: 'llama',
  hidden_size: 4096,
  intermediate_size: 14336,
  num_attention_heads: 32,
  num_hidden_layers: 32,
  num_key_value_heads: 8,
  vocab_size: 128256,
  max_position_embeddings: 8192,
  torch_dtype: 'bfloat16',
};
const broken = { id: 'broken', model: { config }, container: { family: 'vllm' }, options: { tensorParallelSize: 3 } };
const sound = { id: 'sound', model: { config }, container: { family: 'vllm' }, options: { tensorParallelSize: 4 } };
const warned = { id: 'warned', model: { config }, container: { family: 'vllm' }, options: { slots: 2 } };

function file(name: string, text: string): string {
  const location = path.join(temporary(), name);
  writeFileSync(location, text);
  return location;
}

describe('qe rules', () => {
  test('lists every rule with its severity', async () => {
    const { status, stdout } = await qe('rules', '--no-color');
    expect(status).toBe(0);
    for (const { id } of [...RULES, ...EXPLANATIONS]) expect(stdout).toContain(id);
    expect(stdout).toContain(`${RULES.length} rules`);
  });

  test('lists them as JSON, each with its cause and source', async () => {
    const { stdout } = await qe('rules', '--json');
    const answer = JSON.parse(stdout) as {
      schema: number;
      rules: { id: string; cause: string; source: string }[];
      findings: object[];
    };
    expect(answer.schema).toBe(1);
    expect(answer.rules).toHaveLength(RULES.length);
    expect(answer.findings).toHaveLength(EXPLANATIONS.length);
    expect(answer.rules.find(({ id }) => id === 'BFLOAT16_NEEDS_AMPERE')).toMatchObject({
      cause: 'hardware',
      severity: 'error',
    });
  });
});

describe('qe explain', () => {
  test('shows a rule: why, since when, from where, and what it says of an example', async () => {
    const { status, stdout } = await qe('explain', 'attention-heads-not-divisible', '--no-color');
    expect(status).toBe(0);
    for (const part of [
      'ATTENTION_HEADS_NOT_DIVISIBLE',
      '(parallelism)',
      'Source:',
      'refuses',
      'fix      set tensorParallelSize to 2',
    ])
      expect(stdout).toContain(part);
  });

  test('shows it as JSON, examples whole', async () => {
    const { stdout } = await qe('explain', 'BFLOAT16_NEEDS_AMPERE', '--json');
    const answer = JSON.parse(stdout) as { examples: { fails: unknown[] } };
    expect(answer).toMatchObject({ schema: 1, id: 'BFLOAT16_NEEDS_AMPERE', cause: 'hardware' });
    expect(answer.examples.fails.length).toBeGreaterThan(0);
  });

  test('shows what is found beyond rules, without an example', async () => {
    const { status, stdout } = await qe('explain', 'hub-token-readable', '--no-color');
    expect(status).toBe(0);
    expect(stdout).toMatch(/^warning HUB_TOKEN_READABLE \(endpoint\)\n/);
    expect(stdout).toContain('DescribeModel');
    expect(stdout).not.toContain('refuses');
    const answer = JSON.parse((await qe('explain', 'HUB_TOKEN_READABLE', '--json')).stdout) as object;
    expect(answer).toMatchObject({ schema: 1, id: 'HUB_TOKEN_READABLE', cause: 'endpoint', severity: 'warning' });
    expect(answer).not.toHaveProperty('examples');
  });

  test.each([
    ['BFLOAT16_NEEDS_AMPER', 'BFLOAT16_NEEDS_AMPERE'],
    ['MODEL_REVISION_NOT_PINED', 'MODEL_REVISION_NOT_PINNED'],
    ['kv_cache_context', 'KV_CACHE'],
  ])('proposes the nearest id for %s', async (name, nearest) => {
    const { status, stderr } = await qe('explain', name, '--no-color');
    expect(status).toBe(2);
    expect(stderr).toContain('RULE_UNKNOWN');
    expect(stderr).toContain(nearest);
  });

  test('says where the list is when nothing is near', async () => {
    const { status, stderr } = await qe('explain', 'zz', '--no-color');
    expect(status).toBe(2);
    expect(stderr).toContain('qe rules');
  });
});

describe('qe check', () => {
  test('answers 1 and the fix for an error', async () => {
    const { status, stdout } = await qe('check', file('broken.json', JSON.stringify(broken)), '--no-color');
    expect(status).toBe(1);
    expect(stdout).toContain('ATTENTION_HEADS_NOT_DIVISIBLE');
    expect(stdout).toContain('fix      set tensorParallelSize to 2');
    expect(stdout).toContain('1 error');
  });

  test('answers 0 for a sound spec, and 0 for a warning unless strict', async () => {
    expect(await qe('check', file('sound.json', JSON.stringify(sound)), '--no-color')).toMatchObject({
      status: 0,
      stdout: 'ok: nothing found\n',
    });
    const spec = file('warned.json', JSON.stringify(warned));
    expect((await qe('check', spec)).status).toBe(0);
    expect((await qe('check', spec, '--strict')).status).toBe(1);
  });

  test('answers 2 for what is no spec', async () => {
    const { status, stdout } = await qe('check', file('wrong.json', '{"modle":{}}'), '--json');
    expect(status).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({ schema: 1, id: null, verdict: 'error' });
  });

  test('answers a batch line by line, whatever a line holds', async () => {
    const lines = [JSON.stringify(sound), '{ not json', JSON.stringify(broken), '7', JSON.stringify(warned)].join('\n');
    const { status, stdout } = await qe('check', file('batch.ndjson', lines), '--batch');
    expect(status).toBe(1);
    const answers = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { id: string | null; line?: number; verdict: string });
    expect(answers.map(({ id, verdict }) => [id, verdict])).toEqual([
      ['sound', 'ok'],
      [null, 'error'],
      ['broken', 'error'],
      [null, 'error'],
      ['warned', 'warning'],
    ]);
    expect(answers[1]).toMatchObject({ line: 2, findings: [{ rule: 'SPEC_UNREADABLE' }] });
    expect(answers[3]).toMatchObject({ line: 4 });
  });
});
