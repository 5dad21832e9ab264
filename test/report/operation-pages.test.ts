import { distribution, type BenchmarkReport, type StageResult } from '../../lib/benchmark';
import { scoreAnswer, summarize, worstAnswers } from '../../lib/monitor';
import type { MonitorView, RunSummary } from '../../lib/monitor/operate';
import { benchmarkPage } from '../../lib/report/benchmark-page';
import { monitorPage } from '../../lib/report/monitor-page';

const HOSTILE = '</script><script>alert(1)</script>';

function expectSelfContained(page: string): void {
  expect(page).toMatch(/^<!doctype html>/);
  expect(page).not.toMatch(/(?:src|href)="https?:/);
  expect(page).not.toContain(HOSTILE);
}

describe('the page of a benchmark', () => {
  const stage = (concurrency: number, slow = 1): StageResult => ({
    load: { kind: 'closed', concurrency },
    seconds: 10,
    requests: 20,
    errors: { ThrottlingException: 1 },
    requestsPerSecond: 2 * concurrency,
    outputTokensPerSecond: 100 * concurrency,
    totalTokensPerSecond: null,
    timeToFirstTokenMs: distribution([20 * slow, 30 * slow]),
    interTokenMs: distribution([5 * slow]),
    totalMs: distribution([500 * slow]),
    longestGapMs: null,
    inputTokens: null,
    outputTokens: distribution([64]),
    tokensCountedBy: 'events',
    clientCpu: 0.01,
  });
  const side = (endpoint: string) => ({
    endpoint,
    stages: [stage(1), stage(8, 3)],
    memory: { usedShare: 0.8, plannedShare: 0.75, instanceType: 'ml.g6.2xlarge' },
  });
  const report: BenchmarkReport = {
    startedAt: '2026-01-02T03:04:05.000Z',
    workload: { inputTokens: 512, outputTokens: 64, requests: 20, warmUpRequests: 4 },
    endpoint: side('chat'),
  };

  test('draws throughput and latencies over the load, and says how tokens were counted', () => {
    const page = benchmarkPage(report);
    expectSelfContained(page);
    expect(page.match(/<svg/g)).toHaveLength(4);
    for (const words of ['Time to the first token', '1 ThrottlingException', 'tokens are the events', '80.0 %'])
      expect(page).toContain(words);
  });

  test('one load is a table without plots', () => {
    const page = benchmarkPage({ ...report, endpoint: { ...report.endpoint, stages: [stage(1)] } });
    expect(page).not.toContain('<svg');
  });

  test('of two endpoints shows what differs, their answers and AWS’s own figures', () => {
    const row = { first: 20, second: 24, ratio: 1.2, low: 1.1, high: 1.3, p: 0.01, significant: true };
    const page = benchmarkPage({
      ...report,
      other: side(HOSTILE),
      comparison: [[{ figure: 'totalMs', ...row }], [{ figure: 'interTokenMs', ...row, significant: false }]],
      quality: {
        comparedWith: 'full',
        prompts: 10,
        failed: 0,
        exactMatch: 0.5,
        normalizedMatch: 0.6,
        similarity: 0.9,
        meanKl: null,
        top1Agreement: null,
        worst: [{ id: HOSTILE, category: 'json', loss: 1 }],
      },
      managed: {
        workloadConfigName: 'w',
        jobName: 'qe-chat-1',
        output: 's3://b/',
        concurrency: 8,
        result: {
          requestsPerSecond: 15,
          outputTokensPerSecond: null,
          timeToFirstTokenMs: { p50: 21 },
          interTokenMs: null,
          totalMs: null,
        },
      },
    });
    expectSelfContained(page);
    for (const words of ['What differs', '+20.0 %', '<b>significant</b>', 'not significant', 'qe-chat-1'])
      expect(page).toContain(words);
  });
});

describe('the page of a quality monitor', () => {
  const answer = (text: string) => ({ text, positions: [] });
  const scored = [
    scoreAnswer({ id: 'a', category: 'json', expects: 'json', isText: false }, answer('{}'), answer(HOSTILE)),
    scoreAnswer({ id: 'b', category: 'chat', isText: false }, answer('one two'), answer('one two')),
  ];
  const run = (more: Partial<RunSummary>): RunSummary => ({
    at: '2026-01-02T03:04:05.000Z',
    configName: 'c1',
    kind: 'run',
    prompts: 2,
    failed: 0,
    evidence: 0.5,
    alarm: false,
    similarity: 0.9,
    meanKl: 0.001,
    divergence: 0.01,
    ...more,
  });
  const view = (latest: RunSummary, history = [latest]): MonitorView => ({
    monitorName: 'monitor',
    endpointName: 'chat',
    falseAlarmRate: 0.01,
    tolerance: 0.02,
    latest,
    leading: { figure: 'invalid', category: 'json' },
    detection: { figure: 'divergence', rise: 0.1, prompts: 40 },
    summaries: summarize(scored),
    worst: worstAnswers(scored, 5),
    history,
  });

  test('says what was found, where, and the rate at which such a finding would be wrong', () => {
    const page = monitorPage(view(run({ alarm: true, evidence: 250 })));
    expectSelfContained(page);
    for (const words of ['lost quality: invalid in json', 'alarm at 100', '1.0 % for each configuration', 'within 40'])
      expect(page.replace(/\s+/g, ' ')).toContain(words);
  });

  test('shows the answers furthest from full precision, and the history once there is one', () => {
    const first = run({ kind: 'baseline' });
    expect(monitorPage(view(first))).toContain('accepted as the baseline');
    expect(monitorPage(view(first))).not.toContain('<svg');
    const page = monitorPage(view(run({}), [first, run({})]));
    expect(page.match(/<svg/g)).toHaveLength(3);
    expect(page).toContain('no loss found');
    expect(page).toContain('&lt;/script&gt;');
  });
});
