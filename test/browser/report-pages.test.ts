import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { planPage, simulationPage, type SensitivityReport, type SimulationReport } from '../../lib/report';
import type { PlanAnswer } from '../../lib/rules';
import { launchChromium } from './chromium';

const scheme = (name: string, bytes: number, relativeError: number): SimulationReport['schemes'][number] => ({
  scheme: name,
  bytes,
  bitsPerWeight: 4.25,
  weights: { sqnrDb: 21.4, relativeError, maxAbsError: 0.031 },
  notes: [],
  evaluation: {
    perplexity: 41.5 * (1 + relativeError),
    meanKl: relativeError / 3,
    p99Kl: 2 * relativeError,
    top1Agreement: 1 - relativeError,
  },
  instances: [
    {
      instanceType: 'ml.g5.xlarge',
      container: 'lmi',
      context: 8192,
      fits: true,
      weightBytes: bytes,
      memoryBytes: 23_689_953_280,
      kvCacheBytes: 14e9,
      maxConcurrency: 33.2,
    },
    {
      instanceType: 'ml.inf2.xlarge',
      container: 'lmi-neuron',
      context: 8192,
      fits: false,
      weightBytes: null,
      memoryBytes: null,
      kvCacheBytes: null,
      maxConcurrency: null,
      reason: `the lmi-neuron image serves neuron-int8, got ${name}`,
    },
  ],
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

const sensitivity = (name: string, meanKl: number): SensitivityReport => {
  const whole = { perplexity: 42, meanKl, p99Kl: 0.1, top1Agreement: 0.9 };
  return {
    scheme: name,
    tokens: 2044,
    perplexity: 41.5,
    whole,
    units: [0, 1, 2, 3].map((layer) => ({
      weights: [`model.layers.${layer}.mlp.gate_proj.weight`, `model.layers.${layer}.mlp.up_proj.weight`],
      meanKl: meanKl / 2 ** (layer + 1),
      perplexity: 41.6,
    })),
    proposal: {
      kept: ['model.layers.0.mlp.gate_proj.weight', 'model.layers.0.mlp.up_proj.weight'],
      keptAs: 'stored',
      extraBytes: 131_072,
      expectedMeanKl: meanKl / 2,
      measured: { ...whole, meanKl: meanKl / 2.1 },
    },
  };
};

const simulation = simulationPage({
  date: '2026-01-01',
  report: {
    model: {
      path: 'm',
      digest: `sha256:${'0'.repeat(64)}`,
      architecture: 'LlamaForCausalLM',
      parameters: 3_410_176,
      bytes: 6_820_352,
    },
    evaluation: {
      tokens: 54_166,
      window: 512,
      stride: 511,
      perplexity: 41.5,
      inputs: [],
      sensitivity: ['fp8', 'awq'].map((name, index) => sensitivity(name, 0.02 * (1 + index))),
    },
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

  test('writes what stands at the axes of a chart whole on a phone, and nothing over it', async () => {
    const cut = await page.evaluate(`[...document.querySelectorAll('figure > svg')].flatMap((svg) => {
      const frame = svg.getBoundingClientRect();
      const texts = [...svg.querySelectorAll(':scope > text:not(.label)')];
      const boxes = texts.map((text) => text.getBoundingClientRect());
      // Boxes have room above and below the letters.
      const covers = (a, b) =>
        a.left < b.right && b.left < a.right && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > a.height / 3;
      return texts.filter(
        (text, index) =>
          boxes[index].left < frame.left - 1 ||
          boxes[index].right > frame.right + 1 ||
          boxes[index].top < frame.top - 1 ||
          boxes.some((other, at) => at !== index && covers(boxes[index], other)),
      ).map((text) => text.textContent);
    })`);
    expect(cut).toEqual([]);
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

  test('tells by keyboard why an instance does not run a scheme, and what a scheme hurts', async () => {
    const page = await browser.newPage();
    await page.setContent(simulation);
    const why = page.locator('#instances tbody tr:first-child summary');
    expect(await page.isVisible('#instances details small')).toBe(false);
    await why.focus();
    await page.keyboard.press('Enter');
    expect(await page.textContent('#instances details[open] small')).toContain('serves neuron-int8, got fp8');
    await page.locator('#sensitivity summary', { hasText: 'What awq hurts most' }).focus();
    await page.keyboard.press('Space');
    expect(await page.locator('#sensitivity details[open] tbody tr').count()).toBe(4);
  });

  test('names schemes in the chart without covering one name by another', async () => {
    const page = await browser.newPage();
    await page.setContent(simulation);
    const overlaps = await page.evaluate(`(() => {
      const boxes = [...document.querySelectorAll('#schemes svg .label')].map((label) => label.getBoundingClientRect());
      return [boxes.length, boxes.some((a, i) => boxes.some((b, j) => i < j && a.left < b.right && b.left < a.right &&
        a.top < b.bottom - 2 && b.top < a.bottom - 2))];
    })()`);
    expect(overlaps).toEqual([3, false]);
  });
});
