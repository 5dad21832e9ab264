export { longestLoop, type Loop } from './loop';
export { readStream, readWhole, UnreadableAnswer } from './read';
export { smokeTestResource, type SmokeTestPorts } from './resource';
export { runSmokeTest } from './run';
export { faultsOf } from './sanity';
export type {
  Answer,
  EndpointPort,
  Fault,
  SmokePrompt,
  SmokeTestResult,
  SmokeTestSettings,
  StreamedAnswer,
} from './types';
