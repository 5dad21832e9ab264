import { parseImageUri } from '../../container';
import { found } from '../helpers/finding';
import { QWEN3_SMALL } from '../helpers/samples';
import type { Rule } from '../types';

const example = (image: string, vpc?: boolean) => ({
  model: { config: QWEN3_SMALL },
  container: { family: 'custom', image },
  endpoint: { vpc },
});

export const imageNotInEcr: Rule = {
  id: 'IMAGE_NOT_IN_ECR',
  severity: 'error',
  summary: 'a custom image is in a registry that SageMaker can pull from',
  explanation:
    'SageMaker pulls images from private ECR repositories. Docker Hub, ghcr.io and the public gallery of ECR are refused; a private registry is possible for a model in a VPC that can reach it, with RepositoryAccessMode Vpc.',
  source:
    'SageMaker docs, your-algorithms-containers-inference-private; aws.github.io/deep-learning-containers: public gallery images are not supported for endpoints',
  examples: {
    passes: [
      example('123456789012.dkr.ecr.eu-west-1.amazonaws.com/vllm:1'),
      example('123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn/vllm:1'),
    ],
    fails: [
      example('vllm/vllm-openai:v0.8.5'),
      example('public.ecr.aws/deep-learning-containers/vllm:0.28'),
      example('registry.internal:5000/vllm:1', true),
    ],
  },
  evaluate({ spec }) {
    const image = spec.container?.family === 'custom' ? spec.container.image : undefined;
    const uri = image === undefined || image.includes('${') ? undefined : parseImageUri(image);
    if (uri === undefined || uri.account !== undefined) return [];
    const isPrivate = spec.endpoint?.vpc === true && uri.registry !== undefined && uri.registry !== 'public.ecr.aws';
    return [
      found({
        what: isPrivate
          ? 'an image outside of ECR is pulled only from a registry that the VPC reaches, with RepositoryAccessMode Vpc'
          : 'SageMaker pulls images from private ECR repositories only',
        got: image,
        allowed: 'ACCOUNT.dkr.ecr.REGION.amazonaws.com/name:tag',
        fix: 'copy the image into a private ECR repository of the region',
        path: '/container/image',
        severity: isPrivate ? 'warning' : undefined,
      }),
    ];
  },
};
