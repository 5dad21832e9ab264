import type { ResolvedContainer } from '../../container/types';
import { isVllm } from '../helpers/engine';
import { entryPointAge } from '../../container';
import { isFlagWord, shown } from '../helpers/environment';
import { settingVariables } from '../helpers/example';
import { found } from '../helpers/finding';
import { argumentsOf, type PassedOn } from '../helpers/passed-on';
import { LLAMA_8B } from '../helpers/samples';
import type { Rule, RuleFinding } from '../types';

const example = settingVariables(LLAMA_8B);

const FAMILIES = new Set(['vllm', 'sglang', 'llama-cpp', 'hf-vllm-neuron']);

export const flagBecomesPositional: Rule = {
  id: 'FLAG_BECOMES_POSITIONAL',
  severity: 'warning',
  summary: 'a flag without a value is given as true or false',
  explanation:
    'The entry points turn VARIABLE=true into a bare --flag. Any other word (1, yes, on) is passed as a value, which a flag does not take: the server takes it for a positional argument, and stops or serves a model of that name. The vLLM images before 0.17.1 and the SGLang images before 0.5.9 passed the word true itself on, and the Hugging Face Neuron image does so still: there a flag has an empty value.',
  source:
    'aws/deep-learning-containers#5757, scripts/docker/vllm/sagemaker_args.py; aws-samples/amazon-sagemaker-generativeai#111; huggingface/optimum-neuron docker/vllm/Dockerfile@213224e6, entrypoint.sh',
  examples: {
    passes: [
      example('vllm', { SM_VLLM_ASYNC_SCHEDULING: 'true', SM_VLLM_MAX_MODEL_LEN: '4096' }, '0.28.0'),
      example('llama-cpp', { SM_LLAMA_CPP_NO_WARMUP: 'true' }, '1.0.1'),
      example('sglang', { SM_SGLANG_TRUST_REMOTE_CODE: 'true' }, '0.5.9'),
      example('vllm', { SM_VLLM_ENFORCE_EAGER: 'true' }, '0.8.5'),
      example('vllm', { SM_VLLM_ENFORCE_EAGER: 'true' }, '0.19.0-gpu-py312-cu129-ubuntu22.04-sagemaker-v1.3'),
      example('hf-vllm-neuron', { SM_ON_ALLOW_NON_CACHED_MODEL: '', SM_ON_BATCH_SIZE: '1' }),
    ],
    fails: [
      example('vllm', { SM_VLLM_ENFORCE_EAGER: '1' }, '0.28.0'),
      example('vllm', { SM_VLLM_ENFORCE_EAGER: 'true' }, '0.16.0'),
      example('vllm', { SM_VLLM_ASYNC_SCHEDULING: 'true' }, '0.10.1'),
      example('sglang', { SM_SGLANG_TRUST_REMOTE_CODE: 'true' }, '0.5.8'),
      example('llama-cpp', { SM_LLAMA_CPP_METRICS: 'yes' }, '1.0.1'),
      example('hf-vllm-neuron', { SM_ON_ALLOW_NON_CACHED_MODEL: 'true' }),
    ],
  },
  evaluate(context) {
    const { container } = context;
    if (container === undefined || !FAMILIES.has(container.family)) return [];
    return argumentsOf(context).flatMap((set) => judge(container, set) ?? []);
  },
};

/** vLLM's own entry point for SageMaker, which custom images take. Source: vLLM, examples/online_serving/sagemaker-entrypoint.sh. */
const OWN_ENTRY_POINT = { since: '0.10.1' };

/** Tags of AWS's own images, in the data or not: `0.19.0-gpu-py312-cu129-ubuntu22.04-sagemaker-v1.3`. */
const AWS_TAG = /-gpu-py3\d+-cu\d+-/;

/** Does the entry point pass the word true itself on? Older releases without an image have none that could. */
function passesOn(container: ResolvedContainer): boolean {
  if (container.family === 'hf-vllm-neuron') return true;
  const isImage = container.tag !== undefined || AWS_TAG.test(container.version ?? '');
  if (!isImage) return container.family === 'vllm' && isVllm({ container }, OWN_ENTRY_POINT);
  return container.family !== 'llama-cpp' && entryPointAge(container) === 'verbatim';
}

function judge(container: ResolvedContainer, { variable, value, argument, kind }: PassedOn): RuleFinding | undefined {
  if (kind !== 'switch' && kind !== 'boolean') return undefined;
  const isVerbatim = passesOn(container);
  if (value === '' || (isFlagWord(value) && !isVerbatim)) return undefined;
  return found({
    what: `--${argument} takes no value, and ${isVerbatim ? 'the entry point of this image passes every value on' : 'only true and false are taken for a flag'}: the word becomes a positional argument`,
    got: shown(variable, value),
    allowed: isVerbatim ? `${variable} with an empty value` : 'true or false',
    fix: isVerbatim
      ? `set ${variable} to an empty value${container.family === 'hf-vllm-neuron' ? '' : ', or use a newer image'}`
      : `set ${variable}=true, or leave it out`,
    path: `/environment/${variable}`,
  });
}
