import { fetchedBytes } from '../../plan';
import { found, gib } from '../helpers/finding';
import { modelFrom } from '../helpers/model-source';
import { QWEN3_SMALL } from '../helpers/samples';
import type { Rule } from '../types';

const example = (weightBytes: number, instanceType = 'ml.m5.large', id = 's3://bucket/model.tar.gz') => ({
  model: { id, config: QWEN3_SMALL, weightBytes },
  container: { family: 'custom', image: '123456789012.dkr.ecr.us-east-1.amazonaws.com/server:1' },
  instanceType,
});

export const tarballExceedsMemory: Rule = {
  id: 'TARBALL_EXCEEDS_MEMORY',
  severity: 'error',
  summary: 'a model that comes as a tarball is smaller than the memory of its instance',
  explanation:
    'SageMaker refuses an archive that is large for the instance: "The model data archive is too large. Please reduce the size of the model data archive or move to an instance type with more memory". A tarball of 8 GB failed so on ml.m5.large (8 GiB), and weights hardly compress. Where the limit lies on instances with disks of their own is not known: there it is a warning. Files under a prefix are not bound by it.',
  source: 'aws/sagemaker-python-sdk#879; SageMaker docs, large-model-inference-uncompressed',
  examples: {
    passes: [example(4e9), example(40e9, 'ml.m5.large', 's3://bucket/model/'), example(20e9, 'ml.m5.2xlarge')],
    fails: [example(8e9), example(20e9, 'ml.g5.xlarge')],
  },
  evaluate(context) {
    const { instance, spec } = context;
    const mayBeTarball = spec.endpoint?.modelData !== undefined || spec.model.id?.startsWith('s3://') === true;
    if (instance === undefined || !mayBeTarball || modelFrom(spec) !== 's3-tarball') return [];
    const bytes = fetchedBytes(spec.model, context.plan);
    const limit = instance.memoryBytesUsable ?? instance.memoryBytes;
    if (bytes === null || bytes <= limit) return [];
    return [
      found({
        what: `a model data archive (tarball) of about ${gib(bytes)} is too large for ${instance.instanceType}, which has ${gib(instance.memoryBytes)} of memory`,
        got: spec.model.id?.slice(0, 120),
        allowed: `less than ${gib(limit)}`,
        fix: 'put the files under an S3 prefix without compressing them and set modelData to s3-prefix, or use an instance with more memory',
        path: '/endpoint/modelData',
        severity: instance.localNvmeBytes > 0 ? 'warning' : undefined,
      }),
    ];
  },
};
