// The part of Jest that the tests of rules and plans use, in one process: tests are collected once for each evaluation of the code under test
// and run one after the other. Matchers, mocks and tables are Jest's own packages.
import { bind } from 'jest-each';
import { expect } from 'expect';
import { fn, spyOn } from 'jest-mock';

/** What test files see as globals; `begin(file)` says to which file the tests belong that are collected next. */
export function createSuite() {
  const root = block(undefined, '');
  let current = root;
  let file = '';
  const names = new Map();

  const describe = (title, body) => {
    const parent = current;
    current = block(parent, join(parent.name, title));
    parent.children.push(current);
    body();
    current = parent;
  };
  const test = (title, run) => {
    const name = join(current.name, title);
    const count = (names.get(`${file} ${name}`) ?? 0) + 1;
    names.set(`${file} ${name}`, count);
    current.children.push({ id: `${file} ${name}${count === 1 ? '' : ` #${count}`}`, name, file, run });
  };
  describe.each = bind(describe, false);
  test.each = bind(test, true);
  const hook = (kind) => (run) => void current[kind].push(run);

  return {
    begin: (name) => (file = name),
    globals: {
      ...{ describe, test, it: test, expect, jest: { fn, spyOn } },
      ...Object.fromEntries(['beforeAll', 'beforeEach', 'afterEach', 'afterAll'].map((kind) => [kind, hook(kind)])),
    },
    tests: () => all(root),
    /** Runs the tests that `wanted` accepts; `around(test, run)` runs one of them and says whether to go on. */
    run: (wanted, around) => runBlock(root, wanted, around, []),
  };
}

const join = (before, title) => (before === '' ? title : `${before} ${title}`);

const block = (parent, name) => ({
  parent,
  name,
  children: [],
  beforeAll: [],
  beforeEach: [],
  afterEach: [],
  afterAll: [],
});

const all = (child) => (child.children === undefined ? [child] : child.children.flatMap(all));

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
