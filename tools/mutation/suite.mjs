// The part of Jest that the tests of rules and plans use, in one process: tests are collected once for each evaluation of the code under test
// and run one after the other. Matchers, mocks and tables are Jest's own packages.
import path from 'node:path';
import { bind } from 'jest-each';
import { expect } from 'expect';
import { fn, spyOn } from 'jest-mock';

/** What test files see as globals, and `collect(file, load)`, which gives the tests that a file registers while it is loaded. */
export function createSuite() {
  let current;
  let file;
  let names;

  const describe = (title, body) => {
    const parent = current;
    current = block(join(parent.name, title));
    parent.children.push(current);
    body();
    current = parent;
  };
  const test = (title, run) => {
    const name = join(current.name, title);
    const count = (names.get(name) ?? 0) + 1;
    names.set(name, count);
    current.children.push({ id: `${path.basename(file)} ${name}${count === 1 ? '' : ` #${count}`}`, name, file, run });
  };
  describe.each = bind(describe, false);
  test.each = bind(test, true);
  const hook = (kind) => (run) => void current[kind].push(run);

  return {
    globals: {
      ...{ describe, test, it: test, expect, jest: { fn, spyOn } },
      ...Object.fromEntries(['beforeAll', 'beforeEach', 'afterEach', 'afterAll'].map((kind) => [kind, hook(kind)])),
    },
    collect(name, load) {
      const root = (current = block(''));
      file = name;
      names = new Map();
      load();
      return {
        ids: testsOf(root).map(({ id }) => id),
        /** Runs the tests that `wanted` accepts by `around(test, run)`, which says whether to go on. */
        run: (wanted, around) => runBlock(root, wanted, around, []),
      };
    },
  };
}

const join = (before, title) => (before === '' ? title : `${before} ${title}`);

const block = (name) => ({
  name,
  children: [],
  beforeAll: [],
  beforeEach: [],
  afterEach: [],
  afterAll: [],
});

const testsOf = (child) => (child.children === undefined ? [child] : child.children.flatMap(testsOf));

const holds = (child, wanted) =>
  child.children === undefined ? wanted(child) : child.children.some((inner) => holds(inner, wanted));

async function runBlock(self, wanted, around, outer) {
  if (!holds(self, wanted)) return true;
  const chain = [...outer, self];
  for (const hook of self.beforeAll) await hook();
  let goOn = true;
  for (const child of self.children) {
    if (child.children !== undefined) goOn = await runBlock(child, wanted, around, chain);
    else if (wanted(child)) goOn = await around(child, () => runTest(child, chain));
    if (!goOn) break;
  }
  for (const hook of self.afterAll) await hook();
  return goOn;
}

async function runTest(test, chain) {
  for (const { beforeEach } of chain) for (const hook of beforeEach) await hook();
  try {
    await test.run();
  } finally {
    for (const { afterEach } of chain.toReversed()) for (const hook of afterEach) await hook();
  }
}
