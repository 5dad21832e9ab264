import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { findExplanation, findRule } from '../../lib/rules';

const root = path.join(__dirname, '../..');
/** Rooms whose errors and findings synth can print; those of rules and of what an app never calls have doors of their own. */
const ROOMS = ['constructs', 'lib/spec', 'lib/model', 'lib/scheme', 'lib/container', 'lib/endpoint', 'lib/recommend'];

/** A finding's `rule: 'ID'`, the first argument of a typed error, or of the helpers that make findings. */
const ID = /(?:\brule:|\bid:|\b(?:\w*Error|finding|report|check)\()\s*'([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)'/g;

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
