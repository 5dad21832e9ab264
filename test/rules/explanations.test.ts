import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { EXPLANATION_SUBJECTS, EXPLANATIONS, findExplanation, findRule, RULES } from '../../lib/rules';

const root = path.join(__dirname, '../..');
/** Rooms whose errors and findings synth can print; those of rules and of what an app never calls have doors of their own. */
const ROOMS = ['constructs', 'lib/spec', 'lib/model', 'lib/scheme', 'lib/container', 'lib/endpoint', 'lib/recommend'];

/** A finding's `rule: 'ID'`, the first argument of a typed error, or of the helpers that make findings. */
const ID = /(?:\brule:|\bid:|\b(?:\w*Error|finding|report)\()\s*'([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)'/g;

function sources(folder: string): string[] {
  return readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => path.join(folder, name));
}

const printed = ROOMS.flatMap(sources).flatMap((file) =>
  [...readFileSync(path.join(root, file), 'utf8').matchAll(ID)].map(([, id]) => [id, file] as const),
);

describe('what synth prints can be explained', () => {
  test('constructs and readers are searched', () => {
    expect(printed.map(([id]) => id)).toEqual(
      expect.arrayContaining([
        'MODEL_REVISION_NOT_PINNED',
        'QUALITY_NOT_MEASURED',
        'SCHEDULE_ABOVE_MAXIMUM',
        'SPEC_UNKNOWN_KEY',
      ]),
    );
  });

  test.each(printed)('%s of %s', (id) => {
    expect((findRule(id) ?? findExplanation(id))?.id).toBe(id);
  });
});

describe('explanations', () => {
  test('are of ids that are no rule’s, each once, found in any letter case', () => {
    const ids = [...RULES, ...EXPLANATIONS].map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(findExplanation('hub_token_readable')?.severity).toBe('warning');
    expect(findExplanation('NO_SUCH_FINDING')).toBeUndefined();
  });

  test('have a file for each subject', () => {
    const files = readdirSync(path.join(root, 'lib/rules/explanations')).filter((name) => name !== 'index.ts');
    expect(files.sort()).toEqual(EXPLANATION_SUBJECTS.map((subject) => `${subject}.ts`).sort());
  });

  test.each(EXPLANATIONS.map((found) => [found.id, found] as const))(
    '%s says what, why and from where',
    (id, found) => {
      expect(id).toMatch(/^[A-Z][A-Z0-9]*(_[A-Z0-9]+)+$/);
      for (const text of [found.summary, found.explanation, found.source]) expect(text.length).toBeGreaterThan(15);
      expect(found.summary).not.toMatch(/[.\n]$/);
    },
  );
});
