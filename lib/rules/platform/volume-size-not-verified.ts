import { found } from '../helpers/finding';
import { QWEN3_SMALL } from '../helpers/samples';
import type { Rule } from '../types';

const example = (instanceType: string, volumeSizeInGb?: number) => ({
  model: { config: QWEN3_SMALL },
  instanceType,
  endpoint: { volumeSizeInGb },
});

export const volumeSizeNotVerified: Rule = {
  id: 'VOLUME_SIZE_NOT_VERIFIED',
  severity: 'warning',
  summary: 'it is known whether the instance takes an EBS volume',
  explanation:
    "These instance families have local NVMe disks, or are named in the service's own refusals, but the SDK's list of families that take no volume size does not have them: what SageMaker answers is not known.",
  source: 'sagemaker-core 2.27.0 common_utils.volume_size_supported; awslabs/autogluon-cloud#50',
  needs: ['endpoint'],
  examples: {
    passes: [example('ml.inf2.xlarge', 256), example('ml.g7.2xlarge')],
    fails: [example('ml.g7.2xlarge', 256), example('ml.p3.2xlarge', 64)],
  },
  evaluate({ spec, instance }) {
    const size = spec.endpoint?.volumeSizeInGb;
    if (size === undefined || instance === undefined || instance.volumeSizeAllowed !== undefined) return [];
    return [
      found({
        what: `it is not known whether SageMaker allows a volume size on ${instance.instanceType}, whose family has local storage or was refused one`,
        got: `volumeSizeInGb ${size}`,
        fix: 'remove volumeSizeInGb unless a deployment showed that it is accepted',
        path: '/endpoint/volumeSizeInGb',
      }),
    ];
  },
};
