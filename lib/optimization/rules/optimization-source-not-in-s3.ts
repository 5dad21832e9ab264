import type { OptimizationRule } from './types';
import { AWQ, job } from './samples';

export const optimizationSourceNotInS3: OptimizationRule = {
  id: 'OPTIMIZATION_SOURCE_NOT_IN_S3',
  severity: 'error',
  summary: 'the job’s model is an uncompressed checkpoint in S3',
  explanation:
    'SageMaker’s optimization jobs take an S3 prefix or a SageMaker model. They have no way to the Hugging Face hub and unpack no archive: such a job fails before it starts.',
  source: 'SageMaker API, CreateOptimizationJob, ModelSource.S3',
  examples: {
    passes: [job(AWQ), job(AWQ, { modelData: 'jumpstart' })],
    fails: [job(AWQ, { modelData: 'hub' }), job(AWQ, { modelData: 's3-tarball' })],
  },
  evaluate({ spec: { modelData } }) {
    if (modelData === undefined || modelData === 's3-prefix' || modelData === 'jumpstart') return [];
    return [
      {
        message:
          modelData === 'hub'
            ? 'an optimization job reads its model from S3, and downloads nothing from the hub'
            : 'an optimization job reads a folder of files, and unpacks no archive',
        got: modelData,
        allowed: 'ModelSource.s3Prefix, localDirectory or jumpStart',
        fix: 'copy the checkpoint, uncompressed, below a prefix in S3 and use ModelSource.s3Prefix',
        path: '/model/id',
      },
    ];
  },
};
