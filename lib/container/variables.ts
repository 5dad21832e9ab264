import type { ContainerFamily } from '../spec/types';
import { lookup } from '../text/lookup';
import { editDistance, nearestNames } from '../text/nearest';
import { isAtLeast } from '../text/version';
import {
  isReadSglang,
  llamaCppArgument,
  llamaCppArgumentNames,
  llamaCppRemoved,
  sglangArgument,
  sglangArgumentNames,
  sglangArgumentVersions,
  vllmArgument,
  vllmArgumentNames,
  vllmArgumentVersions,
  type ArgumentKind,
  type OtherVersions,
  type ServerArgument,
} from './arguments';
import data from './data/variables.json';
import { llamaCppBuild } from './llama-cpp-builds';
import type { ResolvedContainer } from './types';

/** A variable that a container reads. */
export interface ContainerVariable {
  readonly name: string;
  readonly kind: ArgumentKind;
  /** The server argument it becomes, without dashes, where it becomes one. */
  readonly argument?: string;
}

/** What a container reads from its environment. */
export interface ContainerVariables {
  /** Namespace that its entry point turns into server arguments; a variable in it that is not read is dropped or fatal. */
  readonly prefix?: string;
  /** Every namespace it claims: `OPTION_` and `SERVING_` for LMI. */
  readonly prefixes: readonly string[];
  /** Does the container read this variable? Those of libraries (`NCCL_*`, `VLLM_*`, `HF_TOKEN`) count as read. */
  find(name: string): ContainerVariable | undefined;
  /** Are they those of this very version? An SGLang whose release was not read may have others. */
  readonly isExact: boolean;
  /** Versions of the server that would read it, where this one does not. */
  otherVersions(name: string): OtherVersions | undefined;
  /** The name most likely meant, for one that is not read. */
  nearest(name: string): string | undefined;
}

interface FamilyData {
  readonly prefix: string;
  readonly options?: readonly string[];
  /** Properties that LMI 10 to 14 read, by version. */
  readonly legacy?: Readonly<Record<string, readonly string[]>>;
  readonly until_0_32?: readonly string[];
  readonly since_0_33?: readonly string[];
  readonly serving?: readonly string[];
  readonly plain: readonly string[];
  readonly special?: readonly string[];
  readonly arguments?: Readonly<Record<string, ArgumentKind>>;
}

const families = data.families as unknown as Readonly<Partial<Record<ContainerFamily, FamilyData>>>;
const misnomers = data.misnomers as Readonly<Record<string, string>>;
const optionVariables = data.options as unknown as Readonly<
  Partial<Record<ContainerFamily, Readonly<Record<string, string>>>>
>;
const commonNames = new Set<string>(data.common.names);

/** The variable of a family that sets an engine-neutral option (`maxModelLen`, `model`, `quantization`); `undefined` where it has none. */
export function optionVariable(family: ContainerFamily, option: string): string | undefined {
  const table = optionVariables[family];
  return table && Object.hasOwn(table, option) ? table[option] : undefined;
}

/** Every engine-neutral option a family has a variable for. */
export function optionVariablesOf(family: ContainerFamily): Readonly<Record<string, string>> {
  return optionVariables[family] ?? {};
}

/** What this container, in this version, reads. */
export function knownVariables(container: ResolvedContainer): ContainerVariables {
  const family = families[container.family];
  if (!family) return CUSTOM;
  const prefixes = family.serving ? [family.prefix, 'SERVING_'] : [family.prefix];
  const own = new Set(family.plain);
  const search = (name: string): ContainerVariable | undefined => {
    if (name.startsWith(family.prefix)) return ownVariable(container, family, name);
    if (own.has(name)) return { name, kind: 'value' as const };
    // A name that means an option of the server is no library's, whatever it begins with (SM_NUM_GPUS).
    if (isMisnomer(container.family, name)) return undefined;
    if (family.serving && name.startsWith('SERVING_'))
      return family.serving.includes(name.slice(8).toLowerCase()) ? { name, kind: 'value' as const } : undefined;
    return isCommon(name) ? { name, kind: 'value' as const } : undefined;
  };
  const found = new Map<string, ContainerVariable | undefined>();
  const find = (name: string) => {
    if (found.has(name)) return found.get(name);
    const variable = search(name);
    if (found.size < MOST_REMEMBERED) found.set(name, variable);
    return variable;
  };
  return {
    prefix: family.prefix,
    prefixes,
    find,
    isExact: isExact(container),
    otherVersions: (name) => otherVersions(container, family, name),
    nearest: (name) => nearestVariable(container, family, name),
  };
}

/** Several rules ask for the same few names; a hostile list of names must not fill the memory. */
const MOST_REMEMBERED = 512;

const CUSTOM: ContainerVariables = {
  prefixes: [],
  isExact: false,
  find: (name) => ({ name, kind: 'value' }),
  otherVersions: () => undefined,
  nearest: () => undefined,
};

const tokenNames = new Set<string>(data.tokens);

/** Does the name plainly mean something that this container reads under another? */
function isMisnomer(family: ContainerFamily, name: string): boolean {
  if (tokenNames.has(name)) return true;
  const bare = bareName(name);
  const option = Object.hasOwn(misnomers, bare) ? misnomers[bare] : undefined;
  return option !== undefined && optionVariable(family, option) !== undefined;
}

/** `MAX_MODEL_LEN` for `VLLM_MAX_MODEL_LEN`, as people write who do not know the prefix. */
function bareName(name: string): string {
  const bare = /^(?:VLLM|SGLANG|LMI|DJL|LLM|SM)_(.+)$/.exec(name)?.[1];
  return bare !== undefined && Object.hasOwn(misnomers, bare) ? bare : name;
}

/** Is it a variable of the operating system, of AWS or of a library, which any container may read? */
export function isCommon(name: string): boolean {
  return commonNames.has(name) || data.common.prefixes.some((prefix) => name.startsWith(prefix));
}

function ownVariable(container: ResolvedContainer, family: FamilyData, name: string): ContainerVariable | undefined {
  const tail = name.slice(family.prefix.length);
  if (tail === '') return undefined;
  switch (container.family) {
    case 'vllm':
    case 'vllm-neuron':
      return fromArgument(
        name,
        abbreviated(dashed(tail), (flag) => vllmFlag(flag, container), vllmFlags(container)),
      );
    case 'sglang':
      return fromArgument(
        name,
        abbreviated(
          dashed(tail),
          (flag) => sglangArgument(flag, container.engineVersion),
          () => sglangArgumentNames(container.engineVersion),
        ),
      );
    case 'llama-cpp':
      if (family.special?.includes(tail)) return { name, kind: 'value' };
      return fromArgument(name, llamaCppArgument(dashed(tail), llamaCppBuild(container)));
    case 'hf-vllm-neuron': {
      const kind = lookup(family.arguments ?? {}, tail.toLowerCase());
      if (kind) return { name, kind, argument: tail.toLowerCase() };
      return handsOn(container) ? fromArgument(name, vllmFlag(dashed(tail), container)) : undefined;
    }
    default:
      return djlVariable(container, family, name, tail.toLowerCase());
  }
}

/** DJL's own properties first, then what it passes on: any field of vLLM's `EngineArgs`. */
function djlVariable(
  container: ResolvedContainer,
  family: FamilyData,
  name: string,
  option: string,
): ContainerVariable | undefined {
  const engine =
    container.family === 'lmi' ? vllmArgument(option.replaceAll('_', '-'), container.engineVersion) : undefined;
  const kind = engine?.kind ?? 'value';
  const variable = { name, kind, argument: option };
  // Of images without a version in the data nothing can be said against a name.
  if (container.engine === 'unknown') return variable;
  const legacy = container.lmi === undefined ? undefined : family.legacy?.[container.lmi];
  if (legacy)
    return legacy.includes(option) || COMMON_DJL.has(option) || passesOn(container, engine) ? variable : undefined;
  if (family.options?.includes(option)) return variable;
  if (container.family === 'lmi') return passesOn(container, engine) ? variable : undefined;
  if (container.family === 'lmi-trtllm') {
    const list = isOldTensorRt(container) ? family.until_0_32 : family.since_0_33;
    return list?.includes(option) ? variable : undefined;
  }
  return undefined;
}

/**
 * From optimum-neuron 0.4.2 on, `optimum-cli neuron serve` hands what it does not know to vLLM's own parser.
 * Source: huggingface/optimum-neuron v0.4.2 optimum/commands/neuron/serve.py, `_unknown_args`, in the images of vLLM 0.11.0; v0.4.1 does not.
 */
function handsOn({ engineVersion }: ResolvedContainer): boolean {
  return engineVersion !== undefined && isAtLeast(engineVersion, '0.11.0');
}

/** From LMI 14 on, any field of vLLM's `EngineArgs` is passed on. */
function passesOn(container: ResolvedContainer, argument: ServerArgument | undefined): boolean {
  return argument?.isEngine === true && (container.lmi ?? Infinity) >= 14;
}

/** Options of the model server itself, which every LMI reads before its Python handler sees them. */
const COMMON_DJL = new Set(
  (
    'model_id engine entrypoint entry_point handler async_mode max_batch_delay revision task device_id device_map ' +
    'model_loading_timeout predict_timeout parallel_loading default_accept python_executable adapters download_dir'
  ).split(' '),
);

/** Up to 0.32 a closed toolkit read `quantize`; from 0.33 on TensorRT-LLM's LLM API reads `quant_algo`. */
export function isOldTensorRt(container: ResolvedContainer): boolean {
  return container.engineVersion !== undefined && container.engineVersion[0] === 0 && container.engineVersion[1] < 20;
}

function vllmFlag(flag: string, container: ResolvedContainer) {
  const argument = vllmArgument(flag, container.engineVersion);
  if (argument?.isServer) return argument;
  // `--no-x` is the twin of a boolean `--x`.
  const positive = flag.startsWith('no-') ? vllmArgument(flag.slice(3), container.engineVersion) : undefined;
  return positive?.isServer && positive.kind === 'boolean'
    ? { ...positive, name: flag, kind: 'switch' as const }
    : undefined;
}

function vllmFlags(container: ResolvedContainer) {
  return () => vllmArgumentNames(container.engineVersion);
}

/** argparse takes an unambiguous beginning of a name for the name: `--tensor-parallel` is `--tensor-parallel-size`. */
function abbreviated<T>(
  flag: string,
  find: (flag: string) => T | undefined,
  names: () => readonly string[],
): T | undefined {
  const exact = find(flag);
  if (exact || flag.length < 2) return exact;
  const longer = names().filter((name) => name.startsWith(flag));
  return longer.length === 1 ? find(longer[0]) : undefined;
}

function fromArgument(
  name: string,
  argument: { readonly name: string; readonly kind: ArgumentKind } | undefined,
): ContainerVariable | undefined {
  return argument && { name, kind: argument.kind, argument: argument.name };
}

function isExact({ family, engineVersion }: ResolvedContainer): boolean {
  return family !== 'sglang' || (engineVersion !== undefined && isReadSglang(engineVersion));
}

function otherVersions(container: ResolvedContainer, family: FamilyData, name: string): OtherVersions | undefined {
  if (!name.startsWith(family.prefix)) return undefined;
  const flag = dashed(name.slice(family.prefix.length));
  if (container.family === 'sglang') return sglangArgumentVersions(flag);
  return container.family === 'vllm' || container.family === 'lmi' ? vllmArgumentVersions(flag) : undefined;
}

/** Beyond this share of its letters a name is no misspelling of another. */
const LONGEST_MISSPELLING = 0.25;

function nearestVariable(container: ResolvedContainer, family: FamilyData, name: string): string | undefined {
  const tail = name.startsWith(family.prefix) ? name.slice(family.prefix.length) : name;
  if (tokenNames.has(name)) return 'HF_TOKEN';
  if (family.serving && name.startsWith('SERVING_')) {
    const [serving] = nearestNames(name.slice(8).toLowerCase(), family.serving, 1);
    return serving === undefined ? undefined : `SERVING_${serving.toUpperCase()}`;
  }
  const bare = bareName(tail);
  // Its `--model` takes a file alone.
  if (container.family === 'llama-cpp' && bare === 'HF_MODEL_ID') return `${family.prefix}HF_REPO`;
  const meant = Object.hasOwn(misnomers, bare) ? optionVariable(container.family, misnomers[bare]) : undefined;
  if (meant !== undefined && meant !== name) return meant;
  const prefixed = family.prefix + tail;
  // Of an image whose options nobody read, a prefix makes an option of any name.
  if (prefixed !== name && container.engine !== 'unknown' && ownVariable(container, family, prefixed)) return prefixed;
  const tails = [...variableNames(container, family)].map((variable) =>
    variable.startsWith(family.prefix) ? variable.slice(family.prefix.length) : variable,
  );
  const longer = name.startsWith(family.prefix) ? (wholeName(tail, tails) ?? fullName(tail, tails)) : undefined;
  const [nearest] = longer === undefined ? nearestNames(tail, tails, 1) : [longer];
  const reach = Math.max(2, tail.length * LONGEST_MISSPELLING);
  if (nearest === undefined || (longer === undefined && editDistance(tail, nearest) > reach)) return undefined;
  return ownVariable(container, family, family.prefix + nearest) ? family.prefix + nearest : nearest;
}

/** The shortest name that one of two words or more was cut off from: `MAX_ROLLING_BATCH_SIZE` for `MAX_ROLLING_BATCH`. */
function wholeName(tail: string, names: readonly string[]): string | undefined {
  if (!tail.includes('_')) return undefined;
  const longer = names.filter((name) => name.startsWith(`${tail}_`));
  return longer.length === 0 ? undefined : longer.reduce((a, b) => (b.length < a.length ? b : a));
}

/** The shortest name that two words or more end: `SPEC_DRAFT_N_MAX` for `DRAFT_N_MAX`, as people write what was renamed. */
function fullName(tail: string, names: readonly string[]): string | undefined {
  if (!tail.includes('_')) return undefined;
  const longer = names.filter((name) => name.endsWith(`_${tail}`));
  return longer.length === 0 ? undefined : longer.reduce((a, b) => (b.length < a.length ? b : a));
}

/** Names in the container's namespace, for proposals. */
function* variableNames(container: ResolvedContainer, family: FamilyData): Generator<string> {
  const upper = (flag: string) => family.prefix + flag.replaceAll('-', '_').toUpperCase();
  for (const option of Object.values(optionVariablesOf(container.family))) yield option;
  for (const option of family.options ?? []) yield upper(option);
  for (const option of (isOldTensorRt(container) ? family.until_0_32 : family.since_0_33) ?? []) yield upper(option);
  for (const option of Object.keys(family.arguments ?? {})) yield upper(option);
  const isHandedOn = container.family === 'hf-vllm-neuron' && handsOn(container);
  if (container.family === 'vllm' || container.family === 'vllm-neuron' || isHandedOn)
    for (const flag of vllmArgumentNames(container.engineVersion)) if (vllmFlag(flag, container)) yield upper(flag);
  if (container.family === 'lmi')
    for (const flag of vllmArgumentNames(container.engineVersion))
      if (vllmArgument(flag, container.engineVersion)?.isEngine) yield upper(flag);
  if (container.family === 'sglang') for (const flag of sglangArgumentNames(container.engineVersion)) yield upper(flag);
  if (container.family === 'llama-cpp')
    // One that stops the server with its successor's name is no proposal.
    for (const flag of llamaCppArgumentNames(llamaCppBuild(container)))
      if (llamaCppRemoved(flag) === undefined) yield upper(flag);
}

function dashed(tail: string): string {
  return tail.toLowerCase().replaceAll('_', '-');
}
