import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { SpecError } from '../../lib/errors';
import { parseSpec, readSpec } from '../../lib/spec';
import type { EndpointSpec } from '../../lib/spec';

const full: EndpointSpec = JSON.parse(readFileSync(join(__dirname, 'full.json'), 'utf8'));

function only(value: unknown): SpecError {
  const { problems, spec } = readSpec(value);
  expect(spec).toBeUndefined();
  expect(problems).toHaveLength(1);
  return problems[0];
}

const withOptions = (options: unknown): unknown => ({ model: {}, options });

describe('a spec that is well formed', () => {
  it('comes back with every field', () => {
    expect(readSpec(full)).toEqual({ spec: full, problems: [] });
  });

  it('needs nothing but a model', () => {
    expect(parseSpec({ model: {} })).toEqual({ model: {} });
  });

  it('keeps config.json verbatim, whatever stands in it', () => {
    const config = JSON.parse('{"__proto__":{"x":1},"unknown":[null,{"deep":true}],"hidden_size":"text"}');
    expect(parseSpec({ model: { config } }).model.config).toBe(config);
  });

  it('treats a property set to undefined as left out', () => {
    expect(Object.keys(parseSpec({ model: {}, region: undefined, options: { slots: undefined } }))).toEqual([
      'model',
      'options',
    ]);
  });

  it('is not changed by what happens to the input afterwards', () => {
    const input = { model: { id: 'a' }, environment: { A: '1' }, options: { slots: 4 } };
    const spec = parseSpec(input);
    input.model.id = 'b';
    input.environment.A = '2';
    input.options.slots = 5;
    expect(spec).toEqual({ model: { id: 'a' }, environment: { A: '1' }, options: { slots: 4 } });
  });
});

describe('an unknown key', () => {
  it.each([
    [{ model: {}, quantisation: 'awq' }, 'quantization', '/quantisation'],
    [withOptions({ maxModelLenght: 4096 }), 'maxModelLen', '/options/maxModelLenght'],
    [withOptions({ max_model_len: 4096 }), 'maxModelLen', '/options/max_model_len'],
    [{ model: { gatd: true } }, 'gated', '/model/gatd'],
    [{ model: {}, instancePools: [{ instanceType: 'x', priorty: 1 }] }, 'priority', '/instancePools/0/priorty'],
    [
      { model: {}, instancePools: [{ instanceType: 'x', model: { weightByte: 1 } }] },
      'weightBytes',
      '/instancePools/0/model/weightByte',
    ],
  ])('is refused and the nearest one named: %j', (value, nearest, path) => {
    const problem = only(value);
    expect(problem.id).toBe('SPEC_UNKNOWN_KEY');
    expect(problem.message).toContain(`did you mean "${nearest}"?`);
    expect(problem.fix).toBe(`write "${nearest}"`);
    expect(problem.path).toBe(path);
    expect(problem.allowed?.split(', ')).toContain(nearest);
  });

  it('that is known in another place is sent there', () => {
    expect(only({ model: {}, tensorParallelSize: 2 }).fix).toBe('move it to /options/tensorParallelSize');
    expect(only(withOptions({ instanceType: 'ml.g5.xlarge' })).fix).toBe('move it to the top level');
  });

  it('named like a property of every object is a key like any other', () => {
    const value = JSON.parse('{"model":{},"__proto__":{"id":"x"},"constructor":1,"toString":"x"}');
    const { problems, spec } = readSpec(value);
    expect(spec).toBeUndefined();
    expect(problems.map((problem) => problem.path)).toEqual(['/__proto__', '/constructor', '/toString']);
    expect(({} as Record<string, unknown>).id).toBeUndefined();
  });

  it('is escaped in the pointer', () => {
    expect(only({ model: {}, 'a/b~c': 1 }).path).toBe('/a~1b~0c');
  });
});

describe('a value of the wrong form', () => {
  it.each([
    [null, ''],
    [undefined, ''],
    [[], ''],
    ['text', ''],
    [7, ''],
    [{ model: null }, '/model'],
    [{ model: [] }, '/model'],
    [{ model: 'Qwen/Qwen3-8B' }, '/model'],
    [{ model: { config: [] } }, '/model/config'],
    [{ model: { config: null } }, '/model/config'],
    [{ model: { gated: 'yes' } }, '/model/gated'],
    [{ model: {}, quantization: 4 }, '/quantization'],
    [{ model: {}, instancePools: {} }, '/instancePools'],
    [{ model: {}, instancePools: [null] }, '/instancePools/0'],
    [{ model: {}, environment: [] }, '/environment'],
    [{ model: {}, environment: { A: 1 } }, '/environment/A'],
    [{ model: {}, environment: { A: null } }, '/environment/A'],
    [{ model: {}, options: { maxModelLen: '8192' } }, '/options/maxModelLen'],
    [{ model: {}, options: { enforceEager: 0 } }, '/options/enforceEager'],
  ])('is refused with its place: %j', (value, path) => {
    const problem = only(value);
    expect(problem.id).toBe('SPEC_WRONG_TYPE');
    expect(problem.path).toBe(path);
    expect(problem.got).toBeTruthy();
    expect(problem.allowed).toBeTruthy();
    expect(problem.fix).toBeTruthy();
  });

  it('missing altogether is refused', () => {
    expect(only({})).toMatchObject({ id: 'SPEC_MISSING_KEY', path: '/model' });
    expect(only({ model: {}, container: {} })).toMatchObject({ id: 'SPEC_MISSING_KEY', path: '/container/family' });
    expect(only({ model: {}, instancePools: [{}] })).toMatchObject({ path: '/instancePools/0/instanceType' });
  });

  it('out of a closed list names the nearest entry', () => {
    expect(only({ model: {}, container: { family: 'vlm' } })).toMatchObject({
      id: 'SPEC_UNKNOWN_VALUE',
      path: '/container/family',
      fix: 'write "vllm"',
    });
  });
});

describe('a number that means nothing', () => {
  it.each([
    [{ maxModelLen: -1 }],
    [{ maxModelLen: 0 }],
    [{ maxModelLen: 1.5 }],
    [{ maxModelLen: Number.NaN }],
    [{ maxModelLen: Number.POSITIVE_INFINITY }],
    [{ maxModelLen: 1e300 }],
    [{ tensorParallelSize: 0 }],
    [{ gpuMemoryUtilization: 0 }],
    [{ gpuMemoryUtilization: 1.01 }],
    [{ gpuMemoryUtilization: -0.5 }],
  ])('is out of range: %p', (options) => {
    const problem = only(withOptions(options));
    expect(problem.id).toBe('SPEC_OUT_OF_RANGE');
    expect(problem.path).toBe(`/options/${Object.keys(options)[0]}`);
  });

  it('allows the sentinel of a group size and no other negative number', () => {
    expect(parseSpec({ model: {}, groupSize: -1 }).groupSize).toBe(-1);
    expect(only({ model: {}, groupSize: -2 }).allowed).toContain('or -1');
  });
});

describe('what a rule judges', () => {
  it.each<unknown>([
    { model: {}, quantization: 'awqq' },
    { model: {}, instanceType: 'ml.g5.huge' },
    { model: {}, region: 'moon-1' },
    { model: {}, options: { tensorParallelSize: 7, dtype: 'float12', kvCacheDtype: 'fp3', loadFormat: 'zip' } },
    { model: {}, endpoint: { endpointName: 'not a name', startupHealthCheckTimeoutSeconds: 1, volumeSizeInGb: 99999 } },
    { model: {}, endpoint: { initialInstanceCount: 0, minInstanceCount: 5, maxInstanceCount: 2 } },
    { model: {}, speculative: { method: 'guess' } },
    { model: {}, instanceType: 'a', instancePools: [] },
    { model: {}, instancePools: [{ instanceType: 'x', priority: 9 }] },
  ])('passes here: %j', (value) => {
    expect(readSpec(value)).toEqual({ spec: value, problems: [] });
  });
});

describe('many mistakes', () => {
  it('are all told at once', () => {
    const { problems } = readSpec({
      model: { id: 7, weightBytes: -1 },
      quantisation: 'awq',
      options: { maxModelLen: 'x', enforceEager: 'no' },
      endpoint: { hubToken: 'plain' },
    });
    expect(problems.map((problem) => [problem.id, problem.path])).toEqual([
      ['SPEC_WRONG_TYPE', '/model/id'],
      ['SPEC_OUT_OF_RANGE', '/model/weightBytes'],
      ['SPEC_UNKNOWN_KEY', '/quantisation'],
      ['SPEC_WRONG_TYPE', '/options/maxModelLen'],
      ['SPEC_WRONG_TYPE', '/options/enforceEager'],
      ['SPEC_UNKNOWN_VALUE', '/endpoint/hubToken'],
    ]);
  });

  it('beyond a hundred are cut short', () => {
    const value = Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`key${i}`, i]));
    const { problems } = readSpec(value);
    expect(problems.length).toBeLessThanOrEqual(101);
    expect(problems.at(-1)?.id).toBe('SPEC_TOO_MANY_PROBLEMS');
  });

  it('throw the first one from parseSpec', () => {
    expect(() => parseSpec({ model: 1, x: 2 })).toThrow(SpecError);
    expect(() => parseSpec({ model: 1, x: 2 })).toThrow('/model must be an object, got 1');
  });
});

describe('hostile input', () => {
  it('with code behind a property is unreadable, not a crash', () => {
    const value = {
      get model(): unknown {
        throw new Error('boom');
      },
    };
    expect(only(value)).toMatchObject({ id: 'SPEC_UNREADABLE', got: 'boom' });
  });

  it('that is a revoked proxy is unreadable, wherever it stands', () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    for (const value of [proxy, { model: proxy }, { model: { id: proxy } }, { model: {}, environment: { A: proxy } }]) {
      expect(only(value).id).toBe('SPEC_UNREADABLE');
    }
  });

  it('of great depth and length is told in a few words', () => {
    const deep = JSON.parse('['.repeat(200_000) + ']'.repeat(200_000));
    const problem = only({ model: {}, options: deep });
    expect(problem.got).toBe('an array of 1');
    expect(only({ model: {}, instanceType: 3, ['k'.repeat(1_000_000)]: 1 }.instanceType).message.length).toBeLessThan(
      200,
    );
    expect(only({ model: {}, ['k'.repeat(1_000_000)]: 1 }).message.length).toBeLessThan(400);
    expect(readSpec({ model: {}, instancePools: new Array(2_000_000).fill(null) }).problems).toHaveLength(1);
  });

  it('keeps a variable named __proto__ a variable', () => {
    const { environment } = parseSpec(JSON.parse('{"model":{},"environment":{"__proto__":"x"}}'));
    expect(Object.keys(environment ?? {})).toEqual(['__proto__']);
  });

  it('gives a spec or typed problems, whatever the JSON value', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        const { spec, problems } = readSpec(value);
        expect(spec === undefined).toBe(problems.length > 0);
        for (const problem of problems) {
          expect(problem).toBeInstanceOf(SpecError);
          expect(problem.path).toBeDefined();
        }
      }),
      { seed: 20251, numRuns: 3000 },
    );
  });

  it('made of a good spec with parts replaced gives a spec or problems at places that exist', () => {
    const paths = leaves(full);
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom(...paths), fc.anything()), { minLength: 1, maxLength: 4 }),
        (changes) => {
          const value = structuredClone(full);
          for (const [path, replacement] of changes) replaceAt(value, path, replacement);
          const { spec, problems } = readSpec(value);
          expect(spec === undefined).toBe(problems.length > 0);
          for (const problem of problems) expect(problem).toBeInstanceOf(SpecError);
        },
      ),
      { seed: 20252, numRuns: 3000 },
    );
  });
});

function leaves(value: unknown, path: readonly string[] = []): string[][] {
  if (typeof value !== 'object' || value === null) return [[...path]];
  return Object.entries(value).flatMap(([key, item]) => [[...path, key], ...leaves(item, [...path, key])]);
}

function replaceAt(value: unknown, path: readonly string[], replacement: unknown): void {
  let target = value as Record<string, unknown>;
  for (const key of path.slice(0, -1)) {
    const next = target[key];
    if (typeof next !== 'object' || next === null) return;
    target = next as Record<string, unknown>;
  }
  target[path.at(-1) as string] = replacement;
}
