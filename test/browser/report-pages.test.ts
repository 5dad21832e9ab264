import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { planPage, simulationPage, type SimulationReport } from '../../lib/report';
import type { PlanAnswer } from '../../lib/rules';
import { launchChromium } from './chromium';

jest.setTimeout(60_000);

const scheme = (name: string, bytes: number, relativeError: number): SimulationReport['schemes'][number] => ({
  scheme: name,
  bytes,
  bitsPerWeight: 4.25,
  weights: { sqnrDb: 21.4, relativeError, maxAbsError: 0.031 },
  notes: [],
  tensors: ['q_proj', 'k_proj', 'v_proj'].map((layer, index) => ({
    name: `model.layers.0.self_attn.${layer}.weight`,
    shape: [256, 256],
    sqnrDb: 22.1,
    relativeError: relativeError * (1 + index / 10),
    maxAbsError: 0.02,
    clipped: 0,
    outlierColumns: index === 0 ? [12] : [],
  })),
});

const simulation = simulationPage({
  date: '2026-01-01',
  report: {
    model: { path: 'm', digest: 'sha256:0', architecture: 'LlamaForCausalLM', parameters: 3_410_176, bytes: 6_820_352 },
    schemes: [scheme('fp8', 3_410_176, 0.02), scheme('awq', 1_800_000, 0.09), scheme('gguf:Q2_K', 1_200_000, 0.3)],
    run: { bytesRead: 6_820_352, seconds: 0.2, gigabytesPerSecond: 0.03, threads: 2, peakRssBytes: 180_000_000 },
  },
});

const answer: PlanAnswer = {
  id: 'chat',
  verdict: 'ok',
  findings: [],
  parameters: 7_615_616_512,
  checkpointBytes: 5_571_000_000,
  memory: {
    total: 23_689_953_280,
    usable: 21_320_957_952,
    weights: 5_580_000_000,
    activations: 900_000_000,
    graphs: 400_000_000,
    runtime: 300_000_000,
    kvCache: 13_900_000_000,
  },
  kvBytesPerToken: 57_344,
  kvCacheTokens: 242_000,
  maxConcurrency: 29.5,
  largestMaxModelLen: 32_768,
  estimate: {
    timeToFirstTokenMs: 120,
    interTokenMs: 12.3,
    outputTokensPerSecond: 81,
    requestsPerSecond: 0.3,
    bound: 'memory-bandwidth',
  },
  cost: { usdPerHour: 1.515, usdPerMillionOutputTokens: 5.2, priceDate: '2026-09-01', priceSource: 'price list' },
};

const plan = planPage({
  spec: { model: { id: 'Qwen/Qwen2.5-7B-Instruct-AWQ' }, instanceType: 'ml.g5.2xlarge' },
  answer,
  concurrencyByContext: [1024, 4096, 32768].map((context) => ({ context, concurrency: 242_000 / context })),
  command: ['vllm', 'serve', '/opt/ml/model'],
});

describe.each([
  ['plan', plan],
  ['simulation', simulation],
])('the %s page', (name, markup) => {
  let browser: Browser;
  let folder: string;
  let page: Page;
  const complaints: string[] = [];
  const requests: string[] = [];

  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'report-'));
    const file = path.join(folder, `${name}.html`);
    writeFileSync(file, markup);
    browser = await launchChromium();
    page = await browser.newPage({ viewport: { width: 375, height: 800 } });
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('request', (request) => requests.push(request.url()));
    await page.goto(pathToFileURL(file).href);
  });
  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test('loads nothing but itself, without complaint', () => {
    expect(complaints).toEqual([]);
    expect(requests).toHaveLength(1);
  });

  test('fits a phone: nothing sticks out sideways', async () => {
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(375);
  });

  test('follows the system in light and dark, and its own button', async () => {
    const background = () => page.evaluate('getComputedStyle(document.body).backgroundColor');
    await page.emulateMedia({ colorScheme: 'light' });
    const light = await background();
    await page.emulateMedia({ colorScheme: 'dark' });
    const dark = await background();
    expect(dark).not.toBe(light);
    await page.click('button.theme');
    expect(await background()).toBe(light);
    await page.click('button.theme');
    expect(await background()).toBe(dark);
  });

  test('gives every chart words for those who do not see it', async () => {
    const unnamed = await page.evaluate(
      `[...document.querySelectorAll('svg, [role=img], [role=region]')].filter((e) => !e.getAttribute('aria-label')).length`,
    );
    expect(unnamed).toBe(0);
  });
});

describe('a table of a page', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser?.close());

  test('sorts by the column whose heading is pressed, by mouse and by keyboard', async () => {
    const page = await browser.newPage();
    await page.setContent(simulation);
    const first = () => page.textContent('#schemes tbody tr:first-child td:first-child');
    const size = page.locator('#schemes th button', { hasText: /^size$/ });
    await size.click();
    expect(await first()).toBe('gguf:Q2_K');
    await size.focus();
    await page.keyboard.press('Enter');
    expect(await first()).toBe('fp8');
    expect(await page.getAttribute('#schemes th[aria-sort]', 'aria-sort')).toBe('descending');
  });
});
