import { lookup } from '../text/lookup';
import { isAtLeast } from '../text/version';
import { isOldTensorRt, knownVariables } from './variables';
import { vllmArgument } from './arguments';
import type { ResolvedContainer } from './types';

/** What beside the environment decides the command. */
export interface EntryPointContext {
  /** Does the platform put model files into `/opt/ml/model`? */
  readonly hasModelFiles: boolean;
  /** Tensor parallelism that a container chooses by itself. */
  readonly tensorParallelSize: number;
}

type Environment = Readonly<Record<string, string>>;

const MODEL_DIR = '/opt/ml/model';

/**
 * The server's argument vector as the container's entry point makes it from the environment. Order within a namespace
 * is alphabetical where the script takes that of `env`, which no one promises.
 */
export function entryPointCommand(
  container: ResolvedContainer,
  environment: Environment,
  context: EntryPointContext,
): readonly string[] {
  switch (container.family) {
    case 'vllm':
      return vllmCommand(container, environment, context);
    case 'sglang':
      return sglangCommand(container, environment);
    case 'llama-cpp':
      return llamaCppCommand(environment, context);
    case 'lmi':
      return lmiCommand(container, environment, context);
    case 'lmi-trtllm':
    case 'lmi-neuron':
      return djlCommand(container, environment, context);
    case 'hf-vllm-neuron':
      return optimumNeuronCommand(environment);
    case 'vllm-neuron':
      return vllmNeuronCommand(environment, context);
    default:
      return [];
  }
}

/**
 * How the entry point of the AWS vLLM and SGLang images treats a value, by age. `verbatim`: `true` becomes a value of
 * its own, which the server takes for a positional argument. `booleans`: `true` is a bare flag, `false` drops it.
 * `lists`: as well, a JSON array becomes one token an element.
 * Source: aws/deep-learning-containers pull requests 5757 (2026-03-17) and 6564 (2026-08-19); its auto-release-sglang-sagemaker.yml, and
 * aws-samples/sagemaker-genai-hosting-examples 01-models/Qwen/Qwen3.6, which gives `true` to flags of the image of SGLang 0.5.9.
 */
export type EntryPointAge = 'verbatim' | 'booleans' | 'lists';

export function entryPointAge(container: ResolvedContainer): EntryPointAge {
  const version = container.engineVersion;
  // The tag of 0.5.9 was built anew twice a week until April 2026, and so holds the script of March.
  if (container.family === 'sglang') return version && !isAtLeast(version, '0.5.9') ? 'verbatim' : 'booleans';
  if (isOfHuggingFace(container)) return 'booleans';
  const isServerTag = container.tag?.startsWith('server-sagemaker-cuda-v2.4') ?? false;
  if (!version || isServerTag || isAtLeast(version, '0.28.0')) return 'lists';
  return isAtLeast(version, '0.17.1') ? 'booleans' : 'verbatim';
}

/** An image that Hugging Face builds, with an entry point of its own. */
export function isOfHuggingFace({ repository }: Pick<ResolvedContainer, 'repository'>): boolean {
  return repository?.startsWith('huggingface') === true;
}

/** Source: aws/deep-learning-containers#6044 (2026-05-07), first in the image of vLLM 0.20.2. */
function isSupervised({ engineVersion, repository }: ResolvedContainer): boolean {
  return repository !== 'vllm' || engineVersion === undefined || isAtLeast(engineVersion, '0.20.2');
}

function vllmCommand(
  container: ResolvedContainer,
  environment: Environment,
  context: EntryPointContext,
): readonly string[] {
  const age = entryPointAge(container);
  const command = ['python3', '-m', 'vllm.entrypoints.openai.api_server', '--port', '8080'];
  if (isSupervised(container)) command.unshift('standard-supervisor');
  // The first images knew `SM_VLLM_MODEL` alone.
  if (age !== 'verbatim' && !environment.SM_VLLM_MODEL) {
    if (context.hasModelFiles) command.push('--model', MODEL_DIR);
    else if (environment.HF_MODEL_ID) command.push('--model', environment.HF_MODEL_ID);
  }
  command.push(...flags('SM_VLLM_', environment, age));
  if (container.tag?.startsWith('server-')) command.push('--middleware', 'sagemaker_serve.SageMakerRouteMiddleware');
  return command;
}

function sglangCommand(container: ResolvedContainer, environment: Environment): readonly string[] {
  const command = [
    'python3',
    '-m',
    'sglang.launch_server',
    ...flags('SM_SGLANG_', environment, entryPointAge(container)),
  ];
  if (!command.includes('--port')) command.push('--port', '8080');
  if (!command.includes('--host')) command.push('--host', '0.0.0.0');
  if (!command.includes('--model-path')) command.push('--model-path', MODEL_DIR);
  return command;
}

/** nginx listens on 8080; the server itself is behind it. The model is the first `*.gguf` where none is named. */
function llamaCppCommand(environment: Environment, context: EntryPointContext): readonly string[] {
  const prefix = 'SM_LLAMA_CPP_';
  const port = environment.LLAMA_CPP_UPSTREAM_PORT || '8081';
  const command = ['llama-server', '--host', '127.0.0.1', '--port', port];
  const folder = environment.SM_LLAMA_CPP_MODEL_DIR || MODEL_DIR;
  if (environment.SM_LLAMA_CPP_MODEL) command.push('--model', environment.SM_LLAMA_CPP_MODEL);
  else if (context.hasModelFiles) command.push('--model', `${folder}/*.gguf`);
  const own = new Set(['MODEL', 'MODEL_DIR', 'PORT'].map((name) => prefix + name));
  const rest = Object.fromEntries(Object.entries(environment).filter(([name]) => !own.has(name)));
  return [...command, ...flags(prefix, rest, 'booleans')];
}

/** `PREFIX_FOO_BAR=value` → `--foo-bar value`, each value as the entry point of that age treats it. */
function flags(prefix: string, environment: Environment, age: EntryPointAge): readonly string[] {
  const tokens: string[] = [];
  for (const name of Object.keys(environment).sort()) {
    if (!name.startsWith(prefix)) continue;
    const flag = `--${name.slice(prefix.length).toLowerCase().replaceAll('_', '-')}`;
    const value = environment[name];
    const word = (age === 'lists' ? value.trim() : value).toLowerCase();
    if (age !== 'verbatim' && word === 'true') tokens.push(flag);
    else if (age !== 'verbatim' && word === 'false') continue;
    else {
      const values = age === 'lists' ? listTokens(flag, value) : value === '' ? [] : [value];
      if (values) tokens.push(flag, ...values);
    }
  }
  return tokens;
}

/** Flags whose JSON array is one value; source: sagemaker_args.py, `SINGLE_TOKEN_FLAGS`. */
const SINGLE_TOKEN_FLAGS = new Set(['--allowed-origins', '--allowed-methods', '--allowed-headers', '--middleware']);

/** Tokens after a flag; `undefined` drops the flag (an empty array). Source: sagemaker_args.py, `tokens_for`. */
function listTokens(flag: string, value: string): readonly string[] | undefined {
  if (value === '') return [];
  const stripped = value.trim();
  if (SINGLE_TOKEN_FLAGS.has(flag)) return [value];
  if (stripped.startsWith('{') && stripped.endsWith('}')) return objectTokens(stripped) ?? [value];
  if (!stripped.startsWith('[') || !stripped.endsWith(']')) return [value];
  try {
    const parsed: unknown = JSON.parse(stripped);
    if (!Array.isArray(parsed)) return [value];
    return parsed.length === 0 ? undefined : parsed.map(elementToken);
  } catch {
    return [value];
  }
}

/** `{...} {...}` becomes one token an object; a single object stays as it was written. */
function objectTokens(text: string): readonly string[] | undefined {
  const objects: string[] = [];
  let depth = 0;
  let start = 0;
  let isText = false;
  for (let i = 0; i < text.length; i++) {
    const letter = text[i];
    if (isText) {
      if (letter === '\\') i++;
      else if (letter === '"') isText = false;
    } else if (letter === '"') isText = true;
    else if (letter === '{' && depth++ === 0) start = i;
    else if (letter === '}' && --depth === 0) objects.push(text.slice(start, i + 1));
    else if (depth === 0 && !/\s/.test(letter)) return undefined;
  }
  if (objects.length < 2) return undefined;
  try {
    return objects.map((object) => JSON.stringify(JSON.parse(object)));
  } catch {
    return undefined;
  }
}

function elementToken(element: unknown): string {
  if (element === null) return '';
  return typeof element === 'string' ? element : JSON.stringify(element);
}

const LMI_DTYPES: Readonly<Record<string, string>> = { fp32: 'float32', fp16: 'float16', bf16: 'bfloat16' };

/** Tasks of LMI in vLLM's words (LMI 25 and later). Source: vllm_rb_properties.py, `_map_task_to_runner_convert`. */
const LMI_TASKS: Readonly<Record<string, readonly [runner: string, convert: string]>> = {
  generate: ['generate', 'auto'],
  'text-generation': ['generate', 'auto'],
  'text-embedding': ['auto', 'embed'],
  classify: ['auto', 'classify'],
  'feature-extraction': ['pooling', 'embed'],
};

/**
 * LMI's handler makes an argument list for vLLM's own parser, from its properties and every `OPTION_` that is a field of
 * `EngineArgs`; the rest is dropped. Source: djl-serving vllm_rb_properties.py of 0.33.0-dlc to 0.36.0-lmi27-dlc.
 */
function lmiCommand(
  container: ResolvedContainer,
  environment: Environment,
  context: EntryPointContext,
): readonly string[] {
  const env = withTgiNames(environment);
  const option = (name: string) => env[`OPTION_${name.toUpperCase()}`];
  const properties = new Map<string, string>([
    ['model', lmiModel(env, context)],
    ['tensor_parallel_size', lmiTensorParallel(env, context)],
    ['pipeline_parallel_size', option('pipeline_parallel_degree') ?? env.PIPELINE_PARALLEL_DEGREE ?? '1'],
    ['max_num_seqs', option('max_rolling_batch_size') ?? lmiBatchSize(container, option('rolling_batch'))],
    ['dtype', lookup(LMI_DTYPES, option('dtype') ?? '') ?? option('dtype') ?? 'auto'],
    ['revision', option('revision') ?? env.HF_REVISION ?? 'None'],
    ['max_loras', option('max_loras') ?? '4'],
    ['enable_lora', option('enable_lora') ?? 'False'],
    ['trust_remote_code', option('trust_remote_code') ?? 'False'],
    ['cpu_offload_gb', option('cpu_offload_gb_per_gpu') ?? option('cpu_offload_gb') ?? '0'],
    ...((container.lmi ?? Infinity) > 15 ? [] : [['use_v2_block_manager', 'True'] as const]),
    ['quantization', option('quantize') ?? option('quantization') ?? 'None'],
    ...((container.lmi ?? Infinity) > 15 ? [] : [['device', option('device') ?? 'auto'] as const]),
  ]);
  const prefill = option('max_rolling_batch_prefill_tokens') ?? option('max_num_batched_tokens');
  if (prefill !== undefined) properties.set('max_num_batched_tokens', prefill);
  if ((container.lmi ?? 0) >= 25) {
    const [runner, convert] = lookup(LMI_TASKS, option('task') ?? '') ?? ['auto', 'auto'];
    properties.set('runner', runner).set('convert', convert);
  }
  for (const [name, value] of passedThrough(container, env)) properties.set(name, value);
  return ['djl_python.lmi_vllm.vllm_async_service', ...lmiTokens(container, properties)];
}

/** Names of LMI's own properties: pydantic takes them, so that they are not passed on under their own name. */
const LMI_PROPERTIES = new Set(
  (
    'tensor_parallel_degree pipeline_parallel_degree quantize quantization max_rolling_batch_prefill_tokens max_num_batched_tokens ' +
    'cpu_offload_gb_per_gpu cpu_offload_gb dtype max_loras task long_lora_scaling_factors enable_auto_tool_choice tool_call_parser ' +
    'reasoning_parser device normalize chat_template chat_template_content_format rolling_batch trust_remote_code ' +
    'max_rolling_batch_size revision enable_lora model_dir'
  ).split(' '),
);

function passedThrough(container: ResolvedContainer, environment: Environment): readonly (readonly [string, string])[] {
  return Object.keys(environment)
    .filter((name) => name.startsWith('OPTION_'))
    .sort()
    .map((name) => [name.slice(7).toLowerCase(), environment[name]] as const)
    .filter(
      ([name]) =>
        !LMI_PROPERTIES.has(name) &&
        vllmArgument(name.replaceAll('_', '-'), container.engineVersion)?.isEngine === true,
    );
}

/** vLLM's own action for a boolean that must be given a word; source: vllm/engine/arg_utils.py up to 0.8. */
const STORE_BOOLEAN = new Set(['enable_chunked_prefill', 'multi_step_stream_outputs']);

/** Four spellings over the years; source: `construct_vllm_args_list` of each branch. */
function lmiTokens(container: ResolvedContainer, properties: ReadonlyMap<string, string>): readonly string[] {
  const lmi = container.lmi ?? Infinity;
  const tokens: string[] = [];
  for (const [name, value] of properties) {
    const word = value.toLowerCase();
    if ((word === 'true' || word === 'false') && !(lmi <= 16 && STORE_BOOLEAN.has(name))) {
      if (word === 'true') tokens.push(`--${name}`);
      else if (lmi >= 26) tokens.push(`--no-${name}`);
    } else if (lmi <= 16) tokens.push(`--${name}=${value}`);
    else tokens.push(`--${name}`, value);
  }
  return tokens;
}

/** Names of the TGI image that LMI's start script translates where its own is unset. Source: dockerd-entrypoint-with-cuda-compat.sh. */
function withTgiNames(environment: Environment): Environment {
  const translated: Record<string, string> = { ...environment };
  const fill = (from: string, to: string) => {
    if (environment[from] && !translated[to]) translated[to] = environment[from];
  };
  fill('HF_MODEL_QUANTIZE', 'OPTION_QUANTIZE');
  fill('HF_MODEL_TRUST_REMOTE_CODE', 'OPTION_TRUST_REMOTE_CODE');
  fill('SM_NUM_GPUS', 'TENSOR_PARALLEL_DEGREE');
  fill('MAX_BATCH_PREFILL_TOKENS', 'OPTION_MAX_ROLLING_BATCH_PREFILL_TOKENS');
  fill('MAX_BATCH_SIZE', 'OPTION_MAX_ROLLING_BATCH_SIZE');
  fill('CUDA_MEMORY_FRACTION', 'OPTION_GPU_MEMORY_UTILIZATION');
  if (environment.ENABLE_CUDA_GRAPHS && !environment.OPTION_ENFORCE_EAGER)
    translated.OPTION_ENFORCE_EAGER = environment.ENABLE_CUDA_GRAPHS === 'true' ? 'false' : 'true';
  return translated;
}

function lmiModel(environment: Environment, context: EntryPointContext): string {
  const named = environment.OPTION_MODEL_ID ?? environment.HF_MODEL_ID;
  return named && !named.startsWith('s3://') ? named : context.hasModelFiles || named ? MODEL_DIR : 'None';
}

function lmiTensorParallel(environment: Environment, context: EntryPointContext): string {
  const named = environment.OPTION_TENSOR_PARALLEL_DEGREE ?? environment.TENSOR_PARALLEL_DEGREE;
  return named === undefined || named === 'max' ? String(context.tensorParallelSize) : named;
}

/** 32 sequences unless a rolling batch is asked for; source: LmiConfigRecommender.java, `setRollingBatchSize`. */
function lmiBatchSize(container: ResolvedContainer, rollingBatch: string | undefined): string {
  const isRolling = rollingBatch === 'vllm' || rollingBatch === 'lmi-dist';
  const wasRollingByDefault = (container.lmi ?? Infinity) < 17 && rollingBatch !== 'disable';
  return isRolling || wasRollingByDefault ? '256' : '32';
}

/** TensorRT-LLM and transformers-neuronx in LMI: each property that the handler reads, as the partition script passes it on. */
function djlCommand(
  container: ResolvedContainer,
  environment: Environment,
  context: EntryPointContext,
): readonly string[] {
  const env = withTgiNames(environment);
  const variables = knownVariables(container);
  const tokens: string[] = ['--model_id', lmiModel(env, context)];
  tokens.push('--tensor_parallel_degree', lmiTensorParallel(env, context));
  const written = new Set(['model_id', 'tensor_parallel_degree']);
  for (const name of Object.keys(env).sort()) {
    const option = name.startsWith('OPTION_') ? name.slice(7).toLowerCase() : '';
    if (option === '' || written.has(option) || !isPassedOn(container, option)) continue;
    if (variables.find(name)) tokens.push(`--${option}`, env[name]);
  }
  return [djlProgram(container, env), ...tokens];
}

/** The code of 0.33 never reads `quantize`, though the guide still shows it: `quant_algo` took its place. */
function isPassedOn(container: ResolvedContainer, option: string): boolean {
  return !(option === 'quantize' && container.family === 'lmi-trtllm' && !isOldTensorRt(container));
}

function djlProgram(container: ResolvedContainer, environment: Environment): string {
  if (container.family === 'lmi-neuron') return 'djl_python.transformers_neuronx';
  if (isOldTensorRt(container)) return 'tensorrt_llm_toolkit.create_model_repo';
  return environment.OPTION_BACKEND === 'pytorch'
    ? 'djl_python.lmi_trtllm.trtllm_async_service'
    : 'trt_llm_partition.py';
}

/** `SM_ON_BATCH_SIZE=4` → `--batch_size 4`; an empty value is a bare flag. Source: optimum-neuron docs, "vLLM plugin". */
function optimumNeuronCommand(environment: Environment): readonly string[] {
  const command = ['optimum-cli', 'neuron', 'serve'];
  for (const name of Object.keys(environment).sort()) {
    if (!name.startsWith('SM_ON_')) continue;
    command.push(`--${name.slice(6).toLowerCase()}`, ...(environment[name] === '' ? [] : [environment[name]]));
  }
  return command;
}

/** Flags that the program sets itself. Source: images/vllm-neuron/serve. */
const VLLM_NEURON_OWN: ReadonlySet<string> = new Set(['host', 'port', 'model', 'additional-config', 'quantization']);

/** What the `serve` of our own image makes of the variables. Source: images/vllm-neuron/serve. */
function vllmNeuronCommand(environment: Environment, context: EntryPointContext): readonly string[] {
  const flagsByName = new Map<string, string | undefined>();
  for (const [name, value] of Object.entries(environment)) {
    const flag = name.startsWith('SM_VLLM_') ? name.slice(8).toLowerCase().replaceAll('_', '-') : '';
    const word = value.toLowerCase();
    if (flag === '' || VLLM_NEURON_OWN.has(flag) || word === 'false') continue;
    flagsByName.set(flag, word === 'true' || word === '' ? undefined : value);
  }
  if (!flagsByName.has('enable-prefix-caching')) {
    if (!flagsByName.has('no-enable-prefix-caching')) flagsByName.set('no-enable-prefix-caching', undefined);
    const sequences = flagsByName.get('max-num-seqs');
    if (!flagsByName.has('num-gpu-blocks-override') && sequences !== undefined)
      flagsByName.set('num-gpu-blocks-override', sequences);
  }
  const named = environment.SM_VLLM_MODEL ?? environment.HF_MODEL_ID;
  const model = named ?? (context.hasModelFiles ? MODEL_DIR : '');
  const command = ['vllm', 'serve', model, '--host', '0.0.0.0', '--port', '8080'];
  for (const flag of [...flagsByName.keys()].sort()) {
    const value = flagsByName.get(flag);
    command.push(`--${flag}`, ...(value === undefined ? [] : [value]));
  }
  const config = neuronConfig(environment);
  if (Object.keys(config).length > 0)
    command.push('--additional-config', JSON.stringify({ override_neuron_config: config }));
  return command;
}

/** Overrides of NxD Inference's `NeuronConfig`, in order of their names. */
function neuronConfig(environment: Environment): Readonly<Record<string, unknown>> {
  const config: Record<string, unknown> = { ...parsedObject(environment.SM_NEURON_CONFIG) };
  const quantization = environment.SM_NEURON_QUANTIZATION;
  if (quantization !== undefined) {
    const excluded = (environment.SM_NEURON_EXCLUDE ?? '').split(',').map((part) => part.trim());
    const kept = excluded.filter((part) => part !== '');
    Object.assign(config, {
      quantized: true,
      quantization_dtype: quantization,
      quantization_type: 'per_channel_symmetric',
      quantized_checkpoints_path: '/tmp/neuron/quantized',
      ...(kept.length === 0 ? {} : { modules_to_not_convert: kept }),
    });
  }
  return Object.fromEntries(Object.entries(config).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** What is no JSON object the program refuses when it starts. */
function parsedObject(text: string | undefined): object {
  try {
    const value: unknown = JSON.parse(text ?? '{}');
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};
  } catch {
    return {};
  }
}
