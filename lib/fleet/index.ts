export { pack, scarcest } from './pack';
export { capacityOf, reservationOf } from './reserve';
export type { Demand, Packing, Placement, Reservation } from './types';
