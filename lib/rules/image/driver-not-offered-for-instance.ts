import { inferenceAmis, neededDriver } from '../../container';
import { instanceText } from '../helpers/accelerator';
import { found } from '../helpers/finding';
import { QWEN3_SMALL } from '../helpers/samples';
import type { Rule } from '../types';

const example = (instanceType: string) => ({
  model: { config: QWEN3_SMALL },
  container: { family: 'vllm' },
  instanceType,
  options: { maxModelLen: 4096 },
  endpoint: { inferenceAmiVersion: 'al2023-ami-sagemaker-inference-gpu-4-1' },
});

export const driverNotOfferedForInstance: Rule = {
  id: 'DRIVER_NOT_OFFERED_FOR_INSTANCE',
  severity: 'warning',
  summary: "an inference AMI has the driver that the instance's GPU needs",
  explanation:
    'The GPU of this family is younger than the drivers of the inference AMIs known here. Whether SageMaker brings a newer one by itself is not documented.',
  source: 'NVIDIA/aicr#2743 quoting the EKS documentation; not verified on SageMaker',
  examples: { passes: [example('ml.g7e.2xlarge')], fails: [example('ml.g7.2xlarge')] },
  evaluate({ spec, instance }) {
    const needed = instance?.kind === 'gpu' ? neededDriver(instance.family) : undefined;
    if (instance === undefined || needed === undefined) return [];
    const newest = Math.max(...inferenceAmis.filter((ami) => ami.accelerator === 'gpu').map((ami) => ami.driver));
    if (needed <= newest) return [];
    return [
      found({
        what: `the GPU of ${instance.family} needs driver ${needed} or newer, and the newest inference AMI has ${newest}`,
        got: `${instanceText(instance)}${spec.endpoint?.inferenceAmiVersion === undefined ? '' : ` with ${spec.endpoint.inferenceAmiVersion}`}`,
        allowed: `driver ${needed}`,
        fix: 'use ml.g7e or ml.g6e instances, or try a deployment first',
        path: '/instanceType',
      }),
    ];
  },
};
