import { AWQ_PARTS, startPeak } from '../../plan';
import { instanceText } from '../helpers/accelerator';
import { serverName } from '../helpers/engine';
import { count, found, gib } from '../helpers/finding';
import { AWQ, LLAMA2_7B, MISTRAL_7B, MIXTRAL, quantized } from '../helpers/samples';
import type { Rule } from '../types';

const example = (config: object, instanceType: string, options: object, version = '0.2.7') => ({
  model: { config: quantized({ ...config, torch_dtype: 'float16' }, AWQ) },
  container: { family: 'vllm', version },
  instanceType,
  options: { dtype: 'float16', ...options },
});

/** The fewest tokens that V0 takes for a step where nothing else is set. */
const FEWEST_TOKENS = 2048;

/** What is counted is not all, and the memory of a GPU is not exactly its name. */
const MARGIN = 0.95;

export const awqSumsDoNotFit: Rule = {
  id: 'AWQ_SUMS_DO_NOT_FIT',
  severity: 'error',
  summary: 'the partial sums of the first AWQ kernel fit into the memory',
  explanation:
    'Before 0.3 vLLM computed prompts in AWQ with the kernel for single tokens, which keeps eight partial sums of each output: for Mistral 7B and its 32,768 tokens of context 14 GiB, and 5 GiB to add them up, where the weights take 4. It stops with "CUDA out of memory" while it measures itself, where a shorter context starts: the same model on 24 GB with 4,096. From 0.3 on weights are unpacked for prompts of 256 tokens and more.',
  source:
    'vllm/model_executor/layers/quantization/awq.py of 0.2.7 and 0.3.0; csrc/quantization/awq/gemm_kernels.cu, `awq_gemm`; vllm-project/vllm#1234, #1400, #1479, #1949, #2382, #2631',
  holdsFor: 'vLLM before 0.3',
  examples: {
    passes: [
      example(MISTRAL_7B, 'ml.g4dn.xlarge', { maxModelLen: 4096 }),
      example(MISTRAL_7B, 'ml.g4dn.xlarge', { maxModelLen: 16_384 }, '0.3.0'),
      example(LLAMA2_7B, 'ml.g4dn.xlarge', {}),
      example(MIXTRAL, 'ml.p4de.24xlarge', { tensorParallelSize: 2, gpuMemoryUtilization: 0.5 }),
    ],
    fails: [
      example(MISTRAL_7B, 'ml.g4dn.xlarge', {}, '0.2.1'),
      example(MISTRAL_7B, 'ml.g4dn.xlarge', { maxModelLen: 4096, maxNumBatchedTokens: 32_768 }),
      example(MIXTRAL, 'ml.g5.12xlarge', { tensorParallelSize: 2 }),
    ],
  },
  evaluate(context) {
    const { instance } = context;
    const { weights, usable } = context.plan.memory;
    const peak = startPeak(context);
    if (peak?.cause !== 'awq sums' || instance === undefined || weights === null || usable === null) return [];
    const { count: tokens, each } = peak;
    const room = usable - weights;
    if (room <= 0 || tokens * each * MARGIN <= room) return [];
    const most = Math.floor((room * MARGIN) / each);
    const isAsked = context.spec.options?.maxNumBatchedTokens !== undefined;
    const name = isAsked ? 'maxNumBatchedTokens' : 'maxModelLen';
    const newer = 'use an image with vLLM 0.3 or newer';
    return [
      found({
        what: `${serverName(context)} keeps ${AWQ_PARTS} partial sums of each output of an AWQ matrix, which for a step of this many tokens do not fit into the memory beside the weights (${gib(weights)})`,
        got: `${gib(tokens * each)} for ${count(tokens)} tokens, with ${gib(room)} left on ${instanceText(instance)}`,
        allowed: `up to about ${count(most)} tokens a step, or vLLM 0.3`,
        fix: most < FEWEST_TOKENS ? newer : `set ${name} to ${Math.floor(most / 256) * 256}, or ${newer}`,
        path: '/options/maxModelLen',
      }),
    ];
  },
};
