import { lookup } from '../../text/lookup';
import { isAtLeast, parseVersion, type Version } from '../../text/version';
import data from '../data/server-support.json';
import { isInRanges, readRanges } from './ranges';

const LLAMA_CPP: ReadonlySet<string> = new Set(data.llamaCpp);
const TENSORRT_LLM: ReadonlySet<string> = new Set(data.tensorRtLlm);
const TENSORRT_LLM_SINCE: Readonly<Record<string, string>> = data.tensorRtLlmSince;
const READ = data.sglangVersions.map((text) => parseVersion(text) ?? []);
const SGLANG_ARCHITECTURES: Readonly<Record<string, string>> = data.sglangArchitectures;
const SGLANG_METHODS: Readonly<Record<string, string>> = data.sglangQuantization;

/** Does llama.cpp convert models of this class to GGUF, and so load them? */
export function llamaCppConverts(architecture: string): boolean {
  return LLAMA_CPP.has(architecture);
}

/** Has the TensorRT-LLM of an image of LMI what builds an engine of this class? Without a version: has any of them? */
export function tensorRtBuilds(architecture: string, version: Version | undefined): boolean {
  const since = lookup(TENSORRT_LLM_SINCE, architecture);
  const isThere = since === undefined || version === undefined || isAtLeast(version, since);
  return isThere && TENSORRT_LLM.has(architecture);
}

const DOCUMENTED: readonly string[] = data.tensorRtLlmDocumented;

/** Is the class of a family that LMI is documented to build an engine of when the endpoint starts? */
export function tensorRtDocuments(architecture: string): boolean {
  return DOCUMENTED.some((prefix) => architecture.startsWith(prefix));
}

const VLLM_OF_THE_TIME = data.tensorRtLlmVllm as unknown as readonly (readonly [tensorRt: string, vllm: string])[];

/** The vLLM of the weeks after a TensorRT-LLM; without a version, or for one older than all, of the newest. */
export function vllmOfTensorRt(version: Version | undefined): Version {
  const row = version && VLLM_OF_THE_TIME.find(([tensorRt]) => isAtLeast(version, tensorRt));
  return parseVersion((row ?? VLLM_OF_THE_TIME[0])[1]) ?? [];
}

/** Has SGLang an implementation of its own? Without a version: has any of those that were read? */
export function sglangImplements(architecture: string, version: Version | undefined): boolean {
  return Object.hasOwn(SGLANG_ARCHITECTURES, architecture) && has(SGLANG_ARCHITECTURES[architecture], version);
}

/** What `--quantization` of SGLang takes in this version; without a version: in any of those that were read. */
export function sglangMethods(version: Version | undefined): readonly string[] {
  return Object.entries(SGLANG_METHODS)
    .filter(([, range]) => has(range, version))
    .map(([name]) => name);
}

function has(ranges: string, version: Version | undefined): boolean {
  return version === undefined || isInRanges(version, readRanges(ranges), READ);
}

export const LLAMA_CPP_SOURCE = data.sources.llamaCpp;
export const SGLANG_SOURCE = data.sources.sglang;
