import { formatVersion, isAtLeast, type Version } from '../text/version';
import data from './data/support.json';
import { ceilingAt, gateAt, gateOpensAt, methodAt, methodRanges } from './ranges';
import type { Scheme, SchemeSupport } from './types';

/** What decides how vLLM runs a scheme, beside the scheme. */
export interface VllmContext {
  /** `undefined`: the newest we know. */
  readonly version?: Version;
  /** Compute capability × 10; `undefined` where no instance is named. */
  readonly sm?: number;
  /** Has the model experts? Their kernels came later than those of dense layers. */
  readonly moe?: boolean;
}

const source = data.sources.vllm;

/** vLLM's own name of the method that loads this scheme, before it picks a Marlin variant of it. */
export function vllmMethod(scheme: Scheme): string | undefined {
  if (scheme.layout === 'plain') return undefined;
  if (scheme.layout === 'modelopt')
    return scheme.weightType === 'fp4' ? 'modelopt_fp4' : scheme.name === 'mxfp8' ? 'modelopt_mxfp8' : 'modelopt';
  if (scheme.layout === 'neuron') return 'neuron_quant';
  return scheme.layout;
}

/** How a vLLM of this version runs the scheme on a GPU of this compute capability. */
export function vllmSupport(scheme: Scheme, context: VllmContext): SchemeSupport {
  const method = methodFor(scheme, context.version);
  if (method === undefined) return { level: 'native', kernel: 'cuBLAS', source };
  if (method === 'neuron_quant') return unsupported('vLLM on a GPU has no Neuron checkpoints', { method });
  const range = methodAt(method, context.version);
  if (!range) return missing(method, context.version);
  const { sm } = context;
  const common = { method, activationDtypes: range.activationDtypes, source };
  if (sm !== undefined && range.minimumSm !== undefined && sm < range.minimumSm)
    return {
      ...common,
      level: 'unsupported',
      minimumSm: range.minimumSm,
      reason: `${method} needs compute capability ${capability(range.minimumSm)} or higher in ${versionText(context.version)}`,
      supportedSince: methodRanges(method).find(
        (other) => (other.minimumSm ?? 0) <= sm && isLater(other.since, context.version),
      )?.since,
    };
  return { ...common, minimumSm: range.minimumSm, ...kernelOf(scheme, method, context) };
}

/** Where the method has another name in this version: FP8 made at load time is older than compressed-tensors, ModelOpt's FP4 was `nvfp4`. */
function methodFor(scheme: Scheme, version: Version | undefined): string | undefined {
  const method = vllmMethod(scheme);
  if (method === undefined || methodAt(method, version) !== undefined) return method;
  if (scheme.origin !== 'checkpoint' && scheme.weightType === 'fp8') return 'fp8';
  return method === 'modelopt_fp4' && methodAt('nvfp4', version) !== undefined ? 'nvfp4' : method;
}

function kernelOf(
  scheme: Scheme,
  method: string,
  context: VllmContext,
): Partial<SchemeSupport> & Pick<SchemeSupport, 'level'> {
  if (scheme.weightType === 'fp8') return fp8Kernel(scheme, context);
  if (scheme.weightType === 'fp4') return fp4Kernel(scheme, method, context);
  if (method === 'compressed-tensors') return compressedIntKernel(scheme, context);
  if (method === 'awq' || method === 'gptq') return fourBitKernel(scheme, method, context);
  if (method === 'bitsandbytes') return { level: 'native', kernel: 'bitsandbytes' };
  if (method === 'gguf')
    return { level: 'fallback', kernel: 'GGUF', reason: 'vLLM runs GGUF with experimental, unoptimized kernels' };
  return { level: 'native', kernel: method };
}

/** FP8: tensor cores from 8.9 on; below, weights are widened in a Marlin kernel and the activations stay 16 bit. */
function fp8Kernel(
  scheme: Scheme,
  { sm, version, moe }: VllmContext,
): Partial<SchemeSupport> & Pick<SchemeSupport, 'level'> {
  const nativeSm = gateAt('fp8-compute', version) ?? 89;
  if (scheme.activationBits === 16) return { level: 'native', kernel: 'Marlin FP8 weight-only' };
  if (sm === undefined || sm >= nativeSm)
    return { level: 'native', kernel: scheme.blockSize ? 'FP8 block GEMM' : 'CUTLASS FP8', nativeSm };
  const isCompressed = scheme.layout === 'compressed-tensors' && scheme.origin === 'checkpoint';
  const dense = isCompressed ? 'compressed-w8a16-fp8' : 'w8a16-fp8';
  const blocks = isCompressed ? 'compressed-block-fp8' : 'fp8-block-weight-only';
  const gate = moe ? 'fp8-moe-weight-only' : scheme.blockSize ? blocks : dense;
  const minimum = gateAt(gate, version);
  if (minimum === undefined || sm < minimum) {
    const what = `${moe ? 'FP8 experts' : scheme.blockSize ? 'block-scaled FP8' : 'FP8'}`;
    return {
      level: 'unsupported',
      minimumSm: minimum ?? nativeSm,
      nativeSm,
      reason: `${what} needs compute capability ${capability(minimum ?? nativeSm)} or higher in ${versionText(version)}`,
      supportedSince: gateOpensAt(gate, sm),
    };
  }
  return {
    level: 'fallback',
    kernel: 'Marlin FP8 weight-only',
    nativeSm,
    reason: `FP8 compute needs compute capability ${capability(nativeSm)}: the weights stay FP8 in memory, but are computed weight-only in 16 bit by Marlin`,
  };
}

function fp4Kernel(
  scheme: Scheme,
  method: string,
  { sm, version }: VllmContext,
): Partial<SchemeSupport> & Pick<SchemeSupport, 'level'> {
  const nativeSm = gateAt('fp4-compute', version) ?? 100;
  const gate = scheme.name === 'mxfp4' ? 'w4a4-mxfp4' : 'w4a4-nvfp4';
  if (sm === undefined || sm >= nativeSm)
    return { level: 'native', kernel: `${scheme.name.toUpperCase()} GEMM`, nativeSm };
  const minimum = method === 'compressed-tensors' ? gateAt(gate, version) : undefined;
  if (method === 'compressed-tensors' && (minimum === undefined || sm < minimum))
    return {
      level: 'unsupported',
      minimumSm: minimum ?? nativeSm,
      nativeSm,
      reason: `${scheme.name} needs compute capability ${capability(minimum ?? nativeSm)} or higher in ${versionText(version)}`,
      supportedSince: gateOpensAt(gate, sm),
    };
  const kernel = scheme.name === 'mxfp4' && sm >= 90 ? 'MXFP4 Triton weight-only' : 'Marlin FP4 weight-only';
  // MXFP4 experts are meant to meet 16-bit activations: weight-only is how the model was trained to be served.
  if (scheme.activationBits === 16) return { level: 'native', kernel, nativeSm };
  return {
    level: 'fallback',
    kernel,
    nativeSm,
    reason: `FP4 compute needs compute capability ${capability(nativeSm)}: the weights are computed weight-only in 16 bit by Marlin`,
  };
}

function compressedIntKernel(
  scheme: Scheme,
  { sm, version }: VllmContext,
): Partial<SchemeSupport> & Pick<SchemeSupport, 'level'> {
  if (scheme.layout === 'compressed-tensors' && scheme.weightType === 'float')
    return { level: 'native', kernel: 'cuBLAS' };
  const gate = intGate(scheme, version);
  const minimum = gateAt(gate, version);
  const kernel =
    gate === 'w8a8-int8'
      ? 'CUTLASS INT8'
      : gate === 'w4a8-fp8'
        ? 'CUTLASS W4A8'
        : sm !== undefined && sm >= 90
          ? 'Machete'
          : 'Marlin';
  if (minimum === undefined || (sm !== undefined && sm < minimum))
    return {
      level: 'unsupported',
      minimumSm: minimum,
      reason:
        minimum === undefined
          ? `${versionText(version)} has no ${gate} kernel`
          : `compressed-tensors ${gate} needs compute capability ${capability(minimum)} or higher in ${versionText(version)}`,
      supportedSince:
        sm === undefined
          ? undefined
          : gateOpensAt(scheme.symmetric && gate === 'wNa16' && sm < 80 ? 'wNa16-symmetric' : gate, sm),
    };
  const ceiling = ceilingAt(gate, version);
  if (ceiling !== undefined && sm !== undefined && sm > ceiling)
    return {
      level: 'unsupported',
      minimumSm: minimum,
      reason: `its kernel (${kernel}) is written for compute capability up to ${capability(ceiling)}, and this GPU has ${capability(sm)}`,
    };
  return { level: 'native', kernel, minimumSm: minimum };
}

function intGate(scheme: Scheme, version: Version | undefined): string {
  if (scheme.weightBits === 4 && scheme.activationBits === 8)
    return scheme.name === 'w4a8-int8' ? 'w8a8-int8' : 'w4a8-fp8';
  if (scheme.activationBits === 8) return 'w8a8-int8';
  const hasSymmetricTuring =
    scheme.symmetric && version !== undefined && gateAt('wNa16-symmetric', version) !== undefined;
  return hasSymmetricTuring && gateAt('wNa16', version) === 80 ? 'wNa16-symmetric' : 'wNa16';
}

/** AWQ and GPTQ checkpoints: Marlin where GPU, bits and group allow it, the older kernels otherwise. */
function fourBitKernel(
  scheme: Scheme,
  method: string,
  { sm, version }: VllmContext,
): Partial<SchemeSupport> & Pick<SchemeSupport, 'level'> {
  const marlinMethod = methodAt(`${method}_marlin`, version);
  const marlinSm = Math.max(gateAt('marlin', version) ?? Infinity, 0);
  const groupFits = data.marlin.groupSizes.includes(scheme.groupSize ?? -1);
  const bitsFit =
    method === 'awq'
      ? scheme.weightBits === 4
      : (scheme.weightBits === 4 || scheme.weightBits === 8) && scheme.symmetric;
  if (marlinMethod && bitsFit && groupFits && (sm === undefined || sm >= marlinSm)) {
    const dtypes = marlinMethod.activationDtypes;
    return {
      level: 'native',
      kernel: 'Marlin',
      method: `${method}_marlin`,
      ...(dtypes ? { activationDtypes: dtypes } : {}),
    };
  }
  return { level: 'native', kernel: method === 'awq' ? 'AWQ GEMM' : 'ExLlama' };
}

function missing(method: string, version: Version | undefined): SchemeSupport {
  const ranges = methodRanges(method);
  if (ranges.length === 0)
    return { level: 'unknown', method, reason: `nothing is known of the quantization method ${method}`, source };
  const first = ranges[0].since;
  const last = ranges.at(-1)?.until;
  const tooOld = version !== undefined && !isAtLeast(version, first);
  return {
    level: 'unsupported',
    method,
    source,
    ...(tooOld ? { supportedSince: first } : last ? { supportedUntil: last } : {}),
    reason: tooOld
      ? `vLLM has ${method} only since ${first}, and this is ${versionText(version)}`
      : `vLLM has no ${method} any more since ${last ?? 'a later version'}, and this is ${versionText(version)}`,
  };
}

function unsupported(reason: string, rest: Partial<SchemeSupport>): SchemeSupport {
  return { level: 'unsupported', reason, source, ...rest };
}

function isLater(since: string, version: Version | undefined): boolean {
  return version !== undefined && !isAtLeast(version, since);
}

/** `8.9` for 89. */
export function capability(sm: number): string {
  return (sm / 10).toFixed(1);
}

function versionText(version: Version | undefined): string {
  return version ? `vLLM ${formatVersion(version)}` : 'the newest vLLM';
}
