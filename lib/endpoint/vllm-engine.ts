import { isLeftToV0, unsupportedByV1, type AskedOfVllm } from './v1-support';
import { isSince } from './version';

/**
 * Does vLLM start its V1 engine, and not V0? V1 is the default from 0.8.0, up to 0.10.1 from compute capability 8.0; V0 is gone from 0.11
 * on. `VLLM_USE_V1` asks for one or the other. Sources: vllm/engine/arg_utils.py, `_is_v1_supported_oracle`, of 0.8.0 to 0.10.0;
 * vllm/envs.py of 0.7.2.
 *
 * @param version undefined: newer than everything
 * @param sm compute capability × 10; undefined: any
 */
export function usesV1(
  version: readonly number[] | undefined,
  sm: number | undefined,
  environment: Readonly<Record<string, string>> = {},
): boolean {
  if (isSince(version, 0, 11)) return true;
  if (environment.VLLM_USE_V1 !== undefined && isSince(version, 0, 7)) return asksForV1(environment);
  return isSince(version, 0, 8) && (isSince(version, 0, 10, 2) || sm === undefined || sm >= 80);
}

/** Does vLLM start its V1 engine for this endpoint? Until 0.10.1 V0 starts for what V1 cannot do yet, or did not do by itself. */
export function startsV1(endpoint: AskedOfVllm): boolean {
  const { container, instance, spec } = endpoint;
  const version = container?.engineVersion;
  if (!usesV1(version, instance?.accelerator?.sm, spec.environment)) return false;
  if (isSince(version, 0, 10, 2) || spec.environment?.VLLM_USE_V1 !== undefined) return true;
  return unsupportedByV1(endpoint) === undefined && !isLeftToV0(endpoint);
}

/** Does somebody insist on V1, so that vLLM stops where it would fall back to V0? */
export function asksForV1(environment: Readonly<Record<string, string>> = {}): boolean {
  return /^(1|true)$/i.test(environment.VLLM_USE_V1 ?? '');
}
