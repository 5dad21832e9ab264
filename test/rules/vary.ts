/** Neighbours of a spec: one thing taken away, or changed to what lies next to it. */

type Json = Record<string, unknown>;

/** Steps of vLLM at which something began or ended, oldest first. */
const VERSIONS =
  '0.2.4 0.3.0 0.4.1 0.4.3 0.5.3 0.5.5 0.6.0 0.6.3 0.6.6 0.7.3 0.8.3 0.8.5 0.9.2 0.10.2 0.11.0 0.11.2 0.14.1 0.17.1 0.21.0 0.23.0 0.24.0 0.29.0 0.31.0'.split(
    ' ',
  );
const FAMILIES = [
  'vllm',
  'sglang',
  'lmi',
  'lmi-trtllm',
  'vllm-neuron',
  'llama-cpp',
  'hf-vllm-neuron',
  'lmi-neuron',
  'custom',
];
const INSTANCES = [
  'g4dn.xlarge',
  'p3.2xlarge',
  'g5.xlarge',
  'g5.12xlarge',
  'g6.xlarge',
  'g6e.xlarge',
  'p4d.24xlarge',
  'p5.48xlarge',
  'p6-b200.48xlarge',
  'inf2.xlarge',
  'trn1.32xlarge',
  'trn2.48xlarge',
  'c7i.xlarge',
  'c7g.xlarge',
].map((type) => `ml.${type}`);
const SCHEMES = [
  'none',
  'awq',
  'gptq',
  'fp8',
  'int8-w8a8',
  'bitsandbytes-nf4',
  'mxfp4',
  'nvfp4',
  'gguf:Q4_K_M',
  'neuron-int8',
];
const REGIONS = ['us-east-1', 'eu-west-3', 'cn-north-1', 'af-south-1', 'us-gov-west-1'];
const ARCHITECTURES = ['LlamaForCausalLM', 'MixtralForCausalLM', 'Gemma2ForCausalLM', 'BertModel'];

/** Values that stand beside one: for a key of known words the others, else what a slip of the hand makes of it. */
function beside(key: string, value: unknown): readonly unknown[] {
  if (typeof value === 'boolean') return [!value];
  if (typeof value === 'number')
    return [...new Set([value + 1, value - 1, value * 2, Math.floor(value / 2), 0])].filter((other) => other !== value);
  if (typeof value !== 'string') return [];
  if (key === 'family') return FAMILIES;
  if (key === 'version') return VERSIONS;
  if (key === 'instanceType') return INSTANCES;
  if (key === 'quantization') return SCHEMES;
  if (key === 'region') return REGIONS;
  if (/^-?\d+$/.test(value))
    return [Number(value) + 1, Number(value) - 1, 0].map(String).concat(`${value}x`, `x${value}`);
  return [`x${value}`, `${value}x`, value.toUpperCase()];
}

/** What may come in where it is not given. */
const ADDED: readonly (readonly [string, string, unknown])[] = [
  ['container', 'version', '0.8.5'],
  ['options', 'tensorParallelSize', 3],
  ['options', 'tensorParallelSize', 8],
  ['options', 'pipelineParallelSize', 2],
  ['options', 'maxModelLen', 1024],
  ['options', 'dtype', 'float16'],
  ['options', 'dtype', 'bfloat16'],
  ['options', 'kvCacheDtype', 'fp8'],
  ['options', 'enableLora', true],
  ['options', 'enforceEager', true],
  ['options', 'trustRemoteCode', true],
  ['options', 'expertParallel', true],
  ['endpoint', 'inferenceComponents', true],
  ['endpoint', 'asyncInference', true],
  ['endpoint', 'inferenceAmiVersion', 'al2023-ami-sagemaker-inference-gpu-4-1'],
  ['workload', 'concurrency', 64],
];

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A copy in which the value at the path is another; undefined takes it away. */
function put(spec: Json, path: readonly string[], value: unknown): Json {
  const [key, ...rest] = path;
  const copy = { ...spec };
  if (rest.length > 0) copy[key] = put(isObject(spec[key]) ? spec[key] : {}, rest, value);
  else if (value === undefined) delete copy[key];
  else copy[key] = value;
  return copy;
}

export interface Neighbour {
  /** `options.maxModelLen`, or `+ options.dtype` for what was not given. */
  readonly at: string;
  /** What stands there now, `-` for nothing. */
  readonly value: string;
  readonly spec: Json;
}

export function* neighbours(spec: Json, path: readonly string[] = []): Generator<Neighbour> {
  const here = path.reduce<unknown>((value, key) => (value as Json)[key], spec) as Json;
  for (const [key, value] of Object.entries(here)) {
    const own = [...path, key];
    const at = own.join('.');
    const others = [
      undefined,
      ...beside(key, value),
      ...(key === 'architectures' ? ARCHITECTURES.map((name) => [name]) : []),
    ];
    for (const other of others)
      yield { at, value: other === undefined ? '-' : String(other), spec: put(spec, own, other) };
    if (isObject(value)) yield* neighbours(spec, own);
  }
  if (path.length > 0) return;
  for (const [part, key, value] of ADDED)
    if (!isObject(spec[part]) || !(key in spec[part]))
      yield { at: `+ ${part}.${key}`, value: String(value), spec: put(spec, [part, key], value) };
}
