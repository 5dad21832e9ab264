import { Script } from 'node:vm';

/** Whether a source is JavaScript, by compiling it: it never runs. Beside the pure code, because it takes Node. */
export function parsesJavaScript(source: string): boolean {
  try {
    new Script(source);
    return true;
  } catch {
    return false;
  }
}
