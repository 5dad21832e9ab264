import { readFileSync } from 'node:fs';
import path from 'node:path';
import { resolveEndpoint } from '../../lib/endpoint/resolve';
import type { ResolvedEndpoint } from '../../lib/endpoint/types';
import { evaluateRules, RULES } from '../../lib/rules';
import { ruleContext } from '../../lib/rules/evaluate';
import { rulesFor } from '../../lib/rules/registry';
import { distinctFindings } from '../../lib/rules/variants';
import { readSpec } from '../../lib/spec';
import { Dice, mutated } from './mutate';

const deployments = readFileSync(path.join(__dirname, 'fixtures/deployments.ndjson'), 'utf8')
  .trim()
  .split('\n')
  .map((line) => (JSON.parse(line) as { spec: unknown }).spec);
const examples = RULES.flatMap(({ examples: { passes, fails } }) => [...passes, ...fails]);

/** Undefined for what is no endpoint. */
function resolved(value: unknown): ResolvedEndpoint | undefined {
  try {
    const { spec } = readSpec(value);
    return spec && resolveEndpoint(spec);
  } catch {
    return undefined;
  }
}

const causesOf = (value: unknown) => {
  const endpoint = resolved(value);
  const rules = endpoint === undefined ? [] : rulesFor(ruleContext(endpoint));
  return (id: string) => rules.some((rule) => rule.id === id);
};

describe('causes that an endpoint has nothing of', () => {
  test('are passed over: adapters, variables, counts, other servers', () => {
    const has = causesOf({ container: { family: 'vllm' }, model: {}, instanceType: 'ml.g5.xlarge' });
    expect(has('WEIGHTS_DO_NOT_FIT')).toBe(true);
    for (const id of ['LORA_RANK_NOT_ALLOWED', 'VARIABLE_NOT_READ', 'COPY_COUNT_ZERO', 'KV_TYPE_UNKNOWN'])
      expect([id, has(id)]).toEqual([id, false]);
    expect(causesOf({ container: { family: 'llama-cpp' }, model: {} })('KV_TYPE_UNKNOWN')).toBe(true);
    expect(causesOf({ container: { family: 'lmi-neuron' }, model: {} })('NEURON_CORE_TOPOLOGY')).toBe(true);
    expect(causesOf({ model: {}, environment: { A: 'b' } })('VARIABLE_NOT_READ')).toBe(true);
  });

  test('have no rule that would find anything', () => {
    const dice = new Dice(20261126);
    const seeds = [...deployments, ...examples]
      .map((spec) => JSON.stringify(spec))
      .filter((text) => text.length < 2500);
    const damaged = Array.from({ length: 2000 }, () => mutated(dice.pick(seeds), dice));
    let seen = 0;
    for (const value of [...deployments, ...examples, ...damaged]) {
      const endpoint = resolved(value);
      if (endpoint === undefined) continue;
      // What stops several rules, as a draft model's broken config, is found as often as it is met.
      const all = distinctFindings(evaluateRules(endpoint, RULES));
      expect(distinctFindings(evaluateRules(endpoint))).toEqual(all);
      seen++;
    }
    expect(seen).toBeGreaterThan(1500);
  });
});
