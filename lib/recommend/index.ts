export { breakEvenOf } from './break-even';
export {
  CHOICE_ARCHITECTURES,
  CHOICE_GOALS,
  CHOICE_QUALITIES,
  choose,
  type Choice,
  type ChoiceArchitecture,
  type ChoiceGoal,
  type ChoiceQuality,
  type Question,
} from './choose';
export { endpointBreakEven } from './endpoint-break-even';
export { groupByContainer, type CandidateGroup } from './group';
export { guidance, guidedSchemes } from './guide';
export { recommend, type RecommendOptions } from './recommend';
export type { BreakEven, Candidate, Combination, Recommendation, Rejection } from './types';
