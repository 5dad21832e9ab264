import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import type { IEndpointRef } from 'aws-cdk-lib/aws-sagemaker';

/** Both ways to invoke an endpoint: the answer as a whole, and the answer as a stream of tokens. */
const INVOKE = ['sagemaker:InvokeEndpoint', 'sagemaker:InvokeEndpointWithResponseStream'];

/** Permissions on an endpoint. */
export class EndpointGrants {
  /** Permissions on any SageMaker endpoint. */
  static fromEndpoint(endpoint: IEndpointRef): EndpointGrants {
    return new EndpointGrants(endpoint);
  }

  private constructor(private readonly endpoint: IEndpointRef) {}

  /** Invoking the endpoint, streaming included. */
  invoke(grantee: IGrantable): Grant {
    return this.grant(grantee, INVOKE);
  }

  /**
   * Invoking the endpoint through its OpenAI-compatible route, whose bearer tokens the grantee signs itself. The
   * action that admits such a token cannot be limited to one endpoint; what it may invoke still is.
   */
  invokeWithBearerToken(grantee: IGrantable): Grant {
    const token = Grant.addToPrincipal({ grantee, actions: ['sagemaker:CallWithBearerToken'], resourceArns: ['*'] });
    return this.invoke(grantee).combine(token);
  }

  /** Reading the endpoint's state. */
  describe(grantee: IGrantable): Grant {
    return this.grant(grantee, ['sagemaker:DescribeEndpoint']);
  }

  private grant(grantee: IGrantable, actions: string[]): Grant {
    return Grant.addToPrincipal({ grantee, actions, resourceArns: [this.endpoint.endpointRef.endpointArn] });
  }
}
