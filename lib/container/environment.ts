import type { ResolvedEndpoint } from '../endpoint/types';
import type { ContainerFamily, EndpointSpec, ServingOptions, SpeculativeSpec } from '../spec/types';
import { lookup } from '../text/lookup';
import { sglangArgument } from './arguments';
import { optionVariable } from './variables';
import type { ResolvedContainer } from './types';

/** Options that a server is told of by a differently named switch, or by one that says no. */
const NEGATIONS: Readonly<
  Partial<Record<ContainerFamily, Readonly<Record<string, readonly [variable: string, value: string]>>>>
> = {
  vllm: {
    enablePrefixCaching: ['SM_VLLM_NO_ENABLE_PREFIX_CACHING', 'true'],
    enableChunkedPrefill: ['SM_VLLM_NO_ENABLE_CHUNKED_PREFILL', 'true'],
  },
  sglang: {
    enablePrefixCaching: ['SM_SGLANG_DISABLE_RADIX_CACHE', 'true'],
    enableChunkedPrefill: ['SM_SGLANG_CHUNKED_PREFILL_SIZE', '-1'],
  },
};

/** Short names of dtypes, in the spelling that every server takes. */
const DTYPES: Readonly<Record<string, string>> = {
  half: 'float16',
  fp16: 'float16',
  bf16: 'bfloat16',
  float: 'float32',
  fp32: 'float32',
};

/** Families whose entry point reads `false`; the others drop the flag, which leaves the server's default. */
const READS_FALSE: ReadonlySet<ContainerFamily> = new Set(['lmi', 'lmi-trtllm', 'lmi-neuron']);

/**
 * The variables that make a container do what a spec says: its options, its model, then the spec's own `environment`,
 * which always wins. Nothing that the spec leaves out is set: the container keeps its own defaults.
 */
export function environmentOf({ spec, container }: ResolvedEndpoint): Readonly<Record<string, string>> {
  if (!container || container.family === 'custom') return { ...spec.environment };
  return {
    ...modelVariables(spec, container),
    ...optionVariablesFor(spec.options ?? {}, container),
    ...speculativeVariables(spec, container.family),
    ...quantizedOnLoading(spec, container.family),
    ...spec.environment,
  };
}

/** Does the platform put the model's files into `/opt/ml/model`? */
export function hasModelFiles(spec: EndpointSpec): boolean {
  const from = spec.endpoint?.modelData;
  if (from !== undefined) return from !== 'hub';
  const { id } = spec.model;
  return id !== undefined && (id.startsWith('s3://') || id.startsWith('/'));
}

function modelVariables(spec: EndpointSpec, container: ResolvedContainer): Record<string, string> {
  const { id } = spec.model;
  const variable = optionVariable(container.family, 'model');
  if (variable === undefined) return {};
  if (hasModelFiles(spec)) {
    // llama.cpp finds its file by itself; a folder is no model to it.
    const folder: Record<string, string> = container.family === 'llama-cpp' ? {} : { [variable]: '/opt/ml/model' };
    return spec.endpoint?.networkIsolation === true ? { ...folder, HF_HUB_OFFLINE: '1' } : folder;
  }
  if (id === undefined) return {};
  if (container.family !== 'llama-cpp') return { [variable]: id };
  const type = /^gguf:(.+)$/.exec(spec.quantization ?? '')?.[1];
  return { SM_LLAMA_CPP_HF_REPO: type === undefined ? id : `${id}:${type}` };
}

function optionVariablesFor(options: ServingOptions, container: ResolvedContainer): Record<string, string> {
  const variables: Record<string, string> = {};
  for (const [option, value] of Object.entries(options) as [string, unknown][]) {
    const entry = optionEntry(option, value, options, container);
    if (entry) variables[entry[0]] = entry[1];
  }
  return variables;
}

function optionEntry(
  option: string,
  value: unknown,
  options: ServingOptions,
  container: ResolvedContainer,
): readonly [string, string] | undefined {
  const { family } = container;
  const negation = NEGATIONS[family];
  if (value === false && negation && Object.hasOwn(negation, option)) return negation[option];
  if (option === 'expertParallel' && family === 'sglang')
    return value === true ? sglangExperts(options, container) : undefined;
  const variable = optionVariable(family, option);
  if (variable === undefined || value === undefined) return undefined;
  if (option === 'kvCacheDtype' && family === 'sglang') return [variable, value === 'fp8' ? 'fp8_e4m3' : String(value)];
  if (option === 'dtype' && typeof value === 'string') return [variable, lookup(DTYPES, value.toLowerCase()) ?? value];
  if (typeof value !== 'boolean') return [variable, String(value)];
  return value || READS_FALSE.has(family) ? [variable, String(value)] : undefined;
}

/** Up to 0.5.2 a switch spreads the experts, and their ranks alone do not. Source: sglang/srt/server_args.py of 0.5.2 and 0.5.3. */
function sglangExperts(
  { tensorParallelSize = 1 }: ServingOptions,
  { engineVersion }: ResolvedContainer,
): readonly [string, string] {
  return engineVersion !== undefined && sglangArgument('enable-ep-moe', engineVersion) !== undefined
    ? ['SM_SGLANG_ENABLE_EP_MOE', 'true']
    : ['SM_SGLANG_EP_SIZE', String(tensorParallelSize)];
}

/** What the image quantizes itself, from 16-bit weights, while it compiles them. Source: images/vllm-neuron/serve. */
const NEURON_TYPES: Readonly<Record<string, string>> = { 'neuron-int8': 'int8', 'neuron-fp8': 'f8e4m3' };

function quantizedOnLoading({ quantization }: EndpointSpec, family: ContainerFamily): Record<string, string> {
  const type = family === 'vllm-neuron' ? lookup(NEURON_TYPES, quantization ?? '') : undefined;
  return type === undefined ? {} : { SM_NEURON_QUANTIZATION: type };
}

/**
 * SGLang's names of the methods. Source: sglang docs, "Speculative decoding"; `STANDALONE` is a draft model of its own, and the
 * prediction layers that a model brings are an EAGLE head to it.
 */
const SGLANG_ALGORITHMS: Readonly<Record<string, string>> = {
  ngram: 'NGRAM',
  draft: 'STANDALONE',
  draft_model: 'STANDALONE',
  eagle: 'EAGLE',
  eagle3: 'EAGLE3',
  mtp: 'EAGLE',
};

/** One chain of guesses: as many steps as tokens, and one token more to be checked, the last that was sure. Source: the same. */
function sglangSpeculation({ method = 'draft', model, tokens }: SpeculativeSpec): Record<string, string> {
  const algorithm = lookup(SGLANG_ALGORITHMS, method.toLowerCase());
  if (algorithm === undefined) return {};
  const variables: Record<string, string> = { SM_SGLANG_SPECULATIVE_ALGORITHM: algorithm };
  if (model !== undefined) variables.SM_SGLANG_SPECULATIVE_DRAFT_MODEL_PATH = model;
  if (tokens === undefined) return variables;
  if (algorithm === 'NGRAM') return { ...variables, SM_SGLANG_SPECULATIVE_NUM_DRAFT_TOKENS: String(tokens) };
  return {
    ...variables,
    SM_SGLANG_SPECULATIVE_NUM_STEPS: String(tokens),
    SM_SGLANG_SPECULATIVE_EAGLE_TOPK: '1',
    SM_SGLANG_SPECULATIVE_NUM_DRAFT_TOKENS: String(tokens + 1),
  };
}

/** vLLM takes speculative decoding as one JSON object. Source: vllm/config `SpeculativeConfig`. */
function speculativeVariables(spec: EndpointSpec, family: ContainerFamily): Record<string, string> {
  if (family === 'sglang' && spec.speculative) return sglangSpeculation(spec.speculative);
  const variable = optionVariable(family, 'speculativeConfig');
  if (!spec.speculative || variable === undefined) return {};
  const { method, model, tokens } = spec.speculative;
  const config = {
    // `draft` is our word: vLLM calls a separate small model `draft_model`.
    ...(method === undefined ? {} : { method: method === 'draft' ? 'draft_model' : method }),
    ...(model === undefined ? {} : { model }),
    ...(tokens === undefined ? {} : { num_speculative_tokens: tokens }),
  };
  return { [variable]: JSON.stringify(config) };
}
