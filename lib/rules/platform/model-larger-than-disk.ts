import { fetchedBytes } from '../../plan';
import { found, gib } from '../helpers/finding';
import { QWEN3_SMALL } from '../helpers/samples';
import type { Rule } from '../types';

const example = (weightBytes: number, volumeSizeInGb?: number, instanceType = 'ml.inf2.48xlarge') => ({
  model: { config: QWEN3_SMALL, weightBytes },
  container: { family: 'custom', image: 'vllm/vllm-openai:v0.28.0' },
  instanceType,
  endpoint: { volumeSizeInGb },
});

/** What SageMaker gives an instance without local disks when no size is asked for; source: SageMaker docs, large-model-inference-hosting. */
const DEFAULT_VOLUME_GB = 30;

/** Most that can be asked for. */
const LARGEST_VOLUME_GB = 512;

export const modelLargerThanDisk: Rule = {
  id: 'MODEL_LARGER_THAN_DISK',
  severity: 'error',
  summary: "the model's files fit on the disk of the instance",
  explanation:
    'The weights are downloaded to the disk of the instance before they are loaded, and a model larger than the volume fails with "No space left on device" after minutes of downloading. Instances without local NVMe have an EBS volume as large as VolumeSizeInGB says. The documentation asks to raise it for models above 30 GB, which is taken for what one gets without saying; as it promises no size, that is a warning.',
  source:
    'SageMaker docs, large-model-inference-hosting: raise the volume size for models above 30 GB without local disk',
  examples: {
    passes: [example(20e9), example(140e9, 256), example(140e9, undefined, 'ml.g5.48xlarge')],
    fails: [example(140e9), example(140e9, 100)],
  },
  evaluate(context) {
    const { spec, instance } = context;
    if (!instance || instance.localNvmeBytes > 0 || instance.volumeSizeAllowed !== true) return [];
    const bytes = fetchedBytes(spec.model, context.plan);
    const asked = spec.endpoint?.volumeSizeInGb;
    // EBS sizes are GiB.
    const disk = (asked ?? DEFAULT_VOLUME_GB) * 2 ** 30;
    if (bytes === null || bytes <= disk) return [];
    const needed = Math.ceil((bytes / 2 ** 30) * 1.2);
    return [
      found({
        what: `${gib(bytes)} of weights do not fit on the disk of ${instance.instanceType}, an EBS volume of ${asked ?? DEFAULT_VOLUME_GB} GB${asked === undefined ? ' by default' : ''}`,
        got: asked === undefined ? undefined : `volumeSizeInGb ${asked}`,
        fix:
          needed <= LARGEST_VOLUME_GB
            ? `set volumeSizeInGb to ${needed} or more`
            : 'use an instance with local NVMe storage, such as ml.g6e.12xlarge',
        path: '/endpoint/volumeSizeInGb',
        severity: asked === undefined ? 'warning' : 'error',
      }),
    ];
  },
};
