import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Rule } from '../../lib/rules';
import { QuantizedEndpointsError } from '../../lib/errors';
import { readSpec } from '../../lib/spec';
import { alone } from './own-findings';
import { RULES_UNDER_TEST } from './rules-under-test';
import { neighbours } from './vary';

/**
 * What each rule says of the neighbours of its failing examples: severity, place and numbers, not words. It is written down, not worked
 * out: a difference is a rule that behaves otherwise than before, which a reviewer must want. `UPDATE_VARIATIONS=1 npx jest
 * test/rules/variations` writes it anew; read the difference before committing it.
 */
const FILE = path.join(__dirname, 'fixtures/variations.json');
/** The example's own answer, and by answer the neighbours that get another one: where they differ, and by what. */
interface Answers {
  readonly own: string;
  readonly others: Readonly<Record<string, Readonly<Record<string, string>>>>;
}
type Recorded = Readonly<Record<string, readonly Answers[]>>;

/** Amounts, but not those in names of versions and instance types. */
const NUMBER = /(?<![\w.])\d(?:[\d,]*\d)?(?:\.\d+)?(?![\w.]*\w)/g;

/** `error /options/dtype 80 75`; nothing where the rule has nothing to say, undefined for what is no spec of a model. */
function answer(rule: Rule, spec: object): string | undefined {
  const { spec: read } = readSpec(spec);
  if (read === undefined) return undefined;
  try {
    return alone(rule.id, spec)
      .map(({ severity = rule.severity, path: at, got, allowed, fix, message }) => {
        const numbers = [got, allowed, fix, message].join(' ').match(NUMBER) ?? [];
        return [severity, at, ...new Set(numbers)].join(' ');
      })
      .join(' | ');
  } catch (error) {
    if (error instanceof QuantizedEndpointsError) return undefined;
    throw error;
  }
}

function answersTo(rule: Rule, example: object): Answers {
  const own = answer(rule, example) ?? '';
  const others: Record<string, Record<string, string>> = {};
  for (const { at, value, spec } of neighbours(example as Record<string, unknown>)) {
    const other = answer(rule, spec);
    if (other === undefined || other === own) continue;
    const places = (others[other] ??= {});
    places[at] = places[at] === undefined ? value : `${places[at]} ${value}`;
  }
  return { own, others };
}

const now = (rule: Rule) => rule.examples.fails.map((example) => answersTo(rule, example as object));

if (process.env.UPDATE_VARIATIONS !== undefined) {
  const all = Object.fromEntries(RULES_UNDER_TEST.map((rule) => [rule.id, now(rule)]));
  writeFileSync(FILE, `${JSON.stringify(all, undefined, 1)}\n`);
}

const recorded = JSON.parse(readFileSync(FILE, 'utf8')) as Recorded;

test.each(RULES_UNDER_TEST.map((rule) => [rule.id, rule] as const))(
  '%s answers the neighbours of its examples as before',
  (id, rule) => {
    expect(now(rule)).toEqual(recorded[id]);
  },
);
