import type { ResolvedContainer } from '../../container/types';
import type { ContainerFamily } from '../../spec/types';
import { serverName } from '../helpers/engine';
import { variablesOf } from '../helpers/environment';
import { settingVariables } from '../helpers/example';
import { found } from '../helpers/finding';
import { LLAMA_8B } from '../helpers/samples';
import type { Rule, RuleContext, RuleFinding } from '../types';

const example = settingVariables(LLAMA_8B);

/** Namespaces of every container of ours: a variable of another one's does nothing here. */
const NAMESPACES: readonly (readonly [prefix: string, owner: string])[] = [
  ['OPTION_', 'LMI'],
  ['SERVING_', 'LMI'],
  ['SM_VLLM_', 'the AWS vLLM image'],
  ['SM_SGLANG_', 'the AWS SGLang image'],
  ['SM_LLAMA_CPP_', 'the AWS llama.cpp image'],
  ['SM_ON_', 'the Hugging Face Neuron image'],
];

export const variableNotRead: Rule = {
  id: 'VARIABLE_NOT_READ',
  severity: 'warning',
  summary: 'the container reads every variable that is set for it',
  explanation:
    'LMI drops an OPTION_ that is neither a property of its own nor a field of vLLM\'s engine arguments, without a word: the endpoint runs with the default. The vLLM, SGLang and llama.cpp images turn every variable of their namespace into an argument, and a server that does not know it stops with "unrecognized arguments"; so does the Hugging Face Neuron image, which hands on to vLLM what it does not know itself since optimum-neuron 0.4.2. A name without the container\'s prefix (MAX_LENGTH, TENSOR_PARALLEL_SIZE) is not looked at at all.',
  source:
    'djl-serving vllm_rb_properties.py; aws/deep-learning-containers sagemaker_args.py; arguments from the wheels and sources of each server; deepjavalibrary/djl#3545, deepjavalibrary/djl-serving#2648; huggingface/optimum-neuron optimum/commands/neuron/serve.py',
  holdsFor: 'each version has its own arguments',
  examples: {
    passes: [
      example('lmi', { OPTION_MAX_MODEL_LEN: '4096', SERVING_JOB_QUEUE_SIZE: '100', HF_HOME: '/tmp' }),
      example('vllm', { SM_VLLM_NO_ENABLE_PREFIX_CACHING: 'true', NCCL_DEBUG: 'INFO', MY_OWN_SETTING: '1' }),
      example('vllm', { SM_VLLM_SWAP_SPACE: '4' }, '0.8.5'),
      example('vllm', { SM_NUM_GPUS: '1', SM_VLLM_TENSOR_PARALLEL_SIZE: '1' }),
      example('hf-vllm-neuron', { SM_ON_ENABLE_AUTO_TOOL_CHOICE: '', SM_ON_TOOL_CALL_PARSER: 'granite' }),
      example('lmi', { OPTION_ANYTHING: '1' }, '0.26.0-deepspeed0.12.6-cu121'),
      example('sglang', { SM_SGLANG_TP: '1' }),
      example('sglang', { SM_SGLANG_CUDA_GRAPH_MAX_BS: '32' }, '0.5.10'),
      example('sglang', { SM_SGLANG_ENABLE_EP_MOE: 'true' }, '0.5.2'),
    ],
    fails: [
      example('lmi', { OPTION_ROLLING_BACK: 'vllm' }),
      example('lmi', { MAX_LENGTH: '15360', MAX_ROLLING_BATCH_SIZE: '32' }, '0.28.0-lmi10.0.0-cu124'),
      example('lmi', { OPTION_SPECULATIVE_DRAFT_MODEL: 'org/small' }),
      example('vllm', { SM_VLLM_SWAP_SPACE: '4' }, '0.28.0'),
      example('vllm', { OPTION_MAX_MODEL_LEN: '4096' }),
      example('vllm', { SM_NUM_GPUS: '4', HF_API_TOKEN: '${token}' }),
      example('vllm', { SM_NUM_GPUS: '4', SM_VLLM_TENSOR_PARALLEL_SIZE: '1' }),
      example('hf-vllm-neuron', { SM_ON_TOOL_CALL_PARSER: 'granite' }, '0.4.1'),
      example('sglang', { HF_MODEL_ID: 'org/model' }),
      example('lmi', { OPTION_QUANTIZATION: 'bitsandbytes' }, '0.31.0-lmi13'),
      example('sglang', { SM_SGLANG_GPU_MEMORY_UTILIZATION: '0.9' }),
      example('sglang', { SM_SGLANG_MOE_RUNNER_BACKEND: 'triton' }, '0.4.9'),
      example('sglang', { SM_SGLANG_ENABLE_EP_MOE: 'true' }, '0.5.3'),
    ],
  },
  evaluate(context) {
    const { container, spec } = context;
    if (container === undefined || container.family === 'custom' || spec.environment === undefined) return [];
    return Object.keys(spec.environment).flatMap((name) => judge(context, container, name) ?? []);
  },
};

function judge(context: RuleContext, container: ResolvedContainer, name: string): RuleFinding | undefined {
  const { family } = container;
  const variables = variablesOf(container);
  const foreign = NAMESPACES.find(([prefix]) => name.startsWith(prefix));
  const isOwn = variables.prefixes.some((prefix) => name.startsWith(prefix));
  if (foreign !== undefined && !isOwn)
    return notRead(name, `it belongs to ${foreign[1]}`, family, variables.nearest(strip(name, foreign[0])));
  if (variables.find(name) !== undefined) return undefined;
  const nearest = variables.nearest(name);
  // Outside of every namespace only a name that is plainly meant for the server is worth a word, unless the name it reads says the same.
  if (!isOwn)
    return nearest === undefined || saysTheSame(context, name, nearest)
      ? undefined
      : notRead(name, undefined, family, nearest);
  // Nothing is known of what a version that was not read has for arguments, beyond misspellings.
  if ((container.assumedVersion !== undefined || !variables.isExact) && nearest === undefined) return undefined;
  return notRead(name, versionsText(context, container, name), family, nearest);
}

/** Is the variable that the container does read set to what this one was to say? Then nothing is lost. */
function saysTheSame({ spec }: RuleContext, name: string, nearest: string): boolean {
  const { environment = {} } = spec;
  return Object.hasOwn(environment, nearest) && environment[nearest] === environment[name];
}

function strip(name: string, prefix: string): string {
  return name.slice(prefix.length);
}

/** ` since 0.18.0`: where another version of the server reads it. */
function versionsText(context: RuleContext, container: ResolvedContainer, name: string): string {
  const other = variablesOf(container).otherVersions(name);
  if (other === undefined) return `${serverName(context)} has no such argument`;
  const engine = container.engine === 'sglang' ? 'SGLang' : 'vLLM';
  if (other.until === undefined) return `${engine} has it since ${other.since}, and this is ${serverName(context)}`;
  return `${engine} had it up to ${other.until}, and this is ${serverName(context)}`;
}

function notRead(
  name: string,
  reason: string | undefined,
  family: ContainerFamily,
  nearest: string | undefined,
): RuleFinding {
  const outcome =
    family.startsWith('lmi') || reason === undefined || reason.startsWith('it belongs')
      ? 'has no effect'
      : `stops the server (${family === 'llama-cpp' ? '"invalid argument"' : '"unrecognized arguments"'})`;
  return found({
    what: `the ${family} container does not read this variable${reason === undefined ? '' : ` (${reason})`}, which then ${outcome}`,
    got: name.slice(0, 80),
    allowed: nearest,
    fix: nearest === undefined ? 'remove it' : `use ${nearest}`,
    path: `/environment/${name}`,
  });
}
