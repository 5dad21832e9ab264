import { findInferenceAmi, inferenceAmis } from '../../container';
import { found } from '../helpers/finding';
import { QWEN3_SMALL } from '../helpers/samples';
import type { Rule } from '../types';

const example = (family: string, instanceType: string, inferenceAmiVersion?: string) => ({
  model: { config: QWEN3_SMALL },
  container: { family },
  instanceType,
  endpoint: { inferenceAmiVersion },
});

const GPU = 'al2023-ami-sagemaker-inference-gpu-4-1';
const NEURON = 'al2-ami-sagemaker-inference-neuron-2';

export const inferenceAmiForOtherAccelerator: Rule = {
  id: 'INFERENCE_AMI_FOR_OTHER_ACCELERATOR',
  severity: 'error',
  summary: "the inference AMI is made for the instance's accelerator",
  explanation:
    'A GPU AMI has the NVIDIA driver, the Neuron AMI that of Inferentia and Trainium, and neither belongs on a CPU instance: the container finds no device, or the variant is refused. What SageMaker answers for a CPU instance with an AMI is not verified, and a warning.',
  source:
    'botocore sagemaker/2017-07-24, ProductionVariantInferenceAmiVersion; aws/deep-learning-containers test/llama_cpp/sagemaker',
  needs: ['endpoint'],
  examples: {
    passes: [
      example('vllm', 'ml.g5.2xlarge', GPU),
      example('hf-vllm-neuron', 'ml.inf2.8xlarge', NEURON),
      example('llama-cpp', 'ml.c7i.2xlarge'),
    ],
    fails: [
      example('hf-vllm-neuron', 'ml.inf2.8xlarge', GPU),
      example('vllm', 'ml.g5.2xlarge', NEURON),
      example('llama-cpp', 'ml.c7i.2xlarge', GPU),
    ],
  },
  evaluate({ spec, instance }) {
    const name = spec.endpoint?.inferenceAmiVersion;
    const ami = name === undefined ? undefined : findInferenceAmi(name);
    if (ami === undefined || instance === undefined || instance.kind === ami.accelerator) return [];
    const fitting = inferenceAmis.filter((other) => other.accelerator === instance.kind);
    const proposal = fitting[fitting.length - 1];
    return [
      found({
        what: `this inference AMI has the driver of ${ami.accelerator === 'gpu' ? 'NVIDIA GPUs' : 'Neuron devices'}, and ${instance.instanceType} has ${instance.kind === 'cpu' ? 'no accelerator' : 'another accelerator'}`,
        got: ami.name,
        allowed: proposal?.name ?? 'no inferenceAmiVersion',
        fix: proposal === undefined ? 'remove inferenceAmiVersion' : `use ${proposal.name}`,
        path: '/endpoint/inferenceAmiVersion',
        severity: instance.kind === 'cpu' ? 'warning' : undefined,
      }),
    ];
  },
};
