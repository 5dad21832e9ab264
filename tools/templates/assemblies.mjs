import { readdir } from 'node:fs/promises';
import path from 'node:path';

/** Every template of these assemblies (example → its directory). */
export async function templatesOf(outdirs) {
  const templates = [];
  for (const outdir of outdirs.values())
    for (const name of await readdir(outdir))
      if (name.endsWith('.template.json')) templates.push(path.join(outdir, name));
  return templates;
}

/** The example whose assembly a file lies in. */
export function exampleOf(file, outdirs) {
  return [...outdirs].find(([, outdir]) => path.resolve(file).startsWith(outdir + path.sep))?.[0];
}
