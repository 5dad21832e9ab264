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

/** Tests that start processes see no mutants, and random specs would be drawn anew for each of them. */
const LEFT_OUT = /(?:command|fuzz)\.test\.ts$/;

class RoomRunner {
  static inject = tokens(commonTokens.logger);
  #modules = new Modules(process.cwd());
  #files = testFiles(path.resolve('test', process.env.MUTATION_ROOM));
  /** The file of each test, known from the dry run. */
  #fileOf = new Map();
  #context = (globalThis[INSTRUMENTER_CONSTANTS.NAMESPACE] ??= {});

  constructor(log) {
    this.log = log;
  }

  capabilities() {
    return { reloadEnvironment: true };
  }

  async dryRun() {
    delete this.#context.activeMutant;
    const result = await this.#run(this.#files, () => true, true);
    if (result.status === DryRunStatus.Complete) {
      result.mutantCoverage = this.#context.mutantCoverage;
    }
    return result;
  }

  async mutantRun({ activeMutant, testFilter, hitLimit, mutantActivation, disableBail }) {
    const chosen = testFilter && new Set(testFilter);
    // Runners start anew after a time-out; what they have not run yet they know nothing of.
    const known = chosen && [...chosen].every((id) => this.#fileOf.has(id));
    const files = known
      ? this.#files.filter((file) => testFilter.some((id) => this.#fileOf.get(id) === file))
      : this.#files;
    Object.assign(this.#context, { hitCount: hitLimit && 0, hitLimit, activeMutant: undefined });
    const activate = () => (this.#context.activeMutant = activeMutant.id);
    if (mutantActivation === 'static') activate();
    const result = await this.#run(files, (test) => chosen === undefined || chosen.has(test.id), disableBail, activate);
    return toMutantRunResult(result, disableBail);
  }

  async #run(files, wanted, all, activate = () => {}) {
    const tests = [];
    try {
      const suite = createSuite();
      const load = this.#modules.fresh(suite.globals);
      for (const file of files) {
        suite.begin(file);
        load(file);
      }
      for (const { id, file } of suite.tests()) this.#fileOf.set(id, file);
      activate();
      await suite.run(wanted, async (test, run) => {
        this.#context.currentTestId = test.id;
        const started = performance.now();
        const outcome = { id: test.id, name: test.name, fileName: test.file };
        try {
          await run();
          tests.push({ ...outcome, status: TestStatus.Success, timeSpentMs: performance.now() - started });
        } catch (error) {
          const failureMessage = String(error?.message ?? error);
          tests.push({
            ...outcome,
            status: TestStatus.Failed,
            failureMessage,
            timeSpentMs: performance.now() - started,
          });
          return all;
        } finally {
          delete this.#context.currentTestId;
        }
        return true;
      });
    } catch (error) {
      return this.#limitReached() ?? { status: DryRunStatus.Error, errorMessage: String(error?.stack ?? error) };
    }
    return this.#limitReached() ?? { status: DryRunStatus.Complete, tests };
  }

  #limitReached() {
    return determineHitLimitReached(this.#context.hitCount, this.#context.hitLimit);
  }
}

const testFiles = (folder) =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.test.ts') && !LEFT_OUT.test(name))
    .map((name) => path.join(folder, name));

export const strykerPlugins = [declareClassPlugin(PluginKind.TestRunner, 'room', RoomRunner)];
