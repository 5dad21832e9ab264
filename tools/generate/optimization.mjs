/** `data/sources/optimization.json` → `lib/optimization/data/optimization.json`: what SageMaker's optimization jobs take, and with which images they work. */
import { readSource, toJson } from './emit.mjs';

export async function outputs() {
  const { date, deploymentInstanceTypes, limits, techniques, images, defaultImages } =
    await readSource('optimization.json');
  const value = { date, deploymentInstanceTypes, limits, techniques, images, defaultImages };
  return [{ file: 'lib/optimization/data/optimization.json', text: toJson(value) }];
}
