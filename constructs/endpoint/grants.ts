import { Stack } from 'aws-cdk-lib';
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

  /**
   * @param componentName of the inference component that holds the model; undefined for a model of the endpoint itself
   * @internal
   */
  static _fromComponent(endpoint: IEndpointRef, componentName: () => string | undefined): EndpointGrants {
    return new EndpointGrants(endpoint, componentName);
  }

  private constructor(
    private readonly endpoint: IEndpointRef,
    private readonly componentName: () => string | undefined = () => undefined,
  ) {}

  /** Invoking the endpoint, streaming included. */
  invoke(grantee: IGrantable): Grant {
    const componentName = this.componentName();
    if (componentName === undefined) return this.grant(grantee, INVOKE);
    // Such a request is for both: its path names the endpoint, its header the component.
    const component = Stack.of(this.endpoint).formatArn({
      service: 'sagemaker',
      resource: 'inference-component',
      resourceName: componentName,
    });
    return this.grant(grantee, INVOKE, [component]);
  }

  /** Putting requests into the queue of an asynchronous endpoint. */
  invokeAsync(grantee: IGrantable): Grant {
    return this.grant(grantee, ['sagemaker:InvokeEndpointAsync']);
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

  private grant(grantee: IGrantable, actions: string[], more: string[] = []): Grant {
    return Grant.addToPrincipal({ grantee, actions, resourceArns: [this.endpoint.endpointRef.endpointArn, ...more] });
  }
}
