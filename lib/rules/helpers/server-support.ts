import { compareVersions, parseVersion, type Version } from '../../text/version';
import data from '../data/server-support.json';

const LLAMA_CPP: ReadonlySet<string> = new Set(data.llamaCpp);
const TENSORRT_LLM: ReadonlySet<string> = new Set(data.tensorRtLlm);
const READ = data.sglangVersions.map((text) => parseVersion(text) ?? []);
const NEWEST_FIRST = [...READ].reverse();
const SGLANG_ARCHITECTURES: Readonly<Record<string, string>> = data.sglangArchitectures;
const SGLANG_METHODS: Readonly<Record<string, string>> = data.sglangQuantization;

/** Does llama.cpp convert models of this class to GGUF, and so load them? */
export function llamaCppConverts(architecture: string): boolean {
  return LLAMA_CPP.has(architecture);
}

/** Has any TensorRT-LLM of LMI’s images what builds an engine of this class? */
export function tensorRtBuilds(architecture: string): boolean {
  return TENSORRT_LLM.has(architecture);
}

/** Has SGLang an implementation of its own? Without a version: has any of those that were read? */
export function sglangImplements(architecture: string, version: Version | undefined): boolean {
  return Object.hasOwn(SGLANG_ARCHITECTURES, architecture) && covers(SGLANG_ARCHITECTURES[architecture], version);
}

/** What `--quantization` of SGLang takes in this version; without a version: in any of those that were read. */
export function sglangMethods(version: Version | undefined): readonly string[] {
  return Object.entries(SGLANG_METHODS)
    .filter(([, range]) => covers(range, version))
    .map(([name]) => name);
}

/** `0.5.8` or `0.5.5..0.5.14`. A release between two that were read may have what either has, so that nothing is called missing that may be there. */
function covers(range: string, version: Version | undefined): boolean {
  if (version === undefined) return true;
  const [since, last] = range.split('..').map((text) => parseVersion(text) ?? []);
  const next = READ.find((read) => compareVersions(read, version) >= 0) ?? version;
  const previous = NEWEST_FIRST.find((read) => compareVersions(read, version) <= 0) ?? version;
  return compareVersions(next, since) >= 0 && (last === undefined || compareVersions(previous, last) <= 0);
}

export const LLAMA_CPP_SOURCE = data.sources.llamaCpp;
export const SGLANG_SOURCE = data.sources.sglang;
