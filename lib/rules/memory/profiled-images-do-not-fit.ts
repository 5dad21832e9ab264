import { startPeak } from '../../plan';
import { instanceText } from '../helpers/accelerator';
import { serverName } from '../helpers/engine';
import { count, found, gib } from '../helpers/finding';
import { fitText } from '../helpers/fit';
import { LLAMA_8B } from '../helpers/samples';
import type { Rule } from '../types';

/** meta-llama/Llama-3.2-11B-Vision-Instruct */
const LLAMA_VISION = {
  architectures: ['MllamaForConditionalGeneration'],
  model_type: 'mllama',
  text_config: {
    ...LLAMA_8B,
    model_type: 'mllama_text_model',
    num_hidden_layers: 40,
    cross_attention_layers: [3, 8, 13, 18, 23, 28, 33, 38],
  },
  vision_config: {
    model_type: 'mllama_vision_model',
    hidden_size: 1280,
    intermediate_size: 5120,
    attention_heads: 16,
    num_hidden_layers: 32,
    num_global_layers: 8,
    image_size: 560,
    patch_size: 14,
    max_num_tiles: 4,
    intermediate_layers_indices: [3, 7, 15, 23, 30],
    vision_output_dim: 7680,
  },
  torch_dtype: 'bfloat16',
};

const example = (instanceType: string, options: object, version = '0.6.3') => ({
  model: { config: LLAMA_VISION },
  container: { family: 'vllm', version },
  instanceType,
  options: { maxModelLen: 4096, ...options },
});

/** What is counted is not all: closer than this nothing is said. */
const MARGIN = 0.9;

export const profiledImagesDoNotFit: Rule = {
  id: 'PROFILED_IMAGES_DO_NOT_FIT',
  severity: 'error',
  summary: 'the images of all sequences fit into the memory while the server measures itself',
  explanation:
    'Before it makes its cache, vLLM runs Llama 3.2 Vision with the largest image in each of max_num_seqs sequences, all at once: about a third of a GiB for each, on every GPU, whatever the tensor parallelism and max_model_len. With the default of 256 that is more than an 80 GB GPU has: "torch.OutOfMemoryError: CUDA out of memory" in mllama.py while it starts. With 16 sequences the 11B model starts on a GPU of 48 GB.',
  source:
    'vllm/worker/enc_dec_model_runner.py, `profile_run`; vllm/model_executor/models/mllama.py; vllm-project/vllm#8879, #9445, #10034, #10569, #28292',
  holdsFor: 'vLLM 0.6.2 to 0.10, whose V0 engine alone has the architecture',
  examples: {
    passes: [
      example('ml.p4de.24xlarge', { tensorParallelSize: 1, maxNumSeqs: 32 }),
      example('ml.g6e.xlarge', { maxNumSeqs: 16 }),
      example('ml.g5.12xlarge', { tensorParallelSize: 4, maxNumSeqs: 16 }),
    ],
    fails: [
      example('ml.p4de.24xlarge', { tensorParallelSize: 1 }),
      example('ml.p4de.24xlarge', { tensorParallelSize: 2 }, '0.7.3'),
      example('ml.g6e.xlarge', { maxNumSeqs: 128 }, '0.8.5'),
    ],
  },
  evaluate(context) {
    const { instance } = context;
    const { weights, usable } = context.plan.memory;
    const peak = startPeak(context);
    if (peak?.cause !== 'images' || instance === undefined || weights === null || usable === null) return [];
    const { count: sequences, each } = peak;
    if (weights >= usable || weights + MARGIN * sequences * each <= usable) return [];
    const room = Math.floor((MARGIN * (usable - weights)) / each);
    return [
      found({
        what: `${serverName(context)} runs an image in each of max_num_seqs sequences at once to measure its memory, and those do not fit beside the weights (${gib(weights)})`,
        got: `maxNumSeqs ${count(sequences)}: ${gib(sequences * each)} of images for ${gib(usable - weights)} on ${instanceText(instance)}`,
        allowed: `maxNumSeqs up to about ${count(room)}`,
        fix:
          room < 1
            ? (fitText(context) ?? 'use a GPU with more memory')
            : `set maxNumSeqs to ${2 ** Math.floor(Math.log2(room))}`,
        path: '/options/maxNumSeqs',
      }),
    ];
  },
};
