export { adapterFindings, parseAdapterConfig, type AdapterBase, type AdapterConfig } from './adapter';
export {
  describe as describeReservation,
  fleetFindings,
  idleInstances,
  packFleet,
  type CopyCount,
  type Fleet,
  type FleetMember,
} from './check';
export { pack, scarcest } from './pack';
export { capacityOf, reservationOf } from './reserve';
export type { Demand, Packing, Placement, Reservation } from './types';
