export { isNamed, isPassing, poll } from './poll';
export { CustomResourceFailure, runCustomResource } from './run';
export type {
  Clock,
  CustomResource,
  CustomResourceEvent,
  CustomResourcePorts,
  CustomResourceResponse,
  Outcome,
  Turn,
} from './types';
