import { Lazy, Resource, Token, type IResolvable } from 'aws-cdk-lib';
import type { Connections, IConnectable } from 'aws-cdk-lib/aws-ec2';
import type { IGrantable, IPrincipal, IRole } from 'aws-cdk-lib/aws-iam';
import { CfnEndpoint, CfnEndpointConfig, type EndpointReference, type IEndpointRef } from 'aws-cdk-lib/aws-sagemaker';
import { propertyInjectable } from 'aws-cdk-lib/core/lib/prop-injectable';
import type { Construct } from 'constructs';
import { QuantizedEndpointsError } from '../../lib/errors';
import { capacityOf, fleetFindings, idleInstances, packFleet, type CopyCount, type Fleet } from '../../lib/fleet';
import { findInstance } from '../../lib/hardware';
import type { Instance } from '../../lib/hardware/types';
import { costEstimate, currentPrices } from '../../lib/plan';
import type { Finding } from '../../lib/rules/types';
import { coldStartFinding, managedScaling, scaleInFindings } from '../endpoint/component';
import { chooseCommonAmi } from '../endpoint/defaults';
import { placeInVpc, type EndpointNetwork } from '../endpoint/network';
import { UNPLANNED_CONCURRENCY } from '../endpoint/plan-figures';
import { reportFindings } from '../endpoint/report';
import { executionRole, type ArguedRole } from '../endpoint/role';
import { inFlightLimit, RoutingStrategy } from '../endpoint/routing';
import { vpcConfig } from '../endpoint/sagemaker-model';
import { startSeconds } from '../endpoint/serving';
import { capacityReservationFindings, monthlyCostFindings, volumeTakesKey } from '../endpoint/validation';
import { argueRule } from '../shared/argue';
import { known } from '../shared/known';
import { usePlanningFiles } from '../shared/planning-files';
import { uniqueName } from '../shared/unique-name';
import { writeFleet } from './artefact';
import { FleetModel } from './fleet-model';
import type { FleetHost, Guest } from './host';
import { type FleetModelProps, type ModelFleetProps } from './props';

/** The one production variant. */
const VARIANT_NAME = 'AllTraffic';

/**
 * One endpoint for several quantized models that share its instances, each as an inference component with copies,
 * scaling, alarms and permissions of its own.
 *
 * The planner works out what a copy of each model takes (accelerators, host memory) and packs the copies on the
 * instances. Models that do not fit together are refused at synth, with the sum; `<construct>.fleet.json` in the cloud
 * assembly says which model lies where.
 *
 * An update of one model (its weights, image, variables or size) replaces its copies in rolling batches and leaves the
 * others alone; an alarm of the model that goes off meanwhile, or copies that do not come up, undo it. While a batch is
 * replaced it needs room beside the old copies: an instance more, or free accelerators.
 *
 * All instances are of one type. CloudFormation has no word for parts of a GPU (MIG), so that a copy takes whole ones.
 *
 * @example
 * const fleet = new ModelFleet(this, 'Assistants', {
 *   instanceType: InstanceType.G6_12XLARGE,
 *   maxInstanceCount: 2,
 * });
 * const chat = fleet.addModel('Chat', {
 *   model: ModelSource.huggingFace('Qwen/Qwen2.5-7B-Instruct-AWQ'),
 *   maxModelLen: 8_192,
 *   maxCopies: 4,
 * });
 */
@propertyInjectable
export class ModelFleet extends Resource implements IEndpointRef, IConnectable, IGrantable {
  /** Uniquely identifies this class for property injection. */
  public static readonly PROPERTY_INJECTION_ID: string = 'cdk-quantized-endpoints.ModelFleet';

  /** @attribute */
  public readonly endpointArn: string;

  /** @attribute */
  public readonly endpointName: string;

  /** Name of the production variant on whose instances the models lie. */
  public readonly variantName: string = VARIANT_NAME;

  /** Role that SageMaker assumes to serve the models. */
  public readonly role: IRole;

  /** Role that SageMaker assumes to serve the models. */
  public readonly grantPrincipal: IPrincipal;

  private readonly config: CfnEndpointConfig;
  private readonly network: EndpointNetwork | undefined;
  private readonly argued: ArguedRole;
  private readonly instance: Instance | undefined;
  private readonly guests: Guest[] = [];
  private readonly networkIsolation: IResolvable;

  constructor(
    scope: Construct,
    id: string,
    private readonly props: ModelFleetProps,
  ) {
    super(scope, id, { physicalName: props.endpointName });
    usePlanningFiles(this);
    this.instance = findInstance(known(props.instanceType.instanceTypeName) ?? '');
    const endpointName = props.endpointName ?? uniqueName(this);
    this.network = placeInVpc(this, props, false);
    this.argued = executionRole(this, props.role, { endpointName, network: this.network });
    this.role = this.argued.role;
    this.grantPrincipal = this.role.grantPrincipal;
    this.networkIsolation = Lazy.any({ produce: () => this.isIsolated() });

    reportFindings(this, [
      ...monthlyCostFindings(
        { maxMonthlyCost: props.maxMonthlyCost, instances: known(maxInstances(props)) },
        { instanceType: this.instance?.instanceType, region: known(this.stack.region) },
        costEstimate(this.instance?.instanceType, known(this.stack.region), null, currentPrices()),
      ),
      ...scaleInFindings(props.managedScaleIn),
      ...capacityReservationFindings(props.capacityReservationArn),
    ]);
    this.config = this.makeConfig();
    const endpoint = new CfnEndpoint(this, 'Resource', {
      endpointName,
      endpointConfigName: this.config.attrEndpointConfigName,
    });
    endpoint.node.addDependency(...this.argued.policies);
    this.endpointArn = endpoint.ref;
    this.endpointName = this.getResourceNameAttribute(endpoint.attrEndpointName);
    this.node.addValidation({ validate: () => this.problems() });
    writeFleet(this, () => this.artefact());
  }

  /** Reference for other resources. */
  public get endpointRef(): EndpointReference {
    return { endpointArn: this.endpointArn };
  }

  /** Network connections of the containers, for a fleet in a VPC. */
  public get connections(): Connections {
    if (this.network === undefined)
      throw new QuantizedEndpointsError('ENDPOINT_NOT_IN_VPC', `${this.node.path} has no network connections`, {
        got: 'a fleet without vpc',
        allowed: 'a fleet in a VPC',
        fix: 'give vpc',
      });
    return this.network.connections;
  }

  /** A model on the instances of the fleet. */
  public addModel(id: string, props: FleetModelProps): FleetModel {
    return FleetModel._add(this, id, props, this.host());
  }

  private host(): FleetHost {
    return {
      props: this.props,
      instance: this.instance,
      endpointName: this.endpointName,
      endpointArn: this.endpointArn,
      variantName: VARIANT_NAME,
      config: this.config,
      argued: this.argued,
      network: this.network,
      networkIsolation: this.networkIsolation,
      admit: (guest) => this.admit(guest),
      describe: () => this.describe(),
    };
  }

  private admit(guest: Guest): readonly Finding[] {
    const { routing, minInstanceCount, inferenceAmiVersion } = this.props;
    const { spec } = guest.serving;
    this.guests.push(guest);
    const fleet = this.fleet();
    const findings: Finding[] = fleet === undefined ? [] : fleetFindings(fleet);
    findings.push(...(routing?._findings(spec.container?.family ?? 'custom', spec.options?.enablePrefixCaching) ?? []));
    if (inferenceAmiVersion === undefined && this.guests.length > 1 && chooseCommonAmi(this.specs()).conflict)
      findings.push(driversConflict(guest));
    if (known(minInstanceCount) === 0 && guest.member.minCopies === 0)
      findings.push(coldStartFinding(startSeconds(guest.serving)));
    return findings;
  }

  /** Undefined where the instance type is not known at synth. */
  private fleet(): Fleet | undefined {
    if (this.instance === undefined) return undefined;
    const { props } = this;
    return {
      instance: this.instance,
      minInstances: known(props.minInstanceCount ?? 1) ?? 0,
      // As many as it takes, where only deployment knows.
      maxInstances: known(maxInstances(props)) ?? Infinity,
      members: this.guests.map(({ member }) => member),
    };
  }

  private specs() {
    return this.guests.map(({ serving }) => serving.spec);
  }

  private describe(): string {
    const count = this.instancesFor('initialCopies');
    const models = this.guests.length === 1 ? '1 model' : `${this.guests.length} models`;
    return count === undefined
      ? `${models} in the fleet`
      : `the fleet begins with ${models} on ${count} × ${this.instance!.instanceType}`;
  }

  private instancesFor(copies: CopyCount): number | undefined {
    const fleet = this.fleet();
    return fleet === undefined ? undefined : packFleet(fleet, copies)?.instances.length;
  }

  private isIsolated(): boolean {
    return this.props.networkIsolation ?? this.guests.every(({ serving }) => serving.recipe.model.modelData !== 'hub');
  }

  /** What is wrong with the fleet as a whole, which only its last model completes. */
  private problems(): string[] {
    if (this.guests.length === 0)
      return ['FLEET_WITHOUT_MODELS: the fleet has no models, and would be paid for all the same; fix: call addModel'];
    const fleet = this.fleet();
    const idle = fleet === undefined ? 0 : idleInstances(fleet);
    if (idle === 0) return [];
    return [
      `FLEET_LARGER_THAN_ITS_MODELS: even with their most copies the models leave ${idle} of ${fleet!.minInstances} instances empty; ` +
        `fix: set minInstanceCount to ${fleet!.minInstances - idle}, or raise maxCopies`,
    ];
  }

  private makeConfig(): CfnEndpointConfig {
    const { props, instance } = this;
    const takesKey = instance === undefined || volumeTakesKey({ model: {}, instanceType: instance.instanceType });
    const key = takesKey ? props.encryptionKey : undefined;
    // Source: SageMaker API, CreateEndpointConfig, `KmsKeyId`: the execution role must be let use the key.
    key?.grant(this.role, 'kms:CreateGrant', 'kms:Decrypt', 'kms:DescribeKey', 'kms:GenerateDataKeyWithoutPlaintext');
    const { minInstanceCount = 1, routing = RoutingStrategy.leastOutstandingRequests() } = props;
    const config = new CfnEndpointConfig(this, 'Config', {
      executionRoleArn: this.role.roleArn,
      enableNetworkIsolation: this.networkIsolation,
      ...(this.network === undefined ? {} : { vpcConfig: vpcConfig(this.network) }),
      productionVariants: [
        {
          variantName: VARIANT_NAME,
          instanceType: props.instanceType.instanceTypeName,
          initialInstanceCount: props.initialInstanceCount ?? Lazy.number({ produce: () => this.initialInstances() }),
          initialVariantWeight: 1,
          managedInstanceScaling: managedScaling(minInstanceCount, maxInstances(props), props.managedScaleIn),
          routingConfig: routing._render(Lazy.number({ produce: () => this.leastConcurrency() })),
          inferenceAmiVersion: Lazy.string({
            produce: () => props.inferenceAmiVersion ?? chooseCommonAmi(this.specs()).inferenceAmiVersion,
          }),
          volumeSizeInGb: Lazy.number({ produce: () => this.volumeSize() }),
          ...(props.capacityReservationArn === undefined
            ? {}
            : {
                capacityReservationConfig: {
                  capacityReservationPreference: 'capacity-reservations-only',
                  mlReservationArn: props.capacityReservationArn,
                },
              }),
        },
      ],
      ...(key === undefined ? {} : { kmsKeyId: key.keyArn }),
    });
    if (!takesKey)
      argueRule(
        config,
        'SageMakerEndpointConfigurationKMSKeyConfigured',
        `${instance!.instanceType} has local NVMe storage, which its hardware encrypts; SageMaker refuses a key for it.`,
      );
    return config;
  }

  private initialInstances(): number {
    const least = known(this.props.minInstanceCount ?? 1) ?? 1;
    return Math.max(1, least, this.instancesFor('initialCopies') ?? 1);
  }

  /** One threshold holds for the copies of all models: that of the one that takes the fewest requests. */
  private leastConcurrency(): number {
    const concurrency = this.guests.map(({ serving }) => serving.plan.maxConcurrency ?? UNPLANNED_CONCURRENCY);
    return inFlightLimit(Math.min(...concurrency));
  }

  /** Room for one copy of each model; undefined where the type takes no volume or the service's own is enough. */
  private volumeSize(): number | undefined {
    if (this.props.volumeSize !== undefined) return this.props.volumeSize.toGibibytes();
    const sizes = this.guests
      .map(({ serving }) => serving.spec.endpoint?.volumeSizeInGb)
      .filter((size) => size !== undefined);
    return sizes.length === 0
      ? undefined
      : Math.min(
          LARGEST_VOLUME_GB,
          sizes.reduce((sum, size) => sum + size, 0),
        );
  }

  private artefact() {
    const fleet = this.fleet();
    const packed = (copies: CopyCount) => (fleet === undefined ? null : (packFleet(fleet, copies) ?? null));
    const { props, instance } = this;
    return {
      schema: 1 as const,
      constructPath: this.node.path,
      instanceType: Token.isUnresolved(props.instanceType.instanceTypeName)
        ? 'known at deployment'
        : props.instanceType.instanceTypeName,
      instances: {
        min: known(props.minInstanceCount ?? 1) ?? 0,
        initial: known(props.initialInstanceCount) ?? this.initialInstances(),
        max: known(maxInstances(props)) ?? 0,
      },
      ...(instance === undefined ? {} : { capacity: capacityOf(instance) }),
      models: this.guests.map(({ member, constructPath, componentName, adapters }) => ({
        id: member.id,
        constructPath,
        inferenceComponentName: componentName,
        reserves: member.reserves,
        copies: { min: member.minCopies, initial: member.initialCopies, max: member.maxCopies },
        adapters,
      })),
      packing: { initial: packed('initialCopies'), most: packed('maxCopies') },
    };
  }
}

/** Source: SageMaker API, `VolumeSizeInGB`. */
const LARGEST_VOLUME_GB = 512;

function maxInstances({ minInstanceCount = 1, initialInstanceCount, maxInstanceCount }: ModelFleetProps): number {
  return maxInstanceCount ?? initialInstanceCount ?? (known(minInstanceCount) === 0 ? 1 : minInstanceCount);
}

function driversConflict({ member }: Guest): Finding {
  return {
    rule: 'FLEET_DRIVERS_CONFLICT',
    severity: 'error',
    message: `all models of a fleet run on one GPU driver, and ${member.id} runs with none that serves the others`,
    got: `the container of ${member.id}`,
    allowed: 'containers whose CUDA versions one driver serves',
    fix: 'give the models containers of the same CUDA version, or put this one into a fleet of its own',
    path: '/container/version',
  };
}
