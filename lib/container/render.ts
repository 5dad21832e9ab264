import type { ResolvedEndpoint } from '../endpoint/types';
import { entryPointCommand } from './entry-points';
import { environmentOf, hasModelFiles } from './environment';
import type { RenderedContainer } from './types';

/**
 * What a container makes of a spec: the variables to set on the SageMaker model, and the argument vector that its entry
 * point builds from them, with what it drops left out and what it transforms transformed. Both are empty without a
 * container, the command also for a custom image.
 */
export function renderContainer(resolved: ResolvedEndpoint): RenderedContainer {
  const environment = environmentOf(resolved);
  if (!resolved.container) return { environment, command: [] };
  const command = entryPointCommand(resolved.container, environment, {
    hasModelFiles: hasModelFiles(resolved.spec),
    tensorParallelSize: resolved.options.tensorParallelSize,
  });
  return { environment, command };
}
