import type { PlanAnswer } from '../../lib/rules';
import type { EndpointSpec } from '../../lib/spec/types';
import { MIB } from '../../lib/units';

/** llama-server's own default, whatever the host has. Source: llama.cpp common/common.h, `cache_ram_mib`. */
const SERVER_DEFAULT_MIB = 8192;

/** Operating system, nginx and the server itself. */
const HOST_RESERVE_BYTES = 1024 * MIB;

/** Steps that people can read. */
const STEP_MIB = 256;

/**
 * Adds the size of the prompt cache where nobody gave it: the server's default of 8 GiB is more than many an instance
 * has left, and the kernel ends the server when it is used up, hours after the start.
 *
 * @param hostBytes memory of the machine
 * @param isOnHost do weights and caches lie in it too?
 */
export function withPromptCache(
  spec: EndpointSpec,
  { memory }: Pick<PlanAnswer, 'memory'>,
  hostBytes: number | undefined,
  isOnHost: boolean,
): EndpointSpec {
  if (hostBytes === undefined || spec.environment?.SM_LLAMA_CPP_CACHE_RAM !== undefined) return spec;
  if (isOnHost && memory.weights === null) return spec;
  const used = isOnHost ? (memory.weights ?? 0) + (memory.activations ?? 0) + (memory.kvCache ?? 0) : 0;
  const left = Math.max(0, hostBytes - HOST_RESERVE_BYTES - used);
  const mebibytes = Math.min(SERVER_DEFAULT_MIB, Math.floor(left / 2 / MIB / STEP_MIB) * STEP_MIB);
  return { ...spec, environment: { ...spec.environment, SM_LLAMA_CPP_CACHE_RAM: String(mebibytes) } };
}
