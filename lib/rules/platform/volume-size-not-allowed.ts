import { found } from '../helpers/finding';
import { QWEN3_SMALL } from '../helpers/samples';
import type { Rule } from '../types';

const example = (instanceType: string, volumeSizeInGb?: number) => ({
  model: { config: QWEN3_SMALL },
  instanceType,
  endpoint: { volumeSizeInGb },
});

export const volumeSizeNotAllowed: Rule = {
  id: 'VOLUME_SIZE_NOT_ALLOWED',
  severity: 'error',
  summary: 'a volume size is asked for only where the instance takes an EBS volume',
  explanation:
    'Instances with local NVMe disks take no VolumeSizeInGB: "VolumeSize parameter is not allowed for the selected Instance type". The model is put on the local disk, which is larger than any volume that could be asked for.',
  source:
    'sagemaker-core 2.27.0 common_utils.volume_size_supported; awslabs/autogluon-cloud#50, aws/sagemaker-python-sdk#4828',
  needs: ['endpoint'],
  examples: {
    passes: [example('ml.inf2.xlarge', 256), example('ml.g5.2xlarge'), example('ml.c7i.2xlarge', 64)],
    fails: [example('ml.g4dn.xlarge', 64), example('ml.g5.2xlarge', 256), example('ml.trn1.32xlarge', 512)],
  },
  evaluate({ spec, instance }) {
    const size = spec.endpoint?.volumeSizeInGb;
    if (size === undefined || instance?.volumeSizeAllowed !== false) return [];
    const disk = Math.round(instance.localNvmeBytes / 1e9);
    return [
      found({
        what: `${instance.instanceType} has ${disk > 0 ? `${disk} GB of local NVMe` : 'local NVMe'} storage, and SageMaker allows no volume size (EBS) there`,
        got: `volumeSizeInGb ${size}`,
        fix: 'remove volumeSizeInGb',
        path: '/endpoint/volumeSizeInGb',
      }),
    ];
  },
};
