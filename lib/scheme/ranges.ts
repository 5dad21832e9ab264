import { compareVersions, parseVersion, type Version } from '../text/version';
import data from './data/support.json';

/** One method of vLLM over a range of versions. */
export interface MethodRange {
  readonly since: string;
  /** First version without it, or with other limits; `null`: still so. */
  readonly until: string | null;
  readonly minimumSm?: number;
  readonly activationDtypes?: readonly string[];
}

type Row = readonly [since: string, until: string | null, minSm: number | null, dtypes: readonly string[]];

const methods = data.vllmMethods as unknown as Readonly<Record<string, readonly Row[]>>;
const gates = data.vllmGates as unknown as Readonly<
  Record<string, readonly (readonly [since: string, minSm: number])[]>
>;

const toRange = ([since, until, minSm, dtypes]: Row): MethodRange => ({
  since,
  until,
  ...(minSm === null ? {} : { minimumSm: minSm }),
  ...(dtypes.length === 0 ? {} : { activationDtypes: dtypes }),
});

/** Every range of a method, oldest first; empty for a name vLLM never had. */
export function methodRanges(method: string): readonly MethodRange[] {
  return Object.hasOwn(methods, method) ? methods[method].map(toRange) : [];
}

/** The range a version falls in; `undefined` where that version does not have the method. Without a version, the newest. */
export function methodAt(method: string, version: Version | undefined): MethodRange | undefined {
  if (!version) return methodRanges(method).find((range) => range.until === null);
  return methodRanges(method).find(
    (range) => before(range.since, version) && (range.until === null || !before(range.until, version)),
  );
}

/** Every value that `--quantization` accepts in a version of vLLM. */
export function quantizationMethods(version: Version | undefined): readonly string[] {
  return Object.keys(methods).filter((method) => methodAt(method, version) !== undefined);
}

/** Compute capability × 10 that a kernel or a compressed-tensors scheme needs; `undefined`: not there yet in that version. */
export function gateAt(gate: string, version: Version | undefined): number | undefined {
  if (!Object.hasOwn(gates, gate)) return undefined;
  const passed = gates[gate].filter(([since]) => !version || before(since, version));
  return passed.at(-1)?.[1];
}

const ceilings = data.vllmCeilings as unknown as Readonly<
  Record<string, readonly (readonly [since: string, until: string | null, lastSm: number])[]>
>;

/** The last compute capability × 10 that a kernel is written for in a version; `undefined` where no end is known. */
export function ceilingAt(gate: string, version: Version | undefined): number | undefined {
  if (!Object.hasOwn(ceilings, gate)) return undefined;
  return ceilings[gate].find(
    ([since, until]) =>
      (version === undefined ? until === null : before(since, version)) &&
      (until === null || version === undefined || !before(until, version)),
  )?.[2];
}

/** The first version in which a gate is open to this compute capability. */
export function gateOpensAt(gate: string, sm: number): string | undefined {
  return Object.hasOwn(gates, gate) ? gates[gate].find(([, minimum]) => sm >= minimum)?.[0] : undefined;
}

/** Values of `--kv-cache-dtype` in a version of vLLM or SGLang; `undefined` before there was a choice. */
export function kvCacheDtypes(
  version: Version | undefined,
  engine: 'vllm' | 'sglang' = 'vllm',
): readonly string[] | undefined {
  const table = engine === 'vllm' ? data.vllmKvCacheDtypes : data.sglangKvCacheDtypes;
  const rows = table as unknown as readonly (readonly [string, readonly string[]])[];
  return rows.filter(([since]) => !version || before(since, version)).at(-1)?.[1];
}

function before(since: string, version: Version): boolean {
  return compareVersions(parseVersion(since) ?? [], version) <= 0;
}
