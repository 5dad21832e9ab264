import type { IResolvable } from 'aws-cdk-lib';
import type { CfnEndpointConfig } from 'aws-cdk-lib/aws-sagemaker';
import type { Finding } from '../../lib/rules/types';
import type { FleetMember } from '../../lib/fleet';
import type { Instance } from '../../lib/hardware/types';
import type { EndpointNetwork } from '../endpoint/network';
import type { ArguedRole } from '../endpoint/role';
import type { Serving } from '../endpoint/serving';
import type { ModelFleetProps } from './props';

/** A model as its fleet knows it. */
export interface Guest {
  readonly member: FleetMember;
  readonly serving: Serving;
  readonly constructPath: string;
  readonly componentName: string;
  readonly adapters: readonly string[];
}

/** The fleet, as its models see it. */
export interface FleetHost {
  readonly props: ModelFleetProps;
  readonly instance?: Instance;
  readonly endpointName: string;
  readonly endpointArn: string;
  readonly variantName: string;
  readonly config: CfnEndpointConfig;
  readonly argued: ArguedRole;
  readonly network?: EndpointNetwork;
  /** Of all containers, once all models are known. */
  readonly networkIsolation: IResolvable;

  /** Takes a model in; what is wrong with it, and with it among the others. */
  admit(guest: Guest): readonly Finding[];

  /** The fleet in a few words, with all models so far. */
  describe(): string;
}
