import { found } from '../helpers/finding';
import { QWEN3_SMALL } from '../helpers/samples';
import type { Rule } from '../types';

const example = (bucket: string, region: string | undefined = 'eu-west-2') => ({
  model: { id: `s3://${bucket}/model/`, config: QWEN3_SMALL },
  region,
  endpoint: { modelData: 's3-prefix' },
});

/** Buckets whose names say where they are: the SageMaker SDK's own, and those of JumpStart. */
const NAMED =
  /^s3:\/\/(?:sagemaker-([a-z]{2,4}(?:-[a-z]+)+-\d)-\d{12}|jumpstart-(?:private-)?cache-prod-([a-z]{2,4}(?:-[a-z]+)+-\d))\//;

export const bucketInOtherRegion: Rule = {
  id: 'BUCKET_IN_OTHER_REGION',
  severity: 'error',
  summary: "the model's bucket is in the region of the endpoint",
  explanation:
    'CreateModel takes files of its own region only: "Could not access model data … ensure that the object is located in eu-west-1". Where most buckets are cannot be seen from their names; the SDK’s default bucket (sagemaker-REGION-ACCOUNT) and JumpStart’s caches have their region in it.',
  source:
    'SageMaker API reference, ContainerDefinition ModelDataUrl: "must be in the same region as the model"; philschmid/llm-sagemaker-sample#2; mlflow/mlflow#2573; sagemaker 2.257.7, Session.default_bucket',
  examples: {
    passes: [
      example('sagemaker-eu-west-2-123456789012'),
      example('my-models-us-east-1'),
      example('sagemaker-us-east-1-123456789012', '${Token[AWS.Region.4]}'),
    ],
    fails: [example('sagemaker-us-east-1-123456789012'), example('jumpstart-private-cache-prod-us-west-2')],
  },
  evaluate({ spec }) {
    const { model, region } = spec;
    if (region === undefined || region.includes('${') || model.id?.startsWith('s3://') !== true) return [];
    const named = NAMED.exec(model.id);
    const its = named?.[1] ?? named?.[2];
    if (its === undefined || its === region) return [];
    return [
      found({
        what: `the bucket is in ${its}, and SageMaker takes model files of its own region only`,
        got: `${model.id.slice(0, 120)} in ${region}`,
        allowed: `a bucket in ${region}`,
        fix: `copy the files into a bucket in ${region}, or deploy in ${its}`,
        path: '/model/id',
      }),
    ];
  },
};
