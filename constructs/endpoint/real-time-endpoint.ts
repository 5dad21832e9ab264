import { Duration, Tags } from 'aws-cdk-lib';
import type { Connections, IConnectable } from 'aws-cdk-lib/aws-ec2';
import type { IGrantable, IPrincipal, IRole } from 'aws-cdk-lib/aws-iam';
import { CfnEndpoint, CfnEndpointConfig, type CfnInferenceComponent, type CfnModel } from 'aws-cdk-lib/aws-sagemaker';
import type { Construct } from 'constructs';
import { QuantizedEndpointsError } from '../../lib/errors';
import { findInstance } from '../../lib/hardware';
import type { Instance } from '../../lib/hardware/types';
import { expectationsOf } from '../../lib/observe';
import type { Finding } from '../../lib/rules/types';
import type { EndpointSpec } from '../../lib/spec/types';
import { argueRule } from '../shared/argue';
import { known } from '../shared/known';
import { gatedEndpoint } from '../quality-gate/gated';
import type { GateFigures } from '../quality-gate/figures';
import type { Judgement, QualityGate } from '../quality-gate/quality-gate';
import { tagQuality } from '../quality-gate/tags';
import { usePlanningFiles } from '../shared/planning-files';
import { uniqueName } from '../shared/unique-name';
import { makeAlarms } from './alarms';
import { inferAsynchronously } from './async-inference';
import { coldStartFinding, makeComponent, managedScaling } from './component';
import { captureData } from './data-capture';
import { tryResolve } from './defaults';
import { DeploymentStrategy } from './deployment-strategy';
import { QuantizedEndpointBase } from './endpoint-base';
import type { MadeEndpoint } from './made';
import { placeInVpc, type EndpointNetwork } from './network';
import { ofPool, planPools, type Pool } from './pools';
import { estimateFullBatch, scalingTarget, UNPLANNED_CONCURRENCY, type EndpointPlan } from './plan-figures';
import type { RealTimeEndpointProps } from './props';
import type { EndpointRecipe } from './recipe';
import { reportFindings, showSummary, writePlan } from './report';
import { copiesOnOneInstance, reservationFor } from './reservation';
import { executionRole, type ArguedRole } from './role';
import { inFlightLimit, RoutingStrategy } from './routing';
import { makeSageMakerModel, vpcConfig } from './sagemaker-model';
import { times } from './schedule';
import { scaleBacklog, scaleComponent, scaleVariant } from './scaling';
import { startSeconds, type Serving } from './serving';
import { environmentAtDeployment, scalesToZero } from './spec';
import { costFindings, initialCount, instanceCounts, stackFindings, volumeTakesKey } from './validation';

/** The one production variant. */
export const VARIANT_NAME = 'AllTraffic';

const MIN_SCALE_OUT_COOLDOWN = Duration.minutes(5);

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

  /**
   * Name of the inference component that holds the model: requests name it beside the endpoint. Undefined where the
   * endpoint holds the model itself, which it does unless it scales to zero.
   */
  public readonly inferenceComponentName?: string;

  /**
   * What is planned and checked, with everything chosen.
   *
   * @internal
   */
  public readonly _spec: EndpointSpec;

  private readonly network: EndpointNetwork | undefined;

  constructor(scope: Construct, id: string, props: RealTimeEndpointProps) {
    super(scope, id, { physicalName: props.endpointName });

    usePlanningFiles(this);
    const recipe = this._recipe(props, findInstance(known(props.instanceType.instanceTypeName) ?? ''));
    const { model, container } = recipe;
    const zero = scalesToZero(props);
    // Alarms are made before the endpoint that they watch, since the endpoint names them, and the role before both:
    // each must know the name beforehand. It holds nothing back from an update, for nothing but another name replaces
    // an endpoint. A variant with a model cannot become one for components, hence the two never have one name.
    const endpointName = props.endpointName ?? uniqueName(this, zero ? '-host' : '');
    const networkIsolation =
      props.networkIsolation ?? (model.modelData !== 'hub' && recipe.networkReason === undefined);

    const { pools, findings: poolFindings } = planPools(this, props, recipe, { endpointName, networkIsolation });
    const [{ serving }, ...others] = pools;
    const { spec, answer } = serving;
    this._spec = spec;
    this.plan = serving.plan;
    const fullBatch = estimateFullBatch(spec, this.plan.maxConcurrency);

    const gates = judgePools(props.qualityGate, pools);
    const findings = [
      ...model.findings,
      ...container.findings,
      ...(recipe.findings ?? []),
      ...(recipe.speculative?._findings() ?? []),
      ...answer.findings,
      ...stackFindings(this, props, spec, answer),
      ...poolFindings,
      ...others.flatMap((pool, index) => this.findingsOf(props, pool, index + 1, serving)),
      ...(zero ? [coldStartFinding(Math.max(...pools.map((pool) => startSeconds(pool.serving))))] : []),
      ...gates.flatMap(({ findings: own }) => own),
    ];
    reportFindings(this, findings);
    writePlan(this, {
      schema: 1,
      constructPath: this.node.path,
      spec,
      plan: { ...answer, findings },
      ...qualityOf(gates[0]),
      ...serving.rendered,
      ...(others.length === 0
        ? {}
        : { fallbackPools: others.map((pool, index) => poolArtefact(pool.serving, gates[index + 1])) }),
    });
    // Of what cannot be deployed, figures would only mislead.
    if (findings.every(({ severity }) => severity !== 'error')) showSummary(this, model.name, spec, answer, fullBatch);

    this.network = placeInVpc(this, props, model.modelData === 'hub');
    const componentName = zero ? uniqueName(this, '-model') : undefined;
    const argued = executionRole(this, props.role, { endpointName, network: this.network });
    const policies = [
      ...argued.allowModel({ repositoryArn: container.repositoryArn, componentName }),
      ...model.grantRead(argued.role, argued.argue),
      ...others.flatMap(({ serving: { recipe: own } }) => [
        ...argued.allowModel({ repositoryArn: own.container.repositoryArn }),
        ...(own.model === model ? [] : own.model.grantRead(argued.role, argued.argue)),
      ]),
    ];
    this.role = argued.role;
    this.grantPrincipal = argued.role.grantPrincipal;

    const models = pools.map((pool, index) =>
      makeSageMakerModel(this, index === 0 ? 'Model' : `Model${index + 1}`, {
        container: pool.serving.recipe.container,
        model: pool.serving.recipe.model,
        environment: {
          ...pool.serving.rendered.environment,
          ...environmentAtDeployment(props, pool.serving.recipe),
        },
        networkIsolation,
        networkReason: pool.serving.recipe.networkReason,
        role: argued.role,
        network: this.network,
        policies,
      }),
    );
    const config = this.makeConfig(props, pools, models, endpointName, argued);
    const endpoint = this.makeEndpoint(props, pools, config, models, { endpointName, componentName });
    this.endpointArn = endpoint.ref;
    this.endpointName = this.getResourceNameAttribute(endpoint.attrEndpointName);
    this.inferenceComponentName = componentName;

    Tags.of(this).add('cdk-quantized-endpoints:model', tagValue(model.name));
    Tags.of(this).add('cdk-quantized-endpoints:quantization', tagValue(tryResolve(spec)?.scheme.name ?? 'unknown'));
    tagQuality(
      this,
      gates.flatMap(({ figures }) => figures ?? []),
    );
  }

  /** @internal */
  public override _made(): MadeEndpoint {
    return {
      plan: this.plan,
      expected: expectationsOf(this._spec),
      unit: 'instance',
      config: this.node.findChild('Config') as CfnEndpointConfig,
      model: this.node.findChild('Model') as CfnModel,
      component: this.node.tryFindChild('Component') as CfnInferenceComponent | undefined,
    };
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

  /** What the rules say of one of the other pools, and what the limit of the costs does. */
  private findingsOf(props: RealTimeEndpointProps, pool: Pool, index: number, preferred: Serving): Finding[] {
    const { recipe, spec, answer } = pool.serving;
    const own = [
      ...(recipe.model === preferred.recipe.model ? [] : recipe.model.findings),
      ...recipe.container.findings,
      ...answer.findings,
      ...costFindings(props, spec, answer),
    ];
    return own.map((finding) => ofPool(finding, index, pool));
  }

  private makeConfig(
    props: RealTimeEndpointProps,
    pools: readonly Pool[],
    models: readonly CfnModel[],
    endpointName: string,
    { role, argue }: ArguedRole,
  ): CfnEndpointConfig {
    const { encryptionKey, dataCapture } = props;
    const { spec } = pools[0].serving;
    const endpoint = spec.endpoint ?? {};
    const volumeKey = volumeTakesKey(spec) ? encryptionKey : undefined;
    // Source: SageMaker API, CreateEndpointConfig, `KmsKeyId`: the execution role must be let use the key.
    volumeKey?.grant(role, 'kms:CreateGrant', 'kms:Decrypt', 'kms:DescribeKey', 'kms:GenerateDataKeyWithoutPlaintext');
    const maxConcurrency = this.plan.maxConcurrency ?? UNPLANNED_CONCURRENCY;
    const routing = props.routing ?? RoutingStrategy.leastOutstandingRequests();
    const hostsComponents = scalesToZero(props);
    const cfnConfig = new CfnEndpointConfig(this, 'Config', {
      productionVariants: [
        {
          variantName: VARIANT_NAME,
          ...(pools.length === 1
            ? { instanceType: props.instanceType.instanceTypeName }
            : { instancePools: instancePools(pools, hostsComponents ? [] : models) }),
          initialInstanceCount: initialCount(props),
          initialVariantWeight: 1,
          inferenceAmiVersion: props.inferenceAmiVersion ?? endpoint.inferenceAmiVersion,
          volumeSizeInGb: endpoint.volumeSizeInGb,
          routingConfig: routing._render(inFlightLimit(maxConcurrency)),
          ...(props.capacityReservationArn === undefined
            ? {}
            : {
                capacityReservationConfig: {
                  capacityReservationPreference: 'capacity-reservations-only',
                  mlReservationArn: props.capacityReservationArn,
                },
              }),
          ...(hostsComponents
            ? { managedInstanceScaling: managedScaling(0, props.maxInstanceCount ?? 1, props.managedScaleIn) }
            : {
                modelName: models[0].attrModelName,
                containerStartupHealthCheckTimeoutInSeconds: endpoint.startupHealthCheckTimeoutSeconds,
                modelDataDownloadTimeoutInSeconds: endpoint.modelDataDownloadTimeoutSeconds,
              }),
        },
      ],
      // What a model otherwise says of itself, a variant for components has to say for all of them.
      ...(hostsComponents
        ? {
            executionRoleArn: role.roleArn,
            enableNetworkIsolation: endpoint.networkIsolation,
            ...(this.network === undefined ? {} : { vpcConfig: vpcConfig(this.network) }),
          }
        : {}),
      ...(props.asyncInference === undefined
        ? {}
        : {
            asyncInferenceConfig: inferAsynchronously(props.asyncInference, {
              endpointName,
              endpointKey: encryptionKey,
              maxConcurrency,
              grantee: role,
              argue,
            }),
          }),
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
    pools: readonly Pool[],
    config: CfnEndpointConfig,
    models: readonly CfnModel[],
    names: { readonly endpointName: string; readonly componentName?: string },
  ): CfnEndpoint {
    const { endpointName, componentName } = names;
    // Alarms and scaling must hold for whichever pool serves: the one that answers most slowly.
    const { spec, plan } = slowest(pools).serving;
    const { min, max } = instanceCounts(props);
    const schedules = props.schedules ?? [];
    const scales = max === undefined || min === undefined || max > min || schedules.length > 0;
    const maxConcurrency = plan.maxConcurrency ?? UNPLANNED_CONCURRENCY;
    // An asynchronous endpoint publishes none of the metrics that they watch.
    const own =
      props.alarms === false || props.asyncInference !== undefined
        ? []
        : makeAlarms(this, {
            endpointName,
            variantName: VARIANT_NAME,
            componentName,
            spec,
            fullBatch: estimateFullBatch(spec, plan.maxConcurrency),
            maxConcurrency,
            maxInstanceCount: max ?? min ?? 1,
            actions: props.alarmActions ?? [],
          }).rollback;
    const rollbackAlarms = [...own, ...(props.rollbackAlarms ?? [])];
    const alarms = rollbackAlarms.map(({ alarmName }) => ({ alarmName }));
    const seconds = Math.max(...pools.map(({ serving }) => startSeconds(serving)));
    const strategy = props.deploymentStrategy ?? DeploymentStrategy.allAtOnce();
    const scaling = {
      target: scalingTarget(props.scalingTarget, maxConcurrency),
      scaleInCooldown: props.scaleInCooldown ?? Duration.minutes(15),
      scaleOutCooldown:
        props.scaleOutCooldown ?? Duration.seconds(Math.max(MIN_SCALE_OUT_COOLDOWN.toSeconds(), seconds)),
      schedules,
    };
    if (componentName !== undefined) {
      const host = new CfnEndpoint(this, 'Host', {
        endpointName,
        endpointConfigName: config.attrEndpointConfigName,
      });
      this.node.defaultChild = host;
      const specifications = pools.map(({ instanceType, serving }, index) => ({
        instanceType: instanceType.instanceTypeName,
        model: models[index],
        reserves: reservationFor(serving.spec, 'alone'),
        timeouts: serving.spec.endpoint ?? {},
      }));
      const perInstance = Math.min(
        ...specifications.map(({ reserves }, index) => copiesOnOneInstance(pools[index].serving.spec, reserves)),
      );
      const component = makeComponent(this, 'Component', {
        componentName,
        endpointName: host.attrEndpointName,
        variantName: VARIANT_NAME,
        specifications,
        copies: 1,
        startSeconds: seconds,
        strategy: props.deploymentStrategy,
        rollbackAlarms,
      });
      const target = scaleComponent(this, {
        ...scaling,
        componentName,
        minCapacity: 0,
        maxCapacity: times(props.maxInstanceCount ?? 1, perInstance),
        scheduleFactor: perInstance,
      });
      // It knows the component by its name alone.
      target.node.addDependency(component);
      return host;
    }
    const endpoint = new CfnEndpoint(this, 'Resource', {
      endpointName,
      endpointConfigName: config.attrEndpointConfigName,
      deploymentConfig: {
        ...strategy._render({ startSeconds: seconds }),
        ...(alarms.length === 0 ? {} : { autoRollbackConfiguration: { alarms } }),
      },
      // Otherwise every update would set the number of instances back to the initial one, in the middle of the day.
      ...(scales ? { retainAllVariantProperties: true } : {}),
    });
    if (scales)
      (props.asyncInference === undefined ? scaleVariant : scaleBacklog)(this, {
        ...scaling,
        endpointName: endpoint.attrEndpointName,
        variantName: VARIANT_NAME,
        minCapacity: props.minInstanceCount ?? min ?? 1,
        maxCapacity: props.maxInstanceCount ?? max ?? 1,
      });
    return endpoint;
  }
}

/** In the order in which they are tried; each but the first names the model it serves. */
function instancePools(pools: readonly Pool[], models: readonly CfnModel[]): CfnEndpointConfig.InstancePoolProperty[] {
  return pools.map(({ instanceType }, index) => ({
    instanceType: instanceType.instanceTypeName,
    priority: index + 1,
    ...(index === 0 || models.length === 0 ? {} : { modelNameOverride: models[index].attrModelName }),
  }));
}

function slowest(pools: readonly Pool[]): Pool {
  const pace = ({ serving }: Pool): number => serving.plan.interTokenMs ?? 0;
  return pools.reduce((a, b) => (pace(b) > pace(a) ? b : a));
}

function poolArtefact({ spec, answer, rendered }: Serving, gate: Judgement | undefined) {
  return { spec, plan: answer, ...qualityOf(gate), ...rendered };
}

function qualityOf(gate: Judgement | undefined): { readonly quality?: GateFigures } {
  return gate?.figures === undefined ? {} : { quality: gate.figures };
}

/** A gate's word on each pool, in their order; what it said of one already, it does not say again of another. */
function judgePools(gate: QualityGate | undefined, pools: readonly Pool[]): Judgement[] {
  if (gate === undefined) return [];
  const said = new Set<string>();
  return pools.map((pool, index) => {
    const asked = gatedEndpoint(pool.serving.spec);
    const { findings, figures } = gate._judge(asked);
    const isNew = !said.has(JSON.stringify(asked));
    said.add(JSON.stringify(asked));
    return { findings: isNew ? findings.map((one) => ofPool(one, index, pool)) : [], figures };
  });
}

/** Source: AWS tagging rules; what else a name may hold becomes a hyphen. */
function tagValue(value: string): string {
  return value.replace(/[^\p{L}\p{Z}\p{N}_.:/=+\-@]/gu, '-').slice(0, 256);
}
