export { isNamed, isPassing, poll } from './poll';
export { CustomResourceFailure, runCustomResource } from './run';
export { isSettling } from './settling';
export { isWorthARun, until } from './turn';
export type {
  Clock,
  CustomResource,
  CustomResourceEvent,
  CustomResourcePorts,
  CustomResourceResponse,
  Outcome,
  Turn,
} from './types';
