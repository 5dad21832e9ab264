import { found } from '../helpers/finding';
import { LLAMA_8B } from '../helpers/samples';
import type { Rule } from '../types';

const AMI = 'al2-ami-sagemaker-inference-neuron-2';

const example = (endpoint?: object) => ({
  model: { config: LLAMA_8B },
  container: { family: 'hf-vllm-neuron' },
  instanceType: 'ml.inf2.8xlarge',
  options: { tensorParallelSize: 2, sequenceLength: 4096, batchSize: 1 },
  ...(endpoint === undefined ? {} : { endpoint }),
});

export const neuronDriverDefault: Rule = {
  id: 'NEURON_DRIVER_DEFAULT',
  severity: 'error',
  summary: 'a Neuron endpoint asks for the newer Neuron driver',
  explanation:
    'Without an inference AMI, SageMaker runs ml.inf2 on Neuron driver 2.10, which is "very outdated" and made the tests of the Hugging Face image fail; LMI’s older Neuron images were made for it, and start on it. al2-ami-sagemaker-inference-neuron-2 has driver 2.19.',
  source: 'awslabs/llm-hosting-container#156; botocore sagemaker/2017-07-24, ProductionVariantInferenceAmiVersion',
  examples: {
    passes: [example({ inferenceAmiVersion: AMI }), { ...example(), container: { family: 'lmi-neuron' } }],
    fails: [example()],
  },
  evaluate({ container, instance, spec }) {
    // LMI's Neuron images are of the default driver's own time.
    if (container?.engine !== 'neuron-vllm' || instance?.kind !== 'neuron') return [];
    if (spec.endpoint?.inferenceAmiVersion !== undefined) return [];
    return [
      found({
        what: 'without an inference AMI, SageMaker runs Neuron driver 2.10, too old for current Neuron images',
        got: 'no inferenceAmiVersion',
        allowed: AMI,
        fix: `set inferenceAmiVersion to ${AMI}`,
        path: '/endpoint/inferenceAmiVersion',
      }),
    ];
  },
};
