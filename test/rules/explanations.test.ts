import { readdirSync } from 'node:fs';
import path from 'node:path';
import { EXPLANATION_SUBJECTS, EXPLANATIONS, findExplanation, RULES } from '../../lib/rules';

const folder = path.join(__dirname, '../../lib/rules/explanations');

describe('explanations', () => {
  test('are of ids that are no rule’s, each once, found in any letter case', () => {
    const ids = [...RULES, ...EXPLANATIONS].map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(findExplanation('hub_token_readable')?.severity).toBe('warning');
    expect(findExplanation('NO_SUCH_FINDING')).toBeUndefined();
  });

  test('have a file for each subject', () => {
    const files = readdirSync(folder).filter((name) => name !== 'index.ts');
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
