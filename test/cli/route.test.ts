import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { runCli } from '../../bin/program';
import { boundariesFor, decide, parseWeights } from '../../lib/route';

let scratch: string;
let out: string;
let err: string;

beforeAll(() => (scratch = mkdtempSync(path.join(tmpdir(), 'route-'))));
afterAll(() => rmSync(scratch, { recursive: true }));
beforeEach(() => {
  out = '';
  err = '';
  jest.spyOn(process.stdout, 'write').mockImplementation((text) => ((out += text), true));
  jest.spyOn(process.stderr, 'write').mockImplementation((text) => ((err += text), true));
});
afterEach(() => jest.restoreAllMocks());

/** Requests whose larger model is needed where they ask for a proof, and not otherwise. */
function examples(name: string, more: (i: number) => object = () => ({}), count = 120): string {
  const file = path.join(scratch, name);
  const lines = Array.from({ length: count }, (_, i) => {
    const hard = i % 3 === 0;
    const prompt = hard
      ? `Prove step by step that ${i} is what it is, and explain why.`
      : `What is the capital of land ${i}?`;
    return JSON.stringify({ prompt, quality: { fast: hard ? 0.2 : 0.9, quality: 0.9 }, ...more(i) });
  });
  writeFileSync(file, lines.join('\n'));
  return file;
}

const calibrate = (...args: string[]) =>
  runCli(['route', 'calibrate', '--out', path.join(scratch, 'weights.json'), ...args]);

describe('qe route calibrate', () => {
  test('fits weights that a router can use, and says what they are worth', async () => {
    const file = examples('a.jsonl');
    expect(await calibrate('--examples', file, '--quality-share', String(1 / 3), '--json')).toBe(0);
    const answer = JSON.parse(out);
    expect(answer).toMatchObject({ schema: 1, tiers: ['fast', 'quality'], examples: 120, folds: 10 });
    expect(answer.boundaries[0].auc).toBe(1);
    expect(answer.chosen.tierShares[1]).toBeCloseTo(1 / 3, 2);
    expect(answer.chosen.tierShares[1]).toBeLessThanOrEqual(1 / 3);
    expect(answer.chosen.gapRecovered).toBeCloseTo(1, 6);
    expect(answer.chosen.lotQuality).toBeLessThan(answer.chosen.quality);
    const weights = parseWeights(JSON.parse(readFileSync(path.join(scratch, 'weights.json'), 'utf8')));
    expect(weights.provenance).toMatchObject({ source: file, examples: 120, tiers: ['fast', 'quality'] });
    const boundaries = boundariesFor(weights, 2, undefined);
    const tierOf = (question: string) =>
      decide(
        {
          question,
          images: 0,
          systemCharacters: 0,
          earlierQuestions: 0,
          historyCharacters: 0,
          tools: 0,
          jsonAsked: false,
        },
        boundaries,
      ).tier;
    expect([
      tierOf('What is the capital of Peru?'),
      tierOf('Prove step by step that 7 is prime, and explain why.'),
    ]).toEqual([0, 1]);
  });

  test('gives the same weights for the same examples and seed', async () => {
    const file = examples('same.jsonl');
    const made = async () => {
      await calibrate('--examples', file, '--seed', '7');
      return readFileSync(path.join(scratch, 'weights.json'), 'utf8');
    };
    expect(await made()).toBe(await made());
  });

  test('aims at a quality at the least cost, or at a cost with the best quality', async () => {
    const file = examples('cost.jsonl', () => ({ cost: { fast: 1, quality: 10 } }));
    await calibrate('--examples', file, '--quality', '0.9', '--json');
    const byQuality = JSON.parse(out).chosen;
    expect(byQuality.quality).toBeGreaterThanOrEqual(0.9 - 1e-9);
    expect(byQuality.cost).toBeLessThan(4.5);
    out = '';
    await calibrate('--examples', file, '--cost', '2.5', '--json');
    const byCost = JSON.parse(out).chosen;
    expect(byCost.cost).toBeLessThanOrEqual(2.5);
    expect(byCost.quality).toBeGreaterThan(byCost.lotQuality);
  });

  test('fits a boundary for each step between more tiers', async () => {
    const file = path.join(scratch, 'three.jsonl');
    const kinds = [
      ['What is the capital of land', 0.9, 0.9, 0.9],
      ['Write a Python function and a unit test for case', 0.2, 0.9, 0.9],
      ['Prove step by step, compare and justify statement', 0.1, 0.3, 0.9],
    ] as const;
    const lines = Array.from({ length: 150 }, (_, i) => {
      const [text, s, m, l] = kinds[i % 3];
      return JSON.stringify({ prompt: `${text} ${i}`, quality: { s, m, l } });
    });
    writeFileSync(file, lines.join('\n'));
    expect(await calibrate('--examples', file, '--quality', '0.89', '--json')).toBe(0);
    const { tiers, boundaries, chosen } = JSON.parse(out);
    expect(tiers).toEqual(['s', 'm', 'l']);
    expect(boundaries).toHaveLength(2);
    expect(chosen.tierShares.reduce((sum: number, share: number) => sum + share, 0)).toBeCloseTo(1, 9);
    expect(chosen.quality).toBeGreaterThanOrEqual(0.89);
  });

  test('writes a page with the plot, and a summary for people', async () => {
    const page = path.join(scratch, 'page.html');
    expect(await calibrate('--examples', examples('page.jsonl'), '--html', page)).toBe(0);
    const html = readFileSync(page, 'utf8');
    expect(html).toContain('Quality against cost');
    expect(html.match(/<path d="M/g)!.length).toBeGreaterThanOrEqual(2);
    expect(html.slice(0, html.indexOf('<script'))).not.toMatch(/NaN|undefined/);
    expect(out).toContain('by the classifier');
    expect(out).toContain('reasoningWords');
    expect(err).toContain('page.html');
  });

  test('says so where the requests do not tell what they need', async () => {
    const file = examples('chance.jsonl', (i) => ({ quality: { fast: (i * 7919) % 2, quality: 1 } }));
    expect(await calibrate('--examples', file)).toBe(0);
    expect(out).toContain('hardly better than chance');
  });

  test('cannot reach what no setting reaches: status 1, and what would be reached', async () => {
    expect(await calibrate('--examples', examples('far.jsonl'), '--quality', '0.99')).toBe(1);
    expect(err).toContain('ROUTE_TARGET_UNREACHABLE');
    expect(err).toContain('at most 0.9000');
  });

  test.each([
    ['no file', () => ['--examples', '/nowhere.jsonl'], 'ROUTE_EXAMPLES_UNREADABLE'],
    ['few examples', () => ['--examples', examples('few.jsonl', () => ({}), 10)], 'ROUTE_EXAMPLES_TOO_FEW'],
    ['two targets', () => ['--examples', 'x', '--quality', '0.9', '--cost', '1'], 'ROUTE_TARGETS_EXCLUDE_EACH_OTHER'],
    ['a share above 1', () => ['--examples', 'x', '--quality-share', '20'], 'OPTION_OUT_OF_RANGE'],
    ['half a fold', () => ['--examples', 'x', '--folds', '2.5'], 'OPTION_OUT_OF_RANGE'],
    ['a tier twice', () => ['--examples', 'x', '--tiers', 'a,a'], 'ROUTE_TIERS_INVALID'],
    [
      'a cost of another tier',
      () => ['--examples', examples('c.jsonl'), '--tier-cost', 'a=1,b=2'],
      'ROUTE_TIER_COST_INVALID',
    ],
    [
      'a tier that has no quality',
      () => ['--examples', examples('t.jsonl'), '--tiers', 'fast,huge'],
      'ROUTE_EXAMPLE_INVALID',
    ],
    [
      'a quality of 5',
      () => ['--examples', examples('q.jsonl', () => ({ quality: { a: 5, b: 1 } }))],
      'ROUTE_EXAMPLE_INVALID',
    ],
    [
      'neither prompt nor messages',
      () => ['--examples', examples('p.jsonl', () => ({ prompt: undefined }))],
      'ROUTE_EXAMPLE_INVALID',
    ],
    [
      'messages that are none',
      () => ['--examples', examples('m.jsonl', () => ({ prompt: undefined, messages: [1] }))],
      'ROUTE_EXAMPLE_INVALID',
    ],
  ])('refuses %s: status 2', async (_, args, id) => {
    expect(await calibrate(...args())).toBe(2);
    expect(err).toContain(id);
  });

  test('names the line that is no JSON', async () => {
    const file = examples('broken.jsonl');
    writeFileSync(file, `${readFileSync(file, 'utf8')}\n{"prompt":`);
    expect(await calibrate('--examples', file)).toBe(2);
    expect(err).toContain('broken.jsonl:121');
  });

  test('knows no other action', async () => {
    expect(await runCli(['route', 'calibrat', '--examples', 'x'])).toBe(2);
    expect(err).toContain('ACTION_UNKNOWN');
  });
});
