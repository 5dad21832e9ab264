import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { runCli } from '../../bin/program';
import { priceFile, serializePriceFile, setPrices } from '../../lib/plan';
import { LLAMA_8B } from '../../lib/rules/helpers/samples';
import { useTemporaryFolder } from '../format/temporary-folder';

const temporary = useTemporaryFolder();
const environment = process.env.QE_PRICES;
afterEach(() => {
  setPrices(undefined);
  if (environment === undefined) delete process.env.QE_PRICES;
  else process.env.QE_PRICES = environment;
});

/** What `qe check` answers on stdout. */
async function checked(spec: object, ...options: string[]): Promise<string> {
  const file = path.join(temporary(), 'spec.json');
  writeFileSync(file, JSON.stringify(spec));
  let written = '';
  const spy = jest.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
    written += String(chunk);
    return true;
  });
  try {
    await runCli([...options, 'check', file]);
  } finally {
    spy.mockRestore();
  }
  return written;
}

test('control characters of a spec are shown, not sent to the terminal', async () => {
  const answer = await checked({
    model: { config: LLAMA_8B },
    instanceType: 'ml.g5.2xlarge\u001b[2J\u202e',
    quantization: 'none',
  });
  expect(answer).toContain('ml.g5.2xlarge\\u001b[2J\\u202e');
  expect(answer).not.toMatch(/\u001b\[2J|\u202e/);
});

test('a budget is held against fetched prices', async () => {
  const spec = {
    model: { config: LLAMA_8B },
    container: { family: 'vllm' },
    instanceType: 'ml.g5.12xlarge',
    region: 'us-east-1',
    options: { maxModelLen: 4096, tensorParallelSize: 4 },
    workload: { maxUsdPerHour: 20 },
  };
  expect(await checked(spec)).not.toContain('BUDGET_EXCEEDED');
  process.env.QE_PRICES = path.join(temporary(), 'prices.json');
  const prices = { 'us-east-1': { 'ml.g5.12xlarge': 99 } };
  writeFileSync(process.env.QE_PRICES, serializePriceFile(priceFile('2026-01-02', 'a test', prices)));
  const answer = await checked(spec);
  expect(answer).toContain('BUDGET_EXCEEDED');
  expect(answer).toContain('$99.00 an hour');
  expect(answer).toContain('2026-01-02');
});
