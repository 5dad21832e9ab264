import type { Architecture } from './architecture';
import { llama, mistral, qwen2, qwen3 } from './architectures/llama';

const ARCHITECTURES: readonly Architecture[] = [llama, mistral, qwen2, qwen3];

const byName = new Map(ARCHITECTURES.flatMap((entry) => entry.names.map((name) => [name, entry] as const)));
const byModelType = new Map(ARCHITECTURES.flatMap((entry) => entry.modelTypes.map((type) => [type, entry] as const)));

/** The family that reads this config: by class name first, then by `model_type`. */
export function findArchitecture(name: string | undefined, modelType: string | undefined): Architecture | undefined {
  return (
    (name === undefined ? undefined : byName.get(name)) ??
    (modelType === undefined ? undefined : byModelType.get(modelType))
  );
}

/** Every class name that is described exactly. */
export function architectureNames(): readonly string[] {
  return [...byName.keys()];
}
