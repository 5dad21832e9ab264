import { findInstance, instanceTypes } from '../hardware';
import type { Instance } from '../hardware/types';
import type { Finding } from '../rules/types';
import { GIB } from '../units';
import { pack, scarcest } from './pack';
import { capacityOf } from './reserve';
import type { Packing, Reservation } from './types';

/** A model of a fleet: what a copy reserves, and how many there may be. */
export interface FleetMember {
  readonly id: string;
  readonly reserves: Reservation;
  readonly minCopies: number;
  readonly initialCopies: number;
  readonly maxCopies: number;
}

/** A fleet: models that share the instances of one endpoint. */
export interface Fleet {
  readonly instance: Instance;
  readonly minInstances: number;
  readonly maxInstances: number;
  readonly members: readonly FleetMember[];
}

/** Which of a member's numbers of copies is meant. */
export type CopyCount = 'minCopies' | 'initialCopies' | 'maxCopies';

/** All members at once on as few instances as possible; undefined where one of them fits on no instance. */
export function packFleet({ instance, members }: Fleet, count: CopyCount): Packing | undefined {
  return pack(
    members.map((member) => ({ id: member.id, copies: member[count], reserves: member.reserves })),
    capacityOf(instance),
  );
}

/**
 * What the last member changes: whether it fits on the fleet's instances, and beside the others. A fleet that does not
 * fit does not fit with more members either, so that each is judged when it is added.
 */
export function fleetFindings(fleet: Fleet): Finding[] {
  const newest = fleet.members[fleet.members.length - 1];
  const numbers = copyFindings(newest);
  if (numbers.length > 0) return numbers;
  const short = scarcest(newest.reserves, capacityOf(fleet.instance));
  if (short !== undefined) return [exceedsInstance(fleet, newest, short)];
  const initial = packFleet(fleet, 'initialCopies');
  const most = packFleet(fleet, 'maxCopies');
  // A member that fits on no instance has been reported when it was added.
  if (initial === undefined || most === undefined) return [];
  if (initial.instances.length > fleet.maxInstances) return [doesNotFit(fleet, newest, initial)];
  if (most.instances.length > fleet.maxInstances) return [maximaDoNotFit(fleet, most)];
  return [];
}

/** Instances that no copy will ever need; to be asked when the fleet is complete. */
export function idleInstances(fleet: Fleet): number {
  // What is wrong with its numbers was said when a member was added.
  if (fleet.members.some((member) => copyFindings(member).length > 0)) return 0;
  const most = packFleet(fleet, 'maxCopies');
  return most === undefined ? 0 : Math.max(0, fleet.minInstances - most.instances.length);
}

function copyFindings({ id, minCopies, initialCopies, maxCopies }: FleetMember): Finding[] {
  const got = `minCopies ${minCopies}, initialCopies ${initialCopies}, maxCopies ${maxCopies}`;
  const wrong = (message: string, allowed: string, fix: string): Finding[] => [
    { rule: 'FLEET_COPIES_OUT_OF_RANGE', severity: 'error', message: `${id}: ${message}`, got, allowed, fix },
  ];
  if ([minCopies, initialCopies, maxCopies].some((count) => !Number.isInteger(count) || count < 0))
    return wrong('copies are counted in whole numbers', '0 or more', 'give whole numbers');
  // Source: stdapi-ai/stdapi.ai#43, measured in August 2026.
  if (initialCopies === 0)
    return wrong(
      'an inference component cannot be created with no copy; only scaling may take the last one away',
      'initialCopies 1 or more',
      'set initialCopies to 1',
    );
  if (minCopies > maxCopies)
    return wrong(
      'the fewest copies are more than the most',
      'minCopies up to maxCopies',
      `set minCopies to ${maxCopies}`,
    );
  if (initialCopies < minCopies || initialCopies > maxCopies)
    return wrong(
      'the model begins with a number of copies that scaling does not allow',
      `initialCopies ${Math.max(1, minCopies)} to ${maxCopies}`,
      `set initialCopies to ${initialCopies > maxCopies ? maxCopies : minCopies}`,
    );
  return [];
}

function exceedsInstance({ instance }: Fleet, { id, reserves }: FleetMember, short: keyof Reservation): Finding {
  const larger = cheapestHolding(instance, reserves);
  return {
    rule: 'FLEET_MODEL_EXCEEDS_INSTANCE',
    severity: 'error',
    message: `a copy of ${id} takes more ${RESOURCE_NAMES[short]} than ${instance.instanceType} has for models`,
    got: amount(short, reserves[short]),
    allowed: `up to ${amount(short, capacityOf(instance)[short])}`,
    fix: larger === undefined ? 'use a larger instance type, or a smaller quantization' : `use ${larger}`,
    path: '/instanceType',
  };
}

function doesNotFit(fleet: Fleet, newest: FleetMember, initial: Packing): Finding {
  const { instance, maxInstances, members } = fleet;
  const needed = initial.instances.length;
  const list = members
    .map(({ id, initialCopies, reserves }) => `${initialCopies} × ${id} of ${describe(reserves)}`)
    .join(', ');
  return {
    rule: 'FLEET_DOES_NOT_FIT',
    severity: 'error',
    message:
      `with ${newest.id}, the models do not fit together on ${maxInstances} × ${instance.instanceType} of ${describe(capacityOf(instance))}: ` +
      `${list} need ${needed} instances${initial.optimal ? '' : ' as far as was searched'}`,
    got: `maxInstanceCount ${maxInstances}`,
    allowed: `${needed} or more`,
    fix: `set maxInstanceCount to ${needed}, give models fewer copies, or leave ${newest.id} to a fleet of its own`,
    path: '/endpoint/maxInstanceCount',
  };
}

function maximaDoNotFit({ instance, maxInstances, members }: Fleet, most: Packing): Finding {
  const needed = most.instances.length;
  return {
    rule: 'FLEET_MAXIMA_DO_NOT_FIT',
    severity: 'warning',
    message:
      `not all models can have their most copies at once: ${members.map(({ id, maxCopies }) => `${maxCopies} × ${id}`).join(', ')} ` +
      `need ${needed} × ${instance.instanceType}; whichever scales last waits for room`,
    got: `maxInstanceCount ${maxInstances}`,
    allowed: `${needed}, for all of them at once`,
    fix: `set maxInstanceCount to ${needed}, or acknowledge this where their loads do not come together`,
    path: '/endpoint/maxInstanceCount',
  };
}

const RESOURCE_NAMES: Readonly<Record<keyof Reservation, string>> = {
  accelerators: 'accelerators',
  cpuCores: 'CPU cores',
  memoryBytes: 'host memory',
};

function amount(name: keyof Reservation, value: number): string {
  return name === 'memoryBytes' ? `${(value / GIB).toFixed(1)} GiB` : String(value);
}

/** `2 accelerators and 9.4 GiB`, `3 cores and 5.1 GiB`. */
export function describe({ accelerators, cpuCores, memoryBytes }: Reservation): string {
  const device =
    accelerators > 0
      ? `${accelerators} ${accelerators === 1 ? 'accelerator' : 'accelerators'}`
      : `${cpuCores} ${cpuCores === 1 ? 'core' : 'cores'}`;
  return `${device} and ${amount('memoryBytes', memoryBytes)}`;
}

/** The smallest instance of the same accelerator, or CPU family, that holds a copy. */
function cheapestHolding(instance: Instance, reserves: Reservation): string | undefined {
  return instanceTypes()
    .map((type) => findInstance(type))
    .filter((other): other is Instance => other !== undefined)
    .filter(
      (other) =>
        (instance.accelerator === undefined
          ? other.family === instance.family
          : other.accelerator?.key === instance.accelerator.key) && scarcest(reserves, capacityOf(other)) === undefined,
    )
    .sort((a, b) => a.acceleratorCount - b.acceleratorCount || a.vcpus - b.vcpus)[0]?.instanceType;
}
