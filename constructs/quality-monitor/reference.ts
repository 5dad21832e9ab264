import type { Construct } from 'constructs';
import type { IQuantizedEndpoint } from '../endpoint/endpoint-base';
import type { QuantizedEndpointProps } from '../endpoint/props';
import type { BoundReference } from './bound-reference';
import { temporaryEndpoint } from './temporary-endpoint';

/** Where the answers at full precision come from that a quality monitor compares with. */
export class QualityReference {
  /**
   * An endpoint that exists: of the same model at full precision. It is asked once for the prompt set, and for captured
   * traffic whenever some is compared.
   */
  public static fromEndpoint(endpoint: IQuantizedEndpoint): QualityReference {
    return new QualityReference(() => {
      const { endpointName, inferenceComponentName } = endpoint;
      return {
        config: {
          kind: 'endpoint',
          endpointName,
          ...(inferenceComponentName === undefined ? {} : { inferenceComponentName }),
        },
        endpointArn: endpoint.endpointArn,
        inferenceComponentName,
        identity: inferenceComponentName === undefined ? endpointName : `${endpointName}/${inferenceComponentName}`,
      };
    });
  }

  /**
   * An endpoint that the monitor makes, asks once and deletes: it costs what an hour or less of its instance costs. The
   * model and its configuration are part of the stack, and cost nothing.
   *
   * @param props as of a `QuantizedEndpoint`; what is about scaling, alarms and updates is not used
   */
  public static temporaryEndpoint(props: QuantizedEndpointProps): QualityReference {
    return new QualityReference((scope) => temporaryEndpoint(scope, props));
  }

  /** The prompt set's own answers: every prompt has a `reference`. No log-probabilities are compared. */
  public static fromPromptSet(): QualityReference {
    return new QualityReference(() => ({ config: { kind: 'prompts' }, identity: 'prompts' }));
  }

  private constructor(private readonly bind: (scope: Construct) => BoundReference) {}

  /** @internal */
  public _bind(scope: Construct): BoundReference {
    return this.bind(scope);
  }
}
