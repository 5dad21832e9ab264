import { llamaCppName } from '../../container';
import { compareVersions, formatVersion, parseVersion, type Version } from '../../text/version';
import type { EngineName } from '../../container/types';
import type { RuleContext, ServerRange } from '../types';

/** From `since` on, and before `before`; either may be left out. */
export interface VersionRange {
  readonly since?: string;
  readonly before?: string;
}

const parsed = new Map<string, Version>();

function versionOf(text: string): Version {
  let version = parsed.get(text);
  if (version === undefined) {
    version = parseVersion(text) ?? [];
    parsed.set(text, version);
  }
  return version;
}

/** Does a version lie in the range? */
export function inRange(version: Version, { since, before }: VersionRange): boolean {
  return (
    (since === undefined || compareVersions(version, versionOf(since)) >= 0) &&
    (before === undefined || compareVersions(version, versionOf(before)) < 0)
  );
}

/** Is the server of that engine, and of a version that we know and that lies in the range? */
export function isServedBy(context: Pick<RuleContext, 'container'>, server: ServerRange): boolean {
  const version = versionOn(context, server.engine);
  return version !== undefined && inRange(version, server);
}

/** Is the server vLLM, of a version that we know and that lies in the range? */
export function isVllm(context: Pick<RuleContext, 'container'>, range: VersionRange = {}): boolean {
  const version = versionOn(context, 'vllm');
  return version !== undefined && inRange(version, range);
}

/** Is the server SGLang, of a version that we know and that lies in the range? */
export function isSglang(context: Pick<RuleContext, 'container'>, range: VersionRange = {}): boolean {
  const version = versionOn(context, 'sglang');
  return version !== undefined && inRange(version, range);
}

/** The version of a server of that engine. */
function versionOn({ container }: Pick<RuleContext, 'container'>, engine: EngineName): Version | undefined {
  return container?.engine === engine ? container.engineVersion : undefined;
}

const ENGINE_NAMES: Readonly<Record<string, string>> = {
  vllm: 'vLLM',
  'tensorrt-llm': 'TensorRT-LLM',
  sglang: 'SGLang',
  'llama.cpp': 'llama.cpp',
  'neuron-vllm': 'vLLM on Neuron',
  'transformers-neuronx': 'transformers-neuronx',
  unknown: 'the server',
};

/** `vLLM 0.8.5`, `SGLang`; `the server` where nothing is known. */
export function serverName({ container }: Pick<RuleContext, 'container'>): string {
  if (container === undefined) return 'the server';
  if (container.engine === 'llama.cpp') return llamaCppName(container);
  const name = ENGINE_NAMES[container.engine];
  return container.engineVersion === undefined ? name : `${name} ${formatVersion(container.engineVersion)}`;
}

/** Engines that run on CUDA GPUs only. */
export function needsGpu({ container }: Pick<RuleContext, 'container'>): boolean {
  return container?.engine === 'vllm' || container?.engine === 'sglang' || container?.engine === 'tensorrt-llm';
}

/** Is the server one of Neuron's, which is so too where nobody says which it is and the instance runs no other? */
export function isNeuron(context: Pick<RuleContext, 'container' | 'instance'>): boolean {
  return isNamedNeuron(context) || (context.instance?.kind === 'neuron' && isUnnamed(context));
}

/** As `isNeuron`, where the server is known. */
export function isNamedNeuron({ container }: Pick<RuleContext, 'container'>): boolean {
  return container?.engine === 'neuron-vllm' || container?.engine === 'transformers-neuronx';
}

/** No container is given, or an image of which nothing is known. */
export function isUnnamed({ container }: Pick<RuleContext, 'container'>): boolean {
  return container === undefined || container.engine === 'unknown';
}
