import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Writable } from 'node:stream';
import { plan } from '../../bin/commands/plan';
import { recommend } from '../../bin/commands/recommend';
import { Terminal } from '../../bin/terminal';
import { priceFile, serializePriceFile, setPrices } from '../../lib/plan';

const config = {
  architectures: ['LlamaForCausalLM'],
  model_type: 'llama',
  hidden_size: 4096,
  intermediate_size: 14_336,
  num_attention_heads: 32,
  num_key_value_heads: 8,
  num_hidden_layers: 32,
  vocab_size: 128_256,
  max_position_embeddings: 131_072,
  rope_theta: 500_000,
  torch_dtype: 'bfloat16',
};
const spec = {
  id: 'prod',
  model: { id: 'meta-llama/Llama-3.1-8B-Instruct', config },
  container: { family: 'vllm' },
  instanceType: 'ml.g5.2xlarge',
  region: 'us-east-1',
  endpoint: { inferenceAmiVersion: 'al2023-ami-sagemaker-inference-gpu-4-1' },
  options: { maxModelLen: 8192 },
  workload: { inputTokens: 1024, outputTokens: 256, concurrency: 4 },
};

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'qe-plan-'));
  process.env.QE_PRICES = path.join(folder, 'prices.json');
});
afterEach(async () => {
  delete process.env.QE_PRICES;
  setPrices(undefined);
  await rm(folder, { recursive: true });
});

async function run(
  command: typeof plan,
  content: unknown,
  options: Record<string, unknown> = {},
): Promise<{ readonly status: number; readonly out: string; readonly err: string }> {
  const file = path.join(folder, 'spec.json');
  await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content));
  const [out, err] = [new Sink(), new Sink()];
  const status = await command([file], options, new Terminal({ color: false, ...options }, out, err));
  return { status, out: out.text, err: err.text };
}

class Sink extends Writable {
  text = '';
  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

describe('qe plan', () => {
  test('answers in JSON with the figures in the order that programs know', async () => {
    const { status, out } = await run(plan, spec, { json: true });
    const answer = JSON.parse(out) as Record<string, object>;
    expect(Object.keys(answer)).toEqual([
      'schema',
      'id',
      'verdict',
      'parameters',
      'checkpointBytes',
      'memory',
      'kvBytesPerToken',
      'kvCacheTokens',
      'maxConcurrency',
      'largestMaxModelLen',
      'estimate',
      'cost',
      'findings',
    ]);
    expect(Object.keys(answer.memory)).toEqual([
      'total',
      'usable',
      'weights',
      'activations',
      'graphs',
      'runtime',
      'kvCache',
    ]);
    expect(answer).toMatchObject({ schema: 1, id: 'prod', parameters: 8_030_261_248, kvBytesPerToken: 131_072 });
    expect(status).toBe(0);
  });

  test('answers a person with units', async () => {
    const { out } = await run(plan, spec);
    expect(out).toMatch(/weights\s+14\.99 GiB/);
    expect(out).toMatch(/KV cache\s+[\d,]+ tokens/);
    expect(out).toMatch(/a month\s+\$1105\.95/);
    expect(out).toContain('memory-bandwidth');
  });

  test('answers a batch line by line', async () => {
    const { out, status } = await run(
      plan,
      `${JSON.stringify(spec)}\nnot json\n${JSON.stringify({ ...spec, id: 'b' })}\n`,
      { batch: true },
    );
    const answers = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { id: string | null; line?: number });
    expect(answers.map(({ id }) => id)).toEqual(['prod', null, 'b']);
    expect(answers[1].line).toBe(2);
    expect(status).toBe(1);
  });

  test('stands beside measurements', async () => {
    const log = path.join(folder, 'start.log');
    await writeFile(log, 'Model loading took 15.0 GiB memory\nGPU KV cache size: 36,000 tokens\n');
    const words = await run(plan, spec, { measured: log });
    expect(words.out).toMatch(/weights\s+14\.99 GiB\s+15\.00 GiB\s+-0\.1 %/);
    const json = await run(plan, spec, { measured: log, json: true });
    expect(JSON.parse(json.out)).toMatchObject({
      measured: [{ figure: 'weights' }, { figure: 'kvCacheTokens', measured: 36_000 }],
    });
    await expect(run(plan, spec, { measured: path.join(folder, 'none.log') })).rejects.toMatchObject({
      id: 'INPUT_UNREADABLE',
    });
  });

  test('writes a page of its own', async () => {
    const page = path.join(folder, 'plan.html');
    const { err } = await run(plan, spec, { html: page });
    expect(err).toContain(page);
    const html = await readFile(page, 'utf8');
    expect(html).toContain('meta-llama/Llama-3.1-8B-Instruct');
    expect(html).not.toMatch(/(?:src|href)="http/);
  });

  test('uses the price file', async () => {
    await writeFile(
      process.env.QE_PRICES as string,
      serializePriceFile(priceFile('2026-11-23', 'list', { 'us-east-1': { 'ml.g5.2xlarge': 2 } })),
    );
    const { out } = await run(plan, spec, { json: true });
    expect(JSON.parse(out)).toMatchObject({ cost: { usdPerHour: 2, priceDate: '2026-11-23' } });
  });

  test('tells what is wrong with a spec that cannot be read, and has no figures for it', async () => {
    const { status, out } = await run(plan, { ...spec, instance: 'x' }, { json: true });
    expect(status).toBe(2);
    expect(JSON.parse(out)).toMatchObject({ verdict: 'error', parameters: null, memory: { total: null } });
  });
});

describe('qe recommend', () => {
  const open = { id: 'prod', model: spec.model, region: spec.region, workload: spec.workload, quantization: 'awq' };

  test('answers a person with a ranking and the reasons against the rest', async () => {
    const { status, out } = await run(recommend, open, { limit: '3' });
    expect(status).toBe(0);
    expect(out).toMatch(/1\s+ml\.\S+\s+awq\s+vllm/);
    expect(out).toContain('Not taken');
    expect(out).toContain('start with awq');
  });

  test('answers in JSON with everything', async () => {
    const { out } = await run(recommend, open, { json: true });
    const answer = JSON.parse(out) as { schema: number; candidates: object[]; rejected: object[] };
    expect(answer.schema).toBe(1);
    expect(answer.candidates.length).toBeGreaterThan(3);
    expect(answer.rejected.length).toBeGreaterThan(3);
  });

  test('ends with 1 where nothing meets the goals', async () => {
    const { status, out } = await run(recommend, { ...open, workload: { maxUsdPerHour: 0.01 } });
    expect(status).toBe(1);
    expect(out).toContain('nothing serves this workload');
  });

  test('writes a page with the frontier and a table that sorts', async () => {
    const page = path.join(folder, 'recommend.html');
    await run(recommend, open, { html: page });
    const html = await readFile(page, 'utf8');
    expect(html).toContain('Cost against latency');
    expect(html).toContain('<svg');
    expect(html).toContain('<th scope="col"');
    expect(html).not.toMatch(/(?:src|href)="http/);
  });

  test('refuses a limit that is none', async () => {
    await expect(run(recommend, open, { limit: 'many' })).rejects.toMatchObject({ id: 'LIMIT_OUT_OF_RANGE' });
  });
});
