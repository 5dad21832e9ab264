import { llamaCppHas, llamaServerVariables } from '../container';
import type { ResolvedEndpoint } from './types';

/**
 * Where llama-server keeps the projector of a model that sees (mmproj), which is a file beside the GGUF; undefined: it has none, and serves text.
 * With `--hf-repo` the projector of the repository comes along, in builds that can be told to leave it.
 * Sources: llama.cpp common/arg.cpp, `--mmproj`, `--mmproj-url`, `--no-mmproj`, `--no-mmproj-offload`; docs/multimodal.md.
 */
export function projectorPlace({
  container,
  spec,
}: Pick<ResolvedEndpoint, 'container' | 'spec'>): 'gpu' | 'host' | undefined {
  const { environment } = spec;
  if (container?.engine !== 'llama.cpp' || environment === undefined) return undefined;
  const isSet = (name: string): boolean =>
    llamaServerVariables(name).some((variable) => !['', 'false', undefined].includes(environment[variable]));
  const comesAlong =
    isSet('HF_REPO') && !isSet('NO_MMPROJ') && llamaCppHas(container, 'projectorOfRepository') !== false;
  if (!isSet('MMPROJ') && !isSet('MMPROJ_URL') && !comesAlong) return undefined;
  return isSet('NO_MMPROJ_OFFLOAD') ? 'host' : 'gpu';
}
