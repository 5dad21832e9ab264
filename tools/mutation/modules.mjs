// TypeScript modules of a folder, compiled once and evaluated anew as often as asked: a mutant meets no state that another one left behind.
import { existsSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import vm from 'node:vm';
import { transformSync } from 'esbuild';

const PARAMETERS = ['exports', 'require', 'module', '__filename', '__dirname'];

export class Modules {
  #compiled = new Map();
  #resolved = new Map();
  #outside;

  constructor(folder) {
    // Packages and data files are no mutants' business: they are loaded once.
    this.#outside = createRequire(path.join(folder, 'package.json'));
  }

  /** A `load(file)` with a registry of its own. */
  fresh(globals) {
    Object.assign(globalThis, globals);
    const registry = new Map();
    const load = (file) => {
      const known = registry.get(file);
      if (known !== undefined) return known.exports;
      const module = { exports: {} };
      registry.set(file, module);
      const require = (name) => {
        const target = this.#resolve(name, file);
        return target === undefined
          ? this.#outside(this.#outside.resolve(name, { paths: [path.dirname(file)] }))
          : load(target);
      };
      this.#compile(file)(module.exports, require, module, file, path.dirname(file));
      return module.exports;
    };
    return load;
  }

  #resolve(name, from) {
    if (!name.startsWith('.')) return undefined;
    const plain = path.resolve(path.dirname(from), name);
    if (!this.#resolved.has(plain)) {
      const candidates = [plain, `${plain}.ts`, path.join(plain, 'index.ts')];
      const file = candidates.find((candidate) => existsSync(candidate) && statSync(candidate).isFile());
      this.#resolved.set(plain, file?.endsWith('.ts') ? file : undefined);
    }
    return this.#resolved.get(plain);
  }

  #compile(file) {
    let compiled = this.#compiled.get(file);
    if (compiled === undefined) {
      const { code } = transformSync(readFileSync(file, 'utf8'), {
        loader: 'ts',
        format: 'cjs',
        target: 'node20',
        sourcefile: file,
      });
      compiled = vm.compileFunction(code, PARAMETERS, { filename: file });
      this.#compiled.set(file, compiled);
    }
    return compiled;
  }
}
