import { Duration, Stack } from 'aws-cdk-lib';
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import type { Backend, TierConfig } from '../../lib/route';
import { madeEndpoint, type IQuantizedEndpoint } from '../endpoint/endpoint-base';
import type { MadeEndpoint } from '../endpoint/made';
import { known, withoutUndefined } from '../shared/known';
import type { BedrockTierOptions, TierOptions } from './options';

const FIRST_TOKEN_TIMEOUT = Duration.seconds(15);
const IDLE_TIMEOUT = Duration.seconds(15);

const INVOKE = ['sagemaker:InvokeEndpoint', 'sagemaker:InvokeEndpointWithResponseStream'];

/**
 * A tier as the construct uses it.
 *
 * @internal
 */
export interface BoundTier {
  readonly config: TierConfig;
  /** What cannot be two tiers at once. */
  readonly identity: string;
  /** Permits to ask it; the wildcards that this cannot do without, each with its reason. */
  readonly grant: (grantee: IGrantable) => {
    readonly grant: Grant;
    readonly wildcards: Readonly<Record<string, string>>;
  };
  /** It answers into a bucket, after a while, and cannot stream. */
  readonly asynchronous?: boolean;
  readonly instances?: number;
  readonly usdPerHour?: number;
  readonly outputTokensPerSecond?: number;
}

/** A model behind a router: an endpoint of this library, one that exists already, or a model of Amazon Bedrock. */
export class Tier {
  /**
   * An endpoint: `QuantizedEndpoint`, `NeuronEndpoint`, `GgufEndpoint`, or an imported one. Of one that this app makes,
   * context and cost are known from its plan.
   *
   * @param name letters, digits and hyphens: a dimension of metrics, and what answers say they are from
   */
  public static endpoint(name: string, endpoint: IQuantizedEndpoint, options: TierOptions = {}): Tier {
    return new Tier(name, options, () => {
      const made = madeEndpoint(endpoint);
      const inferenceComponentName = options.inferenceComponentName ?? endpoint.inferenceComponentName;
      return {
        backend: withoutUndefined({
          kind: 'sagemaker',
          endpointName: endpoint.endpointName,
          inferenceComponentName,
        } as const),
        identity: endpoint.node.path,
        grant: (grantee) => ({ grant: endpoint.grants.invoke(grantee), wildcards: {} }),
        contextTokens: made?.plan.maxModelLen,
        usdPerHour: made?.expected.usdPerHour,
        outputTokensPerSecond: made?.plan.fullOutputTokensPerSecond,
        instances: made && instancesOf(made),
        asynchronous: made?.config.asyncInferenceConfig !== undefined,
      };
    });
  }

  /** An endpoint of the same account and region, by its name. It must take OpenAI's chat requests and stream its answers. */
  public static endpointName(name: string, endpointName: string, options: TierOptions = {}): Tier {
    return new Tier(name, options, (scope) => {
      const { inferenceComponentName } = options;
      const arn = (resource: string, resourceName: string) =>
        Stack.of(scope).formatArn({ service: 'sagemaker', resource, resourceName });
      return {
        backend: withoutUndefined({ kind: 'sagemaker', endpointName, inferenceComponentName } as const),
        identity: `${endpointName}/${inferenceComponentName ?? ''}`,
        grant: (grantee) => ({
          grant: Grant.addToPrincipal({
            grantee,
            actions: INVOKE,
            resourceArns: [
              arn('endpoint', endpointName),
              ...(inferenceComponentName === undefined ? [] : [arn('inference-component', inferenceComponentName)]),
            ],
          }),
          wildcards: {},
        }),
      };
    });
  }

  /**
   * A model of Amazon Bedrock.
   *
   * @param modelId of a foundation model, of an inference profile, or the ARN of either
   */
  public static bedrock(name: string, modelId: string, options: BedrockTierOptions = {}): Tier {
    return new Tier(name, options, (scope) => ({
      backend: { kind: 'bedrock', modelId },
      identity: modelId,
      grant: (grantee) => {
        const { resourceArns, wildcards } = bedrockArns(scope, modelId);
        const actions = ['bedrock:InvokeModelWithResponseStream'];
        return { grant: Grant.addToPrincipal({ grantee, actions, resourceArns }), wildcards };
      },
    }));
  }

  private constructor(
    /** Name of the tier. */
    public readonly tierName: string,
    private readonly options: TierOptions & BedrockTierOptions,
    private readonly source: (scope: Construct) => TierSource,
  ) {}

  /** @internal */
  public _bind(scope: Construct): BoundTier {
    const { options } = this;
    const { backend, contextTokens, identity, grant, usdPerHour, outputTokensPerSecond, instances, asynchronous } =
      this.source(scope);
    const derived =
      usdPerHour === undefined || outputTokensPerSecond === undefined
        ? undefined
        : (usdPerHour / (outputTokensPerSecond * 3600)) * 1e6;
    return {
      config: withoutUndefined({
        name: this.tierName,
        backend,
        contextTokens: known(options.contextTokens) ?? contextTokens,
        servedModelName: options.servedModelName,
        inputUsdPerMillionTokens: options.inputUsdPerMillionTokens,
        outputUsdPerMillionTokens:
          options.outputUsdPerMillionTokens ?? (derived === undefined ? undefined : Number(derived.toFixed(4))),
        firstTokenTimeoutMs: (options.firstTokenTimeout ?? FIRST_TOKEN_TIMEOUT).toMilliseconds(),
        idleTimeoutMs: (options.idleTimeout ?? IDLE_TIMEOUT).toMilliseconds(),
        minMeanLogprob: options.minMeanLogprob,
      }),
      identity,
      grant,
      usdPerHour,
      outputTokensPerSecond,
      instances,
      asynchronous,
    };
  }
}

interface TierSource extends Pick<
  BoundTier,
  'identity' | 'grant' | 'usdPerHour' | 'outputTokensPerSecond' | 'instances' | 'asynchronous'
> {
  readonly backend: Backend;
  readonly contextTokens?: number;
}

/** Of a model in a fleet, copies. */
function instancesOf({ config, component }: MadeEndpoint): number | undefined {
  if (component !== undefined)
    return known((Stack.of(component).resolve(component.runtimeConfig) as { copyCount?: number }).copyCount);
  const [variant] = Stack.of(config).resolve(config.productionVariants) as { initialInstanceCount?: number }[];
  return known(variant?.initialInstanceCount);
}

/** An inference profile of several regions asks the model in any of them, and must be let. */
function bedrockArns(scope: Construct, modelId: string) {
  if (modelId.startsWith('arn:')) return { resourceArns: [modelId], wildcards: {} };
  const stack = Stack.of(scope);
  const profile = /^(?:us|us-gov|eu|apac|ap|jp|au|ca|sa|me|af|global)\.(.+)$/.exec(modelId);
  if (profile === null)
    return {
      resourceArns: [
        stack.formatArn({ service: 'bedrock', account: '', resource: 'foundation-model', resourceName: modelId }),
      ],
      wildcards: {},
    };
  const model = stack.formatArn({
    service: 'bedrock',
    region: '*',
    account: '',
    resource: 'foundation-model',
    resourceName: profile[1],
  });
  return {
    resourceArns: [
      stack.formatArn({ service: 'bedrock', resource: 'inference-profile', resourceName: modelId }),
      model,
    ],
    wildcards: { [model]: 'An inference profile of several regions asks the model in whichever has room.' },
  };
}
