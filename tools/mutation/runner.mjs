// A test runner for Stryker that keeps the compiled code and the parsed data of a room in one process and evaluates the modules anew for each
// mutant. Jest, which starts from nothing for each of them, takes seconds where this takes milliseconds.
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { commonTokens, declareClassPlugin, PluginKind, tokens } from '@stryker-mutator/api/plugin';
import {
  determineHitLimitReached,
  DryRunStatus,
  TestStatus,
  toMutantRunResult,
} from '@stryker-mutator/api/test-runner';
import { INSTRUMENTER_CONSTANTS } from '@stryker-mutator/api/core';
import { Modules } from './modules.mjs';
import { createSuite } from './suite.mjs';

/**
 * Tests that start processes see no mutants, those of explanations hold texts and sources that are no code of the room's; thousands of random
 * specs for each mutant, and fewer of them for each that fails, take too long.
 */
const LEFT_OUT = /(?:command|explanations|printed|fuzz|monotonic)\.test\.ts$/;

class RoomRunner {
  static inject = tokens(commonTokens.logger);
  #modules = new Modules(process.cwd());
  #files = testFiles(path.resolve('test', process.env.MUTATION_ROOM));
  /** The tests of each file that was read. */
  #ids = new Map();
  #context = (globalThis[INSTRUMENTER_CONSTANTS.NAMESPACE] ??= {});

  constructor(log) {
    this.log = log;
  }

  capabilities() {
    return { reloadEnvironment: true };
  }

  async dryRun() {
    Object.assign(this.#context, { activeMutant: undefined, hitLimit: undefined });
    const result = await this.#run(() => true, true);
    if (result.status === DryRunStatus.Complete) {
      result.mutantCoverage = this.#context.mutantCoverage;
      // Those first that cost least: most mutants need no other.
      const spent = (file) =>
        result.tests.reduce((sum, test) => sum + (test.fileName === file ? test.timeSpentMs : 0), 0);
      this.#files = this.#files
        .map((file) => ({ file, ms: spent(file) }))
        .sort((a, b) => a.ms - b.ms)
        .map(({ file }) => file);
    }
    return result;
  }

  async mutantRun({ activeMutant, testFilter, hitLimit, disableBail }) {
    const chosen = testFilter && new Set(testFilter);
    Object.assign(this.#context, { hitCount: hitLimit && 0, hitLimit, activeMutant: activeMutant.id });
    return toMutantRunResult(
      await this.#run((test) => chosen === undefined || chosen.has(test.id), disableBail),
      disableBail,
    );
  }

  /** Loads a file at a time and runs its tests, up to the first that fails unless `all` are wanted. */
  async #run(wanted, all) {
    const tests = [];
    let reading;
    const suite = createSuite();
    const load = this.#modules.fresh(suite.globals);
    try {
      for (const file of this.#files) {
        if (!wantsFile(file, wanted, this.#ids.get(file))) continue;
        reading = file;
        const collected = suite.collect(file, () => load(file));
        this.#ids.set(file, collected.ids);
        const goOn = await collected.run(wanted, async (test, run) => {
          const result = await this.#result(test, run);
          tests.push(result);
          return all || result.status === TestStatus.Success;
        });
        if (!goOn) break;
      }
    } catch (error) {
      // A mutant that keeps a file of tests from being read is noticed by its tests.
      const failureMessage = String(error?.stack ?? error);
      if (this.#context.activeMutant === undefined) return { status: DryRunStatus.Error, errorMessage: failureMessage };
      const [id] = this.#ids.get(reading);
      tests.push({ id, name: id, status: TestStatus.Failed, failureMessage, timeSpentMs: 0 });
    }
    return this.#limitReached() ?? { status: DryRunStatus.Complete, tests };
  }

  async #result({ id, name, file }, run) {
    const started = performance.now();
    this.#context.currentTestId = id;
    const outcome = await run().then(
      () => ({ status: TestStatus.Success }),
      (error) => ({ status: TestStatus.Failed, failureMessage: String(error?.message ?? error) }),
    );
    delete this.#context.currentTestId;
    return { id, name, fileName: file, timeSpentMs: performance.now() - started, ...outcome };
  }

  #limitReached() {
    return determineHitLimitReached(this.#context.hitCount, this.#context.hitLimit);
  }
}

/** Files that have not been read yet, as after a restart, may have what is wanted. */
const wantsFile = (file, wanted, ids) => ids === undefined || ids.some((id) => wanted({ id }));

const testFiles = (folder) =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.test.ts') && !LEFT_OUT.test(name))
    .map((name) => path.join(folder, name));

export const strykerPlugins = [declareClassPlugin(PluginKind.TestRunner, 'room', RoomRunner)];
