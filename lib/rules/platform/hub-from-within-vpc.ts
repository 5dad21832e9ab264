import { found } from '../helpers/finding';
import { modelFrom } from '../helpers/model-source';
import { QWEN3_SMALL } from '../helpers/samples';
import type { Rule } from '../types';

const example = (endpoint: object, id = 'org/model', container: object | undefined = { family: 'vllm' }) => ({
  model: { id, config: QWEN3_SMALL },
  container,
  endpoint,
});

export const hubFromWithinVpc: Rule = {
  id: 'HUB_FROM_WITHIN_VPC',
  severity: 'warning',
  summary: 'a container in a VPC has a way to the hub from which it fetches its model',
  explanation:
    'With a VpcConfig the container’s traffic goes through the subnets that it names, and instances there get no public address: without a NAT gateway the hub is out of reach, and the container waits for it until its health check times out ("We couldn’t connect to huggingface.co"). Files in S3 are fetched by SageMaker through the same subnets, for which a gateway endpoint of S3 is enough. Which routes the subnets have cannot be seen from the spec.',
  source:
    'SageMaker docs, host-vpc: "your containers can’t access the internet … add a NAT gateway"; philschmid/terraform-aws-sagemaker-huggingface#12; philschmid/huggingface-sagemaker-workshop-series#15',
  needs: ['endpoint'],
  examples: {
    passes: [
      example({ vpc: true }, 's3://bucket/model/'),
      example({ vpc: false }),
      example({ modelData: 'hub' }),
      example({ vpc: true, networkIsolation: true }),
      example({ vpc: true }, 'org/model', {
        family: 'custom',
        image: '123456789012.dkr.ecr.us-east-1.amazonaws.com/server:1',
      }),
    ],
    fails: [example({ vpc: true }), example({ vpc: true, modelData: 'hub' })],
  },
  evaluate({ container, spec }) {
    const { endpoint } = spec;
    // An isolated container reaches nothing at all: that is another rule's.
    if (endpoint?.vpc !== true || endpoint.networkIsolation === true || modelFrom(spec) !== 'hub') return [];
    // Of an image of one's own, or none, the id may only say which model it is.
    if ((container === undefined || container.family === 'custom') && endpoint.modelData === undefined) return [];
    return [
      found({
        what: 'a container in a VPC reaches the hub only if its subnets route to a NAT gateway, and fetches its model from there before it answers its health check',
        got: 'vpc true with a model of the hub',
        allowed: 'subnets with a NAT gateway, or a model in S3 with a gateway endpoint',
        fix: 'copy the model under an S3 prefix and set modelData to s3-prefix, or see that the subnets have a NAT gateway and acknowledge this',
        path: '/endpoint/vpc',
      }),
    ];
  },
};
