import { frontier, html, planPage, renderPage, table } from '../../lib/report';
import { binned } from '../../lib/report/charts/histogram';
import { escapeHtml } from '../../lib/report/html';
import type { PlanAnswer } from '../../lib/rules';

const answer: PlanAnswer = {
  id: 'chat',
  verdict: 'warning',
  findings: [
    { rule: 'SOME_RULE', severity: 'warning', message: 'group size <128> is "odd"', fix: 'use 128 & nothing else' },
  ],
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
    requestsPerSecond: null,
    bound: 'memory-bandwidth',
  },
  cost: { usdPerHour: 1.515, usdPerMillionOutputTokens: 5.2, priceDate: '2026-09-01', priceSource: 'price list' },
};

describe('a page', () => {
  const page = renderPage({
    title: '</title><script>alert(1)</script>',
    lead: 'x',
    sections: [],
    footer: '',
    data: { tensor: '</script><script>alert(1)</script>' },
  });

  test('escapes what comes from a model or a user', () => {
    expect(page).not.toContain('<script>alert');
  });

  test('keeps its data as JSON that reads back', () => {
    const json = /<script type="application\/json" id="data">([\s\S]*?)<\/script>/.exec(page)![1];
    expect(JSON.parse(json)).toEqual({ tensor: '</script><script>alert(1)</script>' });
  });

  test('forbids itself every network access', () => {
    expect(page).toContain("default-src 'none'");
    expect(page).not.toMatch(/(src|href)="https?:/);
  });
});

describe('the page of a plan', () => {
  const page = planPage({
    spec: { model: { id: 'Qwen/Qwen2.5-7B-Instruct-AWQ' }, instanceType: 'ml.g5.2xlarge', quantization: 'awq' },
    answer,
    concurrencyByContext: [
      { context: 4096, concurrency: 59 },
      { context: 8192, concurrency: 29.5 },
      { context: 32768, concurrency: 7.4 },
    ],
  });

  test('names model and instance, and says the main figures', () => {
    expect(page).toContain('Qwen/Qwen2.5-7B-Instruct-AWQ on ml.g5.2xlarge');
    for (const figure of ['29.5', '32,768', '12.3 ms', '$1.51', '$1,106']) expect(page).toContain(figure);
  });

  test('of a model of which nothing is known says so, and shows no memory as free', () => {
    const unknown = Object.fromEntries(Object.keys(answer.memory).map((key) => [key, null]));
    const page = planPage({
      spec: { model: { id: 'some/<model>' }, instanceType: 'ml.g5.2xlarge' },
      answer: {
        ...answer,
        verdict: 'ok',
        findings: [],
        parameters: null,
        checkpointBytes: null,
        kvCacheTokens: null,
        memory: { ...(unknown as unknown as PlanAnswer['memory']), total: answer.memory.total },
      },
      concurrencyByContext: [],
    });
    expect(page).toContain('Nothing is known of this model but its name');
    expect(page).toContain('<code>qe models add some/&lt;model&gt;</code>');
    expect(page).not.toContain('free ');
  });

  test('shows the command word by word, quoted as in a shell', () => {
    const page = planPage({
      spec: { model: {} },
      answer,
      concurrencyByContext: [],
      command: ['vllm', 'serve', '--hf-overrides', '{"a": 1}', '--max-model-len', '8192'],
    });
    expect(page).toContain('<code>--max-model-len</code>');
    expect(page).toContain('<code>&#39;{&quot;a&quot;: 1}&#39;</code>');
  });

  test('shows each finding escaped, with its fix', () => {
    expect(page).toContain('group size &lt;128&gt; is &quot;odd&quot;');
    expect(page).toContain('use 128 &amp; nothing else');
  });

  test('cuts the memory bar into shares that fill it', () => {
    const widths = [...page.matchAll(/width:([\d.]+)%;background/g)].map((match) => Number(match[1]));
    expect(widths).toHaveLength(6);
    expect(widths.reduce((sum, width) => sum + width, 0)).toBeCloseTo(100, 1);
  });

  test('says unknown where the plan does not know', () => {
    const bare = planPage({
      spec: { model: { id: 'm' } },
      answer: {
        ...answer,
        memory: { ...answer.memory, total: null },
        estimate: { ...answer.estimate, interTokenMs: null },
      },
      concurrencyByContext: [],
    });
    expect(bare).toContain('unknown');
    expect(bare).not.toContain('id="memory"');
    expect(bare).not.toContain('id="concurrency"');
  });
});

test('markup joins lists, leaves out nothing-values and escapes the rest', () => {
  expect(html`<p>${['a', '<b>', html`<i>${1}</i>`, null, false, undefined]}</p>`.markup).toBe(
    '<p>a&lt;b&gt;<i>1</i></p>',
  );
  expect(escapeHtml(`&<>"'`)).toBe('&amp;&lt;&gt;&quot;&#39;');
});

test('a column of numbers carries the value it sorts by, and an empty one for unknown', () => {
  const markup = table(
    't',
    [{ title: 'size', show: (row: number | null) => row ?? '–', value: (row) => row }],
    [3, null],
  );
  expect(markup.markup).toContain('data-value="3"');
  expect(markup.markup).toContain('data-value=""');
});

test('the frontier holds exactly the points that nothing beats in both', () => {
  const points = [
    { x: 1, y: 9 },
    { x: 2, y: 10 },
    { x: 2, y: 5 },
    { x: 3, y: 5 },
    { x: 4, y: 1 },
  ];
  expect(frontier(points)).toEqual([points[0], points[2], points[4]]);
});

test('bins count every finite value once', () => {
  const bins = binned([0, 1, 2, 3, 10, NaN, Infinity], 5);
  expect(bins.map((bin) => bin.count)).toEqual([2, 2, 0, 0, 1]);
  expect(binned([])).toEqual([]);
});
