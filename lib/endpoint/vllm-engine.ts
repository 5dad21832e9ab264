import { atLeast } from './version';

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
  const since = (...least: number[]) => version === undefined || atLeast(version, least);
  if (since(0, 11)) return true;
  const asked = environment.VLLM_USE_V1;
  if (asked !== undefined && since(0, 7)) return /^(1|true)$/i.test(asked);
  return since(0, 8) && (since(0, 10, 2) || sm === undefined || sm >= 80);
}
