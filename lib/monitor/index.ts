export {
  plainRequestBody,
  readAnswer,
  requestBody,
  TOP_LOGPROBS,
  type Answer,
  type Position,
  type TokenLogprob,
} from './answer';
export { readCaptured, type CapturedExchange } from './captured';
export {
  addRun,
  DEFAULT_DRIFT_OPTIONS,
  driftEvidence,
  leadingProcess,
  promptsToDetect,
  startDrift,
  type Baseline,
  type DriftObservation,
  type DriftOptions,
  type DriftState,
  type WatchedProcess,
} from './drift';
export { eValue } from './e-process';
export { FIGURES, scoreAnswer, type Figure, type Losses, type ScoredAnswer } from './figures';
export {
  DEFAULT_CATEGORY,
  DEFAULT_MAX_TOKENS,
  EXPECTATIONS,
  parsePrompts,
  type ChatMessage,
  type Expectation,
  type MonitorPrompt,
} from './prompts';
export { draw, random, seedOf } from './random';
export { divergence, type Divergence } from './scores/divergence';
export { cosine } from './scores/embedding';
export { judgeLoss, judgeRequest, readVerdict, type Verdict } from './scores/judge';
export { repetition } from './scores/repetition';
export { normalize, similarity } from './scores/text-match';
export { isValid, withoutFence, type JavaScriptParser } from './scores/validity';
export { ALL, summarize, worstAnswers, type CategorySummary } from './summary';
