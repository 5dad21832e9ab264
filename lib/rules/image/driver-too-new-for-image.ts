import { amiFor, cudaCompatibility, cudaText, driverText, hostDriver } from '../helpers/driver';
import { found } from '../helpers/finding';
import { QWEN3_SMALL } from '../helpers/samples';
import type { Rule } from '../types';

const example = (family: string, version: string, inferenceAmiVersion: string) => ({
  model: { config: QWEN3_SMALL },
  container: { family, version },
  instanceType: 'ml.g5.2xlarge',
  options: { maxModelLen: 4096 },
  endpoint: { inferenceAmiVersion },
});

export const driverTooNewForImage: Rule = {
  id: 'DRIVER_TOO_NEW_FOR_IMAGE',
  severity: 'error',
  summary: 'a CUDA 12 image of AWS does not meet the CUDA 13 AMI',
  explanation:
    "AWS's own tests of its vLLM and SGLang images with CUDA 12.8 and 12.9 hung in Creating on the AMI with driver 580 (CUDA 13.0), and were moved to the one with driver 550. The LMI images, which skip their compatibility libraries on a newer driver, run on both.",
  source: 'aws/deep-learning-containers#6187, test/test_utils/constants.py',
  examples: {
    passes: [
      example('vllm', '0.15.1', 'al2-ami-sagemaker-inference-gpu-3-1'),
      example('vllm', '0.24.0', 'al2023-ami-sagemaker-inference-gpu-4-1'),
      example('lmi', '0.34.0-lmi16', 'al2023-ami-sagemaker-inference-gpu-4-1'),
    ],
    fails: [example('vllm', '0.15.1', 'al2023-ami-sagemaker-inference-gpu-4-1')],
  },
  evaluate(context) {
    const { container, instance } = context;
    const host = hostDriver(context);
    if (container?.cuda === undefined || host === undefined || instance?.kind !== 'gpu') return [];
    if (container.cuda >= 130 || host.cuda < 130 || cudaCompatibility(container) !== 'strict') return [];
    return [
      found({
        what: `a CUDA ${cudaText(container.cuda)} image (${container.tag ?? container.version ?? container.family}) hangs in Creating on the CUDA 13 driver`,
        got: driverText(context, host),
        allowed: amiFor(container.cuda),
        fix: `set inferenceAmiVersion to ${amiFor(container.cuda)}, or use an image with CUDA 13.0`,
        path: '/endpoint/inferenceAmiVersion',
      }),
    ];
  },
};
