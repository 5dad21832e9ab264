import { Arn, ArnFormat, Stack, Token } from 'aws-cdk-lib';
import type { IRepository } from 'aws-cdk-lib/aws-ecr';
import type { Construct } from 'constructs';
import { SpecError } from '../../lib/errors';

/** A container image in the scope of one endpoint. */
export interface BoundImage {
  readonly imageUri: string;
  readonly repositoryArn: string;
}

type ImageBinder = (scope: Construct) => BoundImage;

/** `account.dkr.ecr.region.suffix/repository:tag`, or `…@sha256:digest`. */
const ECR_URI =
  /^(\d{12})\.dkr[.-]ecr(?:-fips)?\.([a-z0-9-]+)\.[a-z0-9.-]+\/([a-z0-9._/-]+?)(?::([\w.-]+)|@(sha256:[0-9a-f]{64}))$/;

/** An image in Amazon ECR, the only registry from which SageMaker pulls without a network of your own. */
export class ContainerImage {
  /**
   * An image in a repository of yours.
   *
   * @param tagOrDigest best a digest: with a tag that moves, instances that start on different days may run different
   * images
   */
  static fromEcrRepository(repository: IRepository, tagOrDigest: string): ContainerImage {
    return new ContainerImage(() => ({
      imageUri: repository.repositoryUriForTagOrDigest(tagOrDigest),
      repositoryArn: repository.repositoryArn,
    }));
  }

  /**
   * An image by its full ECR URI.
   *
   * @param uri such as `123456789012.dkr.ecr.us-east-1.amazonaws.com/vllm:0.28.0`
   */
  static fromUri(uri: string): ContainerImage {
    return new ContainerImage((scope) => ({ imageUri: uri, repositoryArn: repositoryOf(scope, uri) }));
  }

  /**
   * An image that another construct makes.
   *
   * @internal
   */
  static _from(binder: ImageBinder): ContainerImage {
    return new ContainerImage(binder);
  }

  private constructor(private readonly binder: ImageBinder) {}

  /** @internal */
  public _bind(scope: Construct): BoundImage {
    return this.binder(scope);
  }
}

function repositoryOf(scope: Construct, uri: string): string {
  const match = Token.isUnresolved(uri) ? null : ECR_URI.exec(uri);
  if (match === null)
    throw new SpecError('IMAGE_NOT_IN_ECR', `${uri} is not the URI of an image in Amazon ECR`, {
      got: Token.isUnresolved(uri) ? 'a value that is known at deployment only' : uri,
      allowed: '<account>.dkr.ecr.<region>.amazonaws.com/<repository>:<tag>',
      fix: 'copy the image to Amazon ECR, and use ContainerImage.fromEcrRepository',
      path: '/container/image',
    });
  const [, account, region, resourceName] = match;
  const parts = { service: 'ecr', resource: 'repository', account, region, resourceName };
  return Arn.format({ ...parts, arnFormat: ArnFormat.SLASH_RESOURCE_NAME }, Stack.of(scope));
}
