import { readFileSync } from 'node:fs';
import path from 'node:path';
import { check } from '../../lib/rules';
import type { CheckAnswer, Severity } from '../../lib/rules';

/** A deployment that somebody reported: what became of it, and the words that name the cause. */
interface Deployment {
  readonly kind: string;
  readonly verdict: 'error' | 'warning' | 'ok';
  readonly source: string;
  /** Pattern of a finding that names the real cause. */
  readonly relevant?: string;
  /** It is known to run: an error would be a false alarm. */
  readonly works?: boolean;
  /** Only the engine version named in the spec fails. */
  readonly versionDependent?: boolean;
  readonly spec: { readonly id: string };
}

const deployments = readFileSync(path.join(__dirname, 'fixtures/deployments.ndjson'), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Deployment);

const answers = new Map<string, CheckAnswer>();
function answerOf({ spec }: Deployment): CheckAnswer {
  const answer = answers.get(spec.id) ?? check(spec);
  answers.set(spec.id, answer);
  return answer;
}

function namesCause(deployment: Deployment, severities: readonly Severity[]): boolean {
  const pattern = new RegExp(deployment.relevant ?? '$.', 'i');
  return answerOf(deployment).findings.some(
    ({ severity, rule, message, path: at, got, allowed, fix }) =>
      severities.includes(severity) && pattern.test([rule, message, at, got, allowed, fix].join(' ')),
  );
}

const caught = (deployment: Deployment) =>
  deployment.verdict === 'error'
    ? namesCause(deployment, ['error'])
    : namesCause(deployment, ['warning', 'error']) && !(deployment.works && answerOf(deployment).verdict === 'error');

const share = (part: readonly unknown[], whole: readonly unknown[]) => part.length / Math.max(1, whole.length);
const named = ({ kind, source, spec }: Deployment) => `${spec.id} ${kind} (${source})`;

describe('deployments that were reported in public', () => {
  const failures = deployments.filter(({ verdict }) => verdict !== 'ok');
  const working = deployments.filter(({ works }) => works);
  const silent = deployments.filter(({ verdict }) => verdict === 'ok');

  test.each(failures.map((deployment) => [named(deployment), deployment] as const))(
    'names the cause of %s',
    (_, deployment) => {
      expect({
        caught: caught(deployment),
        findings: answerOf(deployment).findings.map(({ message }) => message),
      }).toMatchObject({
        caught: true,
      });
    },
  );

  test.each(working.map((deployment) => [named(deployment), deployment] as const))(
    'has no error for %s',
    (_, deployment) => {
      expect(answerOf(deployment).findings.filter(({ severity }) => severity === 'error')).toEqual([]);
    },
  );

  test('at least 95 % of what fails today, and 75 % of what only an old version fails', () => {
    const today = failures.filter(({ versionDependent }) => !versionDependent);
    const old = failures.filter(({ versionDependent }) => versionDependent);
    expect(share(today.filter(caught), today)).toBeGreaterThanOrEqual(0.95);
    expect(share(old.filter(caught), old)).toBeGreaterThanOrEqual(0.75);
  });

  test('at most 10 % of what works gets a warning that says nothing', () => {
    const noisy = silent.filter((deployment) => answerOf(deployment).verdict === 'warning');
    expect(share(noisy, silent)).toBeLessThanOrEqual(0.1);
  });
});
