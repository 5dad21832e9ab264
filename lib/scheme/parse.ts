import { UnknownNameError } from '../errors';
import { lookup } from '../text/lookup';
import { nearestNames } from '../text/nearest';
import { findDefinition, schemeNames, type SchemeDefinition } from './catalogue';
import { findGgufFileType, findGgufTensorType, ggufFileTypeNames, ggufTensorTypeNames } from './gguf/types';
import type { Scheme } from './types';

/** What a spec says of a scheme beside its name. */
export interface SchemeDetails {
  /** Weights that share one scale; -1 is one group for each output channel. Only schemes with groups take it. */
  readonly groupSize?: number;
  readonly origin?: Scheme['origin'];
}

/** Layouts whose group size a spec may choose; the others have it in their definition (NF4 64, MXFP4 32, NVFP4 16, FP8 block 128). */
const GROUPED = new Set(['awq', 'gptq', 'int4-rtn', 'int8-weight-only']);

/** One object for each scheme, so that what is worked out about it once is found again. */
const parsed = new Map<string, Scheme>();
const MOST_REMEMBERED = 1024;

/**
 * The scheme with this name, as the endpoint spec spells it: `awq`, `fp8-block`, `gguf:Q4_K_M`.
 *
 * @throws UnknownNameError `SCHEME_UNKNOWN`, naming the nearest scheme
 */
export function parseScheme(name: string, { groupSize, origin = 'spec' }: SchemeDetails = {}): Scheme {
  const key = `${name} ${groupSize} ${origin}`;
  let scheme = parsed.get(key);
  if (scheme === undefined) {
    const definition = findScheme(name);
    if (!definition) throw unknownScheme(name);
    const isGrouped = groupSize !== undefined && GROUPED.has(name);
    scheme = Object.freeze({ ...definition, ...(isGrouped ? { groupSize } : {}), origin });
    if (parsed.size < MOST_REMEMBERED) parsed.set(key, scheme);
  }
  return scheme;
}

/** Is there a scheme of this name? */
export function isSchemeName(name: string): boolean {
  return findScheme(name) !== undefined;
}

function findScheme(name: string): SchemeDefinition | undefined {
  const named = findDefinition(name);
  if (named) return named;
  const colon = name.indexOf(':');
  if (colon < 0) return undefined;
  const type = name.slice(colon + 1);
  if (name.startsWith('gguf:')) {
    const fileType = findGgufFileType(type);
    return fileType && ggufScheme(name, type, fileType.tensorType);
  }
  if (name.startsWith('gguf-tensor:')) return findGgufTensorType(type) && ggufScheme(name, type, type);
  return undefined;
}

function ggufScheme(name: string, ggufType: string, tensorType: string): SchemeDefinition {
  const block = findGgufTensorType(tensorType);
  const plainBits: Record<string, number> = { F32: 32, F64: 64, F16: 16, BF16: 16 };
  return {
    name,
    // The digit of the type's name (Q4_K: 4) is what people call its bits; the exact bits per weight come from the blocks.
    weightBits: plainBits[tensorType] ?? (Number(/\d/.exec(tensorType)?.[0]) || 16),
    weightType: tensorType in plainBits ? 'float' : 'gguf',
    activationBits: 16,
    activationScales: 'none',
    groupSize: block && block.blockElements > 1 ? block.blockElements : undefined,
    symmetric: true,
    layout: 'gguf',
    ggufType,
  };
}

function unknownScheme(name: string): UnknownNameError {
  const nearest = nearestScheme(name);
  return new UnknownNameError('SCHEME_UNKNOWN', `${show(name)} is not a quantization scheme`, {
    got: show(name),
    allowed: nearest.length > 0 ? nearest.join(', ') : `${schemeNames.join(', ')}, gguf:NAME, gguf-tensor:NAME`,
    fix: nearest.length > 0 ? `use ${nearest[0]}` : 'use one of the scheme names of the endpoint spec',
    path: '/quantization',
  });
}

/** Names people use for a scheme elsewhere, and what it is called here. */
const ALIASES: Readonly<Record<string, string>> = {
  int4: 'gptq',
  'awq-marlin': 'awq',
  'gptq-marlin': 'gptq',
  auto_awq: 'awq',
  auto_gptq: 'gptq',
  int8: 'int8-w8a8',
  w8a8: 'int8-w8a8',
  w8a16: 'int8-weight-only',
  w4a16: 'gptq',
  'fp8-dynamic': 'fp8',
  bnb: 'bitsandbytes-nf4',
  bitsandbytes: 'bitsandbytes-nf4',
  nf4: 'bitsandbytes-nf4',
  float16: 'fp16',
  bfloat16: 'bf16',
  static_int8: 'neuron-int8',
};

function nearestScheme(name: string): string[] {
  const lower = name.slice(0, 128).toLowerCase().replaceAll('_', '-');
  const alias = lookup(ALIASES, lower) ?? lookup(ALIASES, lower.replaceAll('-', '_'));
  if (alias) return [alias];
  const bare = lower.replace(/^gguf(-tensor)?[:-]/, '').replaceAll('-', '_');
  if (lower.startsWith('gguf-tensor'))
    return nearestTypes(bare, ggufTensorTypeNames).map((type) => `gguf-tensor:${type}`);
  if (lower.startsWith('gguf') || /^(iq|q)\d/.test(lower))
    return nearestTypes(bare, ggufFileTypeNames).map((type) => `gguf:${type}`);
  return nearestNames(lower, schemeNames, 3);
}

/**
 * Types that were begun come first: MXFP4 is MXFP4_MOE, not NVFP4. Of several the medium one does, as llama.cpp’s own short names have it. A
 * publisher's own mix is named after the type that most of it has: UD-Q4_K_XL, Q6_K_L.
 */
function nearestTypes(bare: string, types: readonly string[]): string[] {
  const stem = bare.replace(/^ud_/, '').replace(/_x*l$/, '');
  const likely = [bare, stem, `${stem}_m`].map((name) => types.find((type) => type.toLowerCase() === name));
  const begun = types.filter((type) => stem !== '' && type.toLowerCase().startsWith(`${stem}_`));
  const names = [...likely, ...begun, ...nearestNames(bare, types, 3)].filter((type) => type !== undefined);
  return [...new Set(names)].slice(0, 3);
}

function show(name: string): string {
  return name.length > 60 ? `${name.slice(0, 60)}…` : name;
}
