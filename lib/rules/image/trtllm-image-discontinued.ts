import { found } from '../helpers/finding';
import { LLAMA2_7B } from '../helpers/samples';
import type { Rule } from '../types';

const example = (container: object) => ({
  model: { config: LLAMA2_7B },
  container,
  options: { maxModelLen: 2048 },
});

export const trtllmImageDiscontinued: Rule = {
  id: 'TRTLLM_IMAGE_DISCONTINUED',
  severity: 'warning',
  summary: 'AWS still publishes the image',
  explanation:
    'The last image of LMI with TensorRT-LLM is 0.33.0 of June 2025, with TensorRT-LLM 0.21; SmoothQuant and OPTION_QUANTIZE are read by 0.32.0 and older only. Neither gets fixes, not even for security, and no newer architectures. A version that is named is a choice, as it is for what runs on it already. A newer TensorRT-LLM runs in an image of your own: `ServingContainer.custom`.',
  source: 'sagemaker-core 2.27.0 image_uri_config/djl-tensorrtllm.json; deepjavalibrary/djl-serving, releases',
  examples: {
    passes: [
      example({ family: 'lmi' }),
      example({ family: 'lmi-trtllm', version: '0.32.0' }),
      example({ family: 'custom', image: '123456789012.dkr.ecr.us-east-1.amazonaws.com/tensorrt-llm:1.0.0' }),
    ],
    fails: [example({ family: 'lmi-trtllm' })],
  },
  evaluate({ container, spec }) {
    if (container?.family !== 'lmi-trtllm' || spec.container?.version !== undefined) return [];
    return [
      found({
        what: 'AWS publishes no image of LMI with TensorRT-LLM any more, and this one gets no fixes',
        got: container.version ?? 'lmi-trtllm',
        allowed: 'the lmi, vllm or sglang container',
        fix: 'serve an fp8 or awq checkpoint in the vllm container, or name the version for what runs on it already',
        path: '/container/family',
      }),
    ];
  },
};
