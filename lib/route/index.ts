export { decide, explain, inWords, scoreOf, type Contribution, type Decision } from './classify/decide';
export {
  FEATURE_NAMES,
  FEATURES,
  featuresOf,
  turnsOf,
  type FeatureName,
  type Features,
  type Turn,
} from './classify/features';
export {
  boundariesFor,
  defaultShares,
  parseWeights,
  quantile,
  WeightsError,
  type Boundary,
  type FileBoundary,
  type Provenance,
  type WeightsFile,
} from './classify/weights';
export { ESCALATION_REASONS, type Backend, type EscalationReason, type RouterConfig, type TierConfig } from './config';
export { metricsLine } from './observe/metrics';
export { escalations, type Attempt, type Outcome, type RequestRecord } from './observe/record';
export { parseTraceHeader, traceDatagrams, type TraceHeader } from './observe/trace';
export type { Chunk, Usage } from './openai/chunk';
export { DEFAULT_LIMITS, type RequestLimits } from './openai/limits';
export { RequestRefused } from './openai/refusal';
export { failureOf, TierFailure, type FailureKind } from './router/failure';
export type {
  ClassifierInput,
  ClassifierPort,
  ConversationStore,
  HttpRequest,
  RequestContext,
  ResponseSink,
  RouterWorld,
  TierPort,
  TierRequest,
} from './router/ports';
export { Router } from './router/router';
export { readChunks } from './stream/chunks';
export { bedrockFailure, converseChunks, type ConverseEvent } from './bedrock/answer';
export { toConverse, type ConverseRequest } from './bedrock/request';
export { runtimeFailure, type RuntimeError } from './sagemaker/failure';
export { parseRouterConfig } from './parse-config';
export { toHttpRequest, type FunctionUrlEvent } from './function-url';
