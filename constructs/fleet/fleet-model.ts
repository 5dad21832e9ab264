import { Annotations, Duration, Tags } from 'aws-cdk-lib';
import type { CfnInferenceComponent, CfnModel } from 'aws-cdk-lib/aws-sagemaker';
import type { Construct } from 'constructs';
import { capacityOf, describeReservation, type FleetMember, type Reservation } from '../../lib/fleet';
import { expectationsOf } from '../../lib/observe';
import type { Finding } from '../../lib/rules/types';
import { makeAlarms } from '../endpoint/alarms';
import { componentStrategyFindings, makeComponent } from '../endpoint/component';
import { tryResolve } from '../endpoint/defaults';
import { QuantizedEndpointBase } from '../endpoint/endpoint-base';
import type { MadeEndpoint } from '../endpoint/made';
import { modelRecipe } from '../endpoint/model-recipe';
import { estimateFullBatch, scalingTarget, UNPLANNED_CONCURRENCY, type EndpointPlan } from '../endpoint/plan-figures';
import type { RealTimeEndpointProps } from '../endpoint/props';
import { reportFindings, writePlan } from '../endpoint/report';
import { reservationFor } from '../endpoint/reservation';
import { makeSageMakerModel } from '../endpoint/sagemaker-model';
import { scaleComponent } from '../endpoint/scaling';
import { scheduleFindings } from '../endpoint/schedule';
import { startSeconds, type Serving } from '../endpoint/serving';
import { environmentAtDeployment } from '../endpoint/spec';
import { stackFindings } from '../endpoint/validation';
import { gatedEndpoint } from '../quality-gate/gated';
import { tagQuality } from '../quality-gate/tags';
import { known, withoutUndefined } from '../shared/known';
import { uniqueName } from '../shared/unique-name';
import { planOnFewest } from './degree';
import type { FleetHost } from './host';
import { LoraAdapter, type LoraAdapterProps } from './lora-adapter';
import { CopyPlacement, type FleetModelProps, type ModelFleetProps } from './props';

const MIN_SCALE_OUT_COOLDOWN = Duration.minutes(5);

/**
 * A model in a `ModelFleet`: an inference component with a plan, alarms and scaling of its own. Callers name it beside
 * the endpoint (`inferenceComponentName`); whoever is granted to invoke it may invoke this model of the fleet.
 */
export class FleetModel extends QuantizedEndpointBase {
  public readonly endpointArn: string;
  public readonly endpointName: string;
  public readonly variantName: string;
  public readonly inferenceComponentName?: string;

  /** Main figures of the plan, for each copy; the price is that of a whole instance. */
  public readonly plan: EndpointPlan;

  private readonly component: CfnInferenceComponent;
  private readonly cfnModel: CfnModel;
  private readonly serving: Serving;
  private readonly member: FleetMember;
  private readonly adapters: string[] = [];

  /** @internal */
  public static _add(scope: Construct, id: string, props: FleetModelProps, host: FleetHost): FleetModel {
    return new FleetModel(scope, id, props, host);
  }

  private constructor(
    scope: Construct,
    id: string,
    props: FleetModelProps,
    private readonly host: FleetHost,
  ) {
    super(scope, id);
    const { endpointArn, endpointName, variantName, argued, network } = host;
    this.endpointArn = endpointArn;
    this.endpointName = endpointName;
    this.variantName = variantName;
    const componentName = uniqueName(this);
    this.inferenceComponentName = componentName;

    const counts = copyCounts(props, host.props);
    const recipe = modelRecipe(this, props, host.instance);
    const { model, container } = recipe;
    const asIfAlone = endpointProps(props, host);
    this.serving = planOnFewest(
      this,
      asIfAlone,
      recipe,
      {
        endpointName: host.props.endpointName ?? uniqueName(scope),
        networkIsolation: host.props.networkIsolation ?? model.modelData !== 'hub',
        copyCount: known(counts.initial) ?? 1,
      },
      host.instance,
    );
    const { spec, answer, rendered } = this.serving;
    this.plan = this.serving.plan;
    const reserves = reservationOf(this.serving, props);
    const member = memberOf(id, counts, reserves);
    this.member = member;

    const gate = props.qualityGate?._judge(gatedEndpoint(spec));
    const findings: Finding[] = [
      ...model.findings,
      ...container.findings,
      ...(recipe.speculative?._findings() ?? []),
      ...answer.findings,
      ...stackFindings(this, asIfAlone, spec, answer),
      ...(known(host.props.minInstanceCount) === 0 ? [] : componentStrategyFindings(props.deploymentStrategy)),
      ...scheduleFindings(props.schedules, { most: known(counts.max), takesZero: counts.min === 0, unit: 'copies' }),
      ...host.admit({
        member,
        serving: this.serving,
        constructPath: this.node.path,
        componentName,
        adapters: this.adapters,
      }),
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
    if (findings.every(({ severity }) => severity !== 'error'))
      Annotations.of(this).addInfo(summary(model.name, this.serving, member, host));

    const policies = [
      ...argued.allowModel({ repositoryArn: container.repositoryArn, componentName }),
      ...model.grantRead(argued.role, argued.argue),
    ];
    const cfnModel = makeSageMakerModel(this, 'Model', {
      container,
      model,
      environment: { ...rendered.environment, ...environmentAtDeployment(asIfAlone, this.serving.recipe) },
      networkIsolation: host.networkIsolation,
      role: argued.role,
      network,
      policies,
    });
    this.cfnModel = cfnModel;
    this.component = this.makeComponent(props, counts, reserves, cfnModel, componentName);
    Tags.of(this).add('cdk-quantized-endpoints:quantization', tryResolve(spec)?.scheme.name ?? 'unknown');
    if (gate?.figures !== undefined) tagQuality(this, [gate.figures]);
  }

  /** @internal */
  public override _made(): MadeEndpoint {
    const { minCopies, maxCopies, reserves } = this.member;
    const { usdPerHour, ...expected } = expectationsOf(this.serving.spec);
    const share = this.host.instance && shareOf(reserves, capacityOf(this.host.instance));
    return {
      plan: this.plan,
      expected: withoutUndefined({
        ...expected,
        gpus: expected.gpus === 0 ? 0 : reserves.accelerators,
        usdPerHour:
          usdPerHour === undefined || share === undefined ? undefined : Number((usdPerHour * share).toFixed(4)),
        minInstanceCount: minCopies,
        maxInstanceCount: maxCopies,
      }),
      unit: 'copy',
      config: this.host.config,
      model: this.cfnModel,
      component: this.component,
    };
  }

  /**
   * A LoRA adapter for this model, invoked by an inference component of its own. The model must be one with
   * `enableLora`; adapters share its copies and their memory.
   */
  public addAdapter(id: string, props: LoraAdapterProps): LoraAdapter {
    const { spec } = this.serving;
    const options = tryResolve(spec)?.options;
    this.adapters.push(id);
    return LoraAdapter._add(this, id, props, {
      host: this.host,
      component: this.component,
      componentName: this.inferenceComponentName!,
      adapters: this.adapters.length,
      base: {
        id: this.node.id,
        family: spec.container?.family ?? 'custom',
        modelId: spec.model.id,
        enableLora: options?.enableLora ?? false,
        maxLoraRank: options?.maxLoraRank ?? 0,
        maxLoras: options?.maxLoras ?? 1,
      },
    });
  }

  private makeComponent(
    props: FleetModelProps,
    counts: CopyCounts,
    reserves: Reservation,
    model: CfnModel,
    componentName: string,
  ): CfnInferenceComponent {
    const { endpointName, variantName } = this.host;
    const { spec } = this.serving;
    const maxConcurrency = this.plan.maxConcurrency ?? UNPLANNED_CONCURRENCY;
    const seconds = startSeconds(this.serving);
    const own =
      props.alarms === false
        ? []
        : makeAlarms(this, {
            endpointName,
            variantName,
            componentName,
            spec,
            fullBatch: estimateFullBatch(spec, this.plan.maxConcurrency),
            maxConcurrency,
            maxInstanceCount: 1,
            actions: this.host.props.alarmActions ?? [],
          }).rollback;
    const component = makeComponent(this, 'Component', {
      componentName,
      endpointName,
      variantName,
      specifications: [{ model, reserves, timeouts: spec.endpoint ?? {} }],
      copies: counts.initial,
      startSeconds: seconds,
      strategy: props.deploymentStrategy,
      rollbackAlarms: [...own, ...(props.rollbackAlarms ?? [])],
      placement: this.host.props.placement ?? CopyPlacement.BINPACK,
    });
    const { min, max } = counts;
    const schedules = props.schedules ?? [];
    if (known(min) === undefined || known(max) === undefined || max > min || schedules.length > 0)
      scaleComponent(this, {
        componentName,
        minCapacity: min,
        maxCapacity: max,
        target: scalingTarget(props.scalingTarget, maxConcurrency),
        scaleInCooldown: props.scaleInCooldown ?? Duration.minutes(15),
        scaleOutCooldown:
          props.scaleOutCooldown ?? Duration.seconds(Math.max(MIN_SCALE_OUT_COOLDOWN.toSeconds(), seconds)),
        schedules,
      }).node.addDependency(component);
    return component;
  }
}

/** May be numbers that only deployment knows. */
interface CopyCounts {
  readonly min: number;
  readonly initial: number;
  readonly max: number;
}

function copyCounts(props: FleetModelProps, { minInstanceCount }: ModelFleetProps): CopyCounts {
  // The last instance goes only when no model has a copy any more: whoever asks for the one asks for the other.
  const { minCopies = known(minInstanceCount) === 0 ? 0 : 1, maxCopies, initialCopies } = props;
  const atLeastOne = known(minCopies) === 0 ? 1 : minCopies;
  return { min: minCopies, initial: initialCopies ?? atLeastOne, max: maxCopies ?? initialCopies ?? atLeastOne };
}

function memberOf(id: string, { min, initial, max }: CopyCounts, reserves: Reservation): FleetMember {
  const initialCopies = known(initial) ?? 1;
  return {
    id,
    reserves,
    minCopies: known(min) ?? 0,
    initialCopies,
    // Of a number that only deployment knows, no more can be told than that the first copies fit.
    maxCopies: known(max) ?? initialCopies,
  };
}

/** What a copy takes from others of an instance: its part of whatever it takes most of. */
function shareOf(copy: Reservation, instance: Reservation): number {
  const resources = ['accelerators', 'cpuCores', 'memoryBytes'] as const;
  return Math.max(...resources.map((name) => (instance[name] === 0 ? 0 : copy[name] / instance[name])));
}

function reservationOf({ spec }: Serving, { memory, cpuCores }: FleetModelProps): Reservation {
  const planned = reservationFor(spec, 'shared');
  return {
    ...planned,
    ...(memory === undefined ? {} : { memoryBytes: memory.toBytes() }),
    ...(known(cpuCores) === undefined ? {} : { cpuCores: cpuCores! }),
  };
}

/** The model as an endpoint of its own would be asked for. */
function endpointProps(props: FleetModelProps, { props: fleet }: FleetHost): RealTimeEndpointProps {
  const { schedules: _schedules, qualityGate: _gate, ...own } = props;
  const { instanceType, vpc, inferenceAmiVersion, volumeSize, minInstanceCount, maxInstanceCount } = fleet;
  return {
    ...own,
    instanceType,
    vpc,
    inferenceAmiVersion,
    volumeSize,
    minInstanceCount,
    maxInstanceCount: maxInstanceCount ?? (known(minInstanceCount) === 0 ? 1 : minInstanceCount),
    initialInstanceCount: fleet.initialInstanceCount,
  };
}

function summary(modelName: string, { plan }: Serving, member: FleetMember, host: FleetHost): string {
  const parts = [`${describeReservation(member.reserves)} a copy`];
  if (plan.maxModelLen !== undefined && plan.maxConcurrency !== undefined)
    parts.push(`${plan.maxModelLen.toLocaleString('en-US')} tokens × ${plan.maxConcurrency} sequences`);
  if (plan.interTokenMs !== undefined) parts.push(`about ${Number(plan.interTokenMs.toPrecision(2))} ms a token`);
  const { minCopies, maxCopies } = member;
  const copies = minCopies === maxCopies ? String(maxCopies) : `${minCopies} to ${maxCopies}`;
  parts.push(`${copies} ${copies === '1' ? 'copy' : 'copies'}`);
  return `${modelName}: ${parts.join(', ')}; ${host.describe()}`;
}
