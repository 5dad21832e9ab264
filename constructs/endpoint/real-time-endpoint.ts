import { Duration, Names, Tags } from 'aws-cdk-lib';
import type { Connections, IConnectable } from 'aws-cdk-lib/aws-ec2';
import type { IGrantable, IPrincipal, IRole } from 'aws-cdk-lib/aws-iam';
import { CfnEndpoint, CfnEndpointConfig, CfnModel } from 'aws-cdk-lib/aws-sagemaker';
import type { Construct, IDependable } from 'constructs';
import { renderContainer } from '../../lib/container';
import type { RenderedContainer } from '../../lib/container/types';
import { QuantizedEndpointsError } from '../../lib/errors';
import { findInstance } from '../../lib/hardware';
import type { Instance } from '../../lib/hardware/types';
import type { SpeedEstimate } from '../../lib/plan/types';
import { planAnswer, type PlanAnswer } from '../../lib/rules';
import type { EndpointSpec } from '../../lib/spec/types';
import { argueCheck, argueRule } from '../shared/argue';
import { known } from '../shared/known';
import type { BoundModel } from '../shared/model-source/bound-model';
import type { GateFigures } from '../quality-gate/quality-gate';
import { usePrices } from '../shared/prices';
import type { BoundContainer } from '../shared/serving-container';
import { makeAlarms } from './alarms';
import { captureData } from './data-capture';
import { chooseDefaults, sequenceLength, tryResolve } from './defaults';
import { DeploymentStrategy } from './deployment-strategy';
import { QuantizedEndpointBase } from './endpoint-base';
import { placeInVpc, type EndpointNetwork } from './network';
import type { RealTimeEndpointProps } from './props';
import type { EndpointRecipe } from './recipe';
import { reportFindings, showSummary, writePlan } from './report';
import { executionRole, type ArguedRole } from './role';
import { scaleVariant } from './scaling';
import { askedSpec, environmentAtDeployment } from './spec';
import { instanceCounts, stackFindings, volumeTakesKey } from './validation';

/** The one production variant. */
export const VARIANT_NAME = 'AllTraffic';

/** Share of the planned concurrency at which another instance is started: the rest takes what comes meanwhile. */
const SCALING_SHARE = 0.7;

/** Concurrency to scale and warn by where nothing is known of the model: LMI's own batch. */
const UNPLANNED_CONCURRENCY = 32;

const MIN_SCALE_OUT_COOLDOWN = Duration.minutes(5);

/** Main figures of an endpoint's plan. A figure that cannot be known at synth is left out. */
export interface EndpointPlan {
  /** Longest sequence, prompt and answer together, in tokens. */
  readonly maxModelLen?: number;

  /** Sequences that one instance works on at once. */
  readonly maxConcurrency?: number;

  /** Tokens that the KV cache of one instance holds. */
  readonly kvCacheTokens?: number;

  /** Planned time to the first token, milliseconds. */
  readonly timeToFirstTokenMs?: number;

  /** Planned time between two tokens of an answer, milliseconds. */
  readonly interTokenMs?: number;

  /** Planned tokens a second of one instance. */
  readonly outputTokensPerSecond?: number;

  /** Price of one instance, USD an hour. */
  readonly usdPerHour?: number;
}

/**
 * What every kind of real-time endpoint does with its props: it plans, checks, reports, and makes the resources. Kinds
 * differ in the recipe alone.
 */
export abstract class RealTimeEndpoint extends QuantizedEndpointBase implements IConnectable, IGrantable {
  /** @attribute */
  public readonly endpointArn: string;

  /** @attribute */
  public readonly endpointName: string;

  /** Name of the production variant, a dimension of every metric. */
  public readonly variantName: string = VARIANT_NAME;

  /** Role that SageMaker assumes to serve the model. */
  public readonly role: IRole;

  /** Role that SageMaker assumes to serve the model. */
  public readonly grantPrincipal: IPrincipal;

  /** Main figures of the plan. */
  public readonly plan: EndpointPlan;

  private readonly network: EndpointNetwork | undefined;

  constructor(scope: Construct, id: string, props: RealTimeEndpointProps) {
    super(scope, id, { physicalName: props.endpointName });

    usePrices(this);
    const recipe = this._recipe(props, findInstance(known(props.instanceType.instanceTypeName) ?? ''));
    const { model, container } = recipe;
    // Alarms are made before the endpoint that they watch, since the endpoint names them, and the role before both:
    // each must know the name beforehand. It holds nothing back from an update, for nothing but another name replaces
    // an endpoint.
    const endpointName = props.endpointName ?? Names.uniqueResourceName(this, { maxLength: 63, separator: '-' });
    const networkIsolation = props.networkIsolation ?? model.modelData !== 'hub';

    const { spec, start } = chooseDefaults(
      askedSpec(this, props, { ...recipe, endpointName, networkIsolation }),
      recipe.complete,
    );
    const answer = planAnswer(spec);
    const rendered = render(spec);
    this.plan = mainFigures(spec, answer);
    const fullBatch = estimateFullBatch(spec, this.plan.maxConcurrency);

    const gate = props.qualityGate?._judge(gatedEndpoint(spec));
    const findings = [
      ...model.findings,
      ...container.findings,
      ...(recipe.findings ?? []),
      ...answer.findings,
      ...stackFindings(this, props, spec, answer),
      ...(gate?.findings ?? []),
    ];
    reportFindings(this, findings);
    writePlan(this, {
      schema: 1,
      constructPath: this.node.path,
      spec,
      plan: { ...answer, findings },
      ...(gate?.figures === undefined ? {} : { quality: gate.figures }),
      ...rendered,
    });
    // Of what cannot be deployed, figures would only mislead.
    if (findings.every(({ severity }) => severity !== 'error')) showSummary(this, model.name, spec, answer, fullBatch);

    this.network = placeInVpc(this, props, model.modelData === 'hub');
    const argued = executionRole(this, props.role, {
      endpointName,
      repositoryArn: container.repositoryArn,
      network: this.network,
    });
    const policies = [...argued.policies, ...model.grantRead(argued.role, argued.argue)];
    this.role = argued.role;
    this.grantPrincipal = argued.role.grantPrincipal;

    const environment = { ...rendered.environment, ...environmentAtDeployment(props, recipe) };
    const cfnModel = this.makeModel(container, model, environment, networkIsolation, policies);
    const config = this.makeConfig(props, spec, cfnModel, endpointName, argued);
    const endpoint = this.makeEndpoint(
      props,
      spec,
      fullBatch,
      config,
      endpointName,
      start.seconds + (recipe.preparationSeconds ?? 0),
    );
    this.endpointArn = endpoint.ref;
    this.endpointName = this.getResourceNameAttribute(endpoint.attrEndpointName);

    Tags.of(this).add('cdk-quantized-endpoints:model', tagValue(model.name));
    Tags.of(this).add('cdk-quantized-endpoints:quantization', tagValue(tryResolve(spec)?.scheme.name ?? 'unknown'));
    if (gate?.figures !== undefined) tagQuality(this, gate.figures);
  }

  /**
   * What this kind of endpoint makes of its props. Called by the constructor, before any field is set.
   *
   * @internal
   */
  protected abstract _recipe(props: RealTimeEndpointProps, instance: Instance | undefined): EndpointRecipe;

  /** Network connections of the container, for an endpoint in a VPC. */
  public get connections(): Connections {
    if (this.network === undefined)
      throw new QuantizedEndpointsError('ENDPOINT_NOT_IN_VPC', `${this.node.path} has no network connections`, {
        got: 'an endpoint without vpc',
        allowed: 'an endpoint in a VPC',
        fix: 'give vpc',
      });
    return this.network.connections;
  }

  private makeModel(
    container: BoundContainer,
    model: BoundModel,
    environment: Record<string, string>,
    enableNetworkIsolation: boolean,
    policies: readonly IDependable[],
  ): CfnModel {
    const { dataSource } = model;
    const cfnModel = new CfnModel(this, 'Model', {
      executionRoleArn: this.role.roleArn,
      enableNetworkIsolation,
      primaryContainer: {
        image: container.imageUri,
        environment,
        ...(dataSource === undefined ? {} : { modelDataSource: { s3DataSource: dataSource } }),
      },
      ...(this.network === undefined
        ? {}
        : { vpcConfig: { subnets: this.network.subnetIds, securityGroupIds: this.network.securityGroupIds } }),
    });
    for (const [key, value] of Object.entries(model.metadata ?? {})) cfnModel.addMetadata(key, value);
    if (!enableNetworkIsolation && model.modelData === 'hub')
      argueCheck(cfnModel, 'CKV_AWS_370', 'The container downloads the weights from the Hugging Face hub itself.');
    // Permissions are a resource of their own; without them the service cannot read the model that it is told to make.
    cfnModel.node.addDependency(...policies);
    return cfnModel;
  }

  private makeConfig(
    props: RealTimeEndpointProps,
    spec: EndpointSpec,
    model: CfnModel,
    endpointName: string,
    { role, argue }: ArguedRole,
  ): CfnEndpointConfig {
    const { encryptionKey, dataCapture } = props;
    const endpoint = spec.endpoint ?? {};
    const volumeKey = volumeTakesKey(spec) ? encryptionKey : undefined;
    // Source: SageMaker API, CreateEndpointConfig, `KmsKeyId`: the execution role must be let use the key.
    volumeKey?.grant(role, 'kms:CreateGrant', 'kms:Decrypt', 'kms:DescribeKey', 'kms:GenerateDataKeyWithoutPlaintext');
    const cfnConfig = new CfnEndpointConfig(this, 'Config', {
      productionVariants: [
        {
          variantName: VARIANT_NAME,
          modelName: model.attrModelName,
          instanceType: props.instanceType.instanceTypeName,
          initialInstanceCount: props.initialInstanceCount ?? props.minInstanceCount ?? 1,
          initialVariantWeight: 1,
          containerStartupHealthCheckTimeoutInSeconds: endpoint.startupHealthCheckTimeoutSeconds,
          modelDataDownloadTimeoutInSeconds: endpoint.modelDataDownloadTimeoutSeconds,
          inferenceAmiVersion: props.inferenceAmiVersion ?? endpoint.inferenceAmiVersion,
          volumeSizeInGb: endpoint.volumeSizeInGb,
          // Requests take as long as their answers are: the busiest instance must not get the next one.
          routingConfig: { routingStrategy: 'LEAST_OUTSTANDING_REQUESTS' },
        },
      ],
      ...(volumeKey === undefined ? {} : { kmsKeyId: volumeKey.keyArn }),
      ...(dataCapture === undefined
        ? {}
        : { dataCaptureConfig: captureData(dataCapture, endpointName, encryptionKey, role, argue) }),
    });
    if (!volumeTakesKey(spec))
      argueRule(
        cfnConfig,
        'SageMakerEndpointConfigurationKMSKeyConfigured',
        `${spec.instanceType} has local NVMe storage, which its hardware encrypts; SageMaker refuses a key for it.`,
      );
    return cfnConfig;
  }

  private makeEndpoint(
    props: RealTimeEndpointProps,
    spec: EndpointSpec,
    fullBatch: SpeedEstimate,
    config: CfnEndpointConfig,
    endpointName: string,
    startSeconds: number,
  ): CfnEndpoint {
    const { min, max } = instanceCounts(props);
    const scales = max === undefined || min === undefined || max > min;
    const maxConcurrency = this.plan.maxConcurrency ?? UNPLANNED_CONCURRENCY;
    const own =
      props.alarms === false
        ? []
        : makeAlarms(this, {
            endpointName,
            variantName: VARIANT_NAME,
            spec,
            fullBatch,
            maxConcurrency,
            maxInstanceCount: max ?? min ?? 1,
            actions: props.alarmActions ?? [],
          }).rollback;
    const alarms = [...own, ...(props.rollbackAlarms ?? [])].map(({ alarmName }) => ({ alarmName }));
    const strategy = props.deploymentStrategy ?? DeploymentStrategy.allAtOnce();
    const endpoint = new CfnEndpoint(this, 'Resource', {
      endpointName,
      endpointConfigName: config.attrEndpointConfigName,
      deploymentConfig: {
        ...strategy._render({ startSeconds }),
        ...(alarms.length === 0 ? {} : { autoRollbackConfiguration: { alarms } }),
      },
      // Otherwise every update would set the number of instances back to the initial one, in the middle of the day.
      ...(scales ? { retainAllVariantProperties: true } : {}),
    });
    if (scales)
      scaleVariant(this, {
        endpointName: endpoint.attrEndpointName,
        variantName: VARIANT_NAME,
        minInstanceCount: props.minInstanceCount ?? 1,
        maxInstanceCount: props.maxInstanceCount!,
        target: props.scalingTarget ?? Math.max(1, Math.floor(maxConcurrency * SCALING_SHARE)),
        scaleInCooldown: props.scaleInCooldown ?? Duration.minutes(15),
        scaleOutCooldown:
          props.scaleOutCooldown ?? Duration.seconds(Math.max(MIN_SCALE_OUT_COOLDOWN.toSeconds(), startSeconds)),
      });
    return endpoint;
  }
}

/** What a quality gate needs to know of a spec. */
function gatedEndpoint(spec: EndpointSpec) {
  const scheme = tryResolve(spec)?.scheme;
  return {
    modelId: spec.model?.id,
    scheme: scheme?.name,
    groupSize: scheme?.groupSize,
    kvCacheDtype: spec.options?.kvCacheDtype,
  };
}

/** Measured quality, as numbers that a tag policy or a search can read. */
function tagQuality(scope: Construct, { perplexityIncrease, meanKl }: GateFigures): void {
  Tags.of(scope).add('cdk-quantized-endpoints:perplexity-increase', perplexityIncrease.toFixed(4));
  Tags.of(scope).add('cdk-quantized-endpoints:mean-kl', meanKl.toFixed(5));
}

/** Variables and command line; nothing of a spec that cannot be resolved, whose findings stop synth anyway. */
function render(spec: EndpointSpec): RenderedContainer {
  const resolved = tryResolve(spec);
  return resolved === undefined ? { environment: {}, command: [] } : renderContainer(resolved);
}

/** The speed with as many requests at once as one instance is planned to hold. */
function estimateFullBatch(spec: EndpointSpec, concurrency: number | undefined): SpeedEstimate {
  return planAnswer(concurrency === undefined ? spec : { ...spec, workload: { ...spec.workload, concurrency } })
    .estimate;
}

function mainFigures(spec: EndpointSpec, plan: PlanAnswer): EndpointPlan {
  const options = tryResolve(spec)?.options;
  return {
    maxModelLen: sequenceLength(spec),
    maxConcurrency: options?.maxNumSeqs ?? options?.slots ?? options?.batchSize,
    kvCacheTokens: plan.kvCacheTokens ?? undefined,
    timeToFirstTokenMs: plan.estimate.timeToFirstTokenMs ?? undefined,
    interTokenMs: plan.estimate.interTokenMs ?? undefined,
    outputTokensPerSecond: plan.estimate.outputTokensPerSecond ?? undefined,
    usdPerHour: plan.cost.usdPerHour ?? undefined,
  };
}

/** Source: AWS tagging rules; what else a name may hold becomes a hyphen. */
function tagValue(value: string): string {
  return value.replace(/[^\p{L}\p{Z}\p{N}_.:/=+\-@]/gu, '-').slice(0, 256);
}
