import { readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { check, planAnswer, RULES } from '../../lib/rules';
import { Dice, mutated } from './mutate';

const reported = readFileSync(path.join(__dirname, 'fixtures/deployments.ndjson'), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.stringify((JSON.parse(line) as { spec: unknown }).spec));
const examples = RULES.flatMap(({ examples: { passes, fails } }) =>
  [...passes, ...fails].map((spec) => JSON.stringify(spec)),
);
/** Long lists of layer types cost time and add nothing that the short configs lack. */
const seeds = [...reported, ...examples].filter((text) => text.length < 2500);

const SPECS_A_RUN = 100;
const RUNS = 2000;

function expectAnswer(answer: ReturnType<typeof check>): void {
  const gravest = answer.findings.some(({ severity }) => severity === 'error')
    ? 'error'
    : answer.findings.length > 0
      ? 'warning'
      : 'ok';
  if (answer.verdict !== gravest) throw new Error(`verdict ${answer.verdict} with ${JSON.stringify(answer.findings)}`);
  for (const { rule, severity, message, fix } of answer.findings) {
    if (!/^[A-Z][A-Z0-9_]+$/.test(rule)) throw new Error(`rule ${rule}`);
    if (severity !== 'error' && severity !== 'warning') throw new Error(`severity ${String(severity)} of ${rule}`);
    if (typeof message !== 'string' || /\bundefined\b|\bNaN\b|\[object /.test(withoutQuotes(message)))
      throw new Error(`${rule}: ${message}`);
    if (fix === undefined) throw new Error(`${rule} has no fix`);
  }
}

/** What a message quotes of the user's own may be anything. */
const withoutQuotes = (message: string) => message.replace(/"[^"]*"|got [^:]*/g, '');

describe('damaged specs', () => {
  const { stackTraceLimit } = Error;
  // Half of the specs are refused with an error object; collecting its stack costs more than all rules together.
  beforeAll(() => {
    Error.stackTraceLimit = 0;
  });
  afterAll(() => {
    Error.stackTraceLimit = stackTraceLimit;
  });

  test(`give findings and nothing else, ${SPECS_A_RUN * RUNS} of them`, () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 31 }), (seed) => {
        const dice = new Dice(seed);
        for (let i = 0; i < SPECS_A_RUN; i++) expectAnswer(check(mutated(dice.pick(seeds), dice)));
      }),
      { seed: 20261123, numRuns: RUNS },
    );
  });

  test('give plans whose figures are null or finite', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 31 }), (seed) => {
        const dice = new Dice(seed);
        for (let i = 0; i < 10; i++) {
          const { memory, kvCacheTokens, maxConcurrency, estimate, cost } = planAnswer(mutated(dice.pick(seeds), dice));
          const figures = [
            ...Object.values(memory),
            kvCacheTokens,
            maxConcurrency,
            estimate.interTokenMs,
            cost.usdPerHour,
          ];
          for (const figure of figures) if (figure !== null) expect(Number.isFinite(figure)).toBe(true);
        }
      }),
      { seed: 20261124, numRuns: 200 },
    );
  });

  test('never reach the prototype of objects', () => {
    check(
      JSON.parse(
        '{"model":{"config":{"__proto__":{"polluted":1},"architectures":["LlamaForCausalLM"]}},"environment":{"__proto__":"x"}}',
      ),
    );
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });
});
