import type { ResolvedContainer } from '../container/types';
import type { EndpointSpec } from '../spec/types';

/** A spec, and the container that it names. */
export interface Served {
  readonly container?: ResolvedContainer;
  readonly spec: EndpointSpec;
}

/** The variable of a vLLM argument in the container’s own namespace: `SM_VLLM_BLOCK_SIZE`, `OPTION_BLOCK_SIZE`; undefined where vLLM’s arguments have none. */
export function argumentVariable({ container }: Pick<Served, 'container'>, argument: string): string | undefined {
  if (container?.engine !== 'vllm' || container.family === 'custom') return undefined;
  return `${container.family === 'lmi' ? 'OPTION_' : 'SM_VLLM_'}${argument}`;
}

/** The value of a vLLM argument that has no engine-neutral option, and the variable that sets it. */
export function argumentOf(
  endpoint: Served,
  argument: string,
): { readonly name: string; readonly value: string } | undefined {
  const name = argumentVariable(endpoint, argument);
  const value = name === undefined ? undefined : endpoint.spec.environment?.[name];
  return name === undefined || value === undefined ? undefined : { name, value };
}
