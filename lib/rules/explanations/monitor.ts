import type { Explanation } from '../types';

/** What monitors of answers find in their props and prompts. */
export const monitorExplanations: readonly Explanation[] = [
  {
    id: 'PROMPT_SET_UNREADABLE',
    severity: 'error',
    summary: 'the prompt set is a file of JSON lines',
    explanation:
      'It is read while the app runs, and copied into the assets of the deployment. The path is taken from the directory in which the app runs.',
    source: 'PromptSet of this library; docs/quality.md',
  },
  {
    id: 'PROMPT_SET_EMPTY',
    severity: 'error',
    summary: 'the prompt set holds prompts',
    explanation:
      'Nothing can be said of answers to no prompt. Some hundred in several categories find small losses soon.',
    source: 'PromptSet of this library; docs/quality.md',
  },
  {
    id: 'PROMPT_ID_REPEATED',
    severity: 'error',
    summary: 'each prompt has an id of its own',
    explanation: 'Answers of two days are compared prompt by prompt, which the id tells apart.',
    source: 'PromptSet of this library',
  },
  {
    id: 'QUALITY_REFERENCE_MISSING',
    severity: 'error',
    summary: 'something says what full precision answers',
    explanation:
      'The monitor compares answers of the quantized model with those of its original: from another endpoint, from one that is started for the purpose, or written beside each prompt. Without any of them there is nothing to compare with.',
    source: 'QualityMonitor of this library; docs/quality.md',
  },
  {
    id: 'QUALITY_REFERENCE_IS_ITSELF',
    severity: 'error',
    summary: 'the reference is another endpoint than the one that is watched',
    explanation: 'An endpoint that is compared with itself never loses anything, and no alarm would ever ring.',
    source: 'QualityMonitor of this library',
  },
  {
    id: 'QUALITY_TRAFFIC_WITHOUT_REFERENCE',
    severity: 'error',
    summary: 'captured traffic is compared with a reference that can be asked any day',
    explanation:
      'Written answers belong to the prompts of the set, and a temporary endpoint is gone after it has answered those. What users asked yesterday takes an endpoint that stays.',
    source: 'QualityMonitor of this library; docs/quality.md',
  },
  {
    id: 'QUALITY_PROMPT_TOO_LONG',
    severity: 'error',
    summary: 'answers to the prompts fit into the context of the endpoint',
    explanation:
      'Prompt and answer share maxModelLen. A request whose maxTokens alone reaches it is refused by the server every day.',
    source: 'the plan of the endpoint',
  },
  {
    id: 'QUALITY_PROMPT_SET_SMALL',
    severity: 'warning',
    summary: 'the prompt set is large enough to show a loss',
    explanation:
      'The loss of a quantized model lies in rare kinds of requests. A handful of prompts finds large losses only, and says nothing of kinds that it does not have.',
    source: 'QualityMonitor of this library; docs/quality.md',
  },
  {
    id: 'QUALITY_EMBEDDINGS_UNCLEAR',
    severity: 'error',
    summary: 'embeddings of answers come from one place',
    explanation: 'Distances between vectors of two models mean nothing: name a Bedrock model or an endpoint, not both.',
    source: 'QualityMonitor of this library',
  },
  {
    id: 'QUALITY_PROMPTS_OUT_OF_RANGE',
    severity: 'error',
    summary: 'the number of prompts of a run is one that a run can do',
    explanation: 'Too few prompts decide nothing in months; too many outlast the time that a function has.',
    source: 'QualityMonitor of this library; AWS Lambda quotas',
  },
  {
    id: 'QUALITY_RATE_OUT_OF_RANGE',
    severity: 'error',
    summary: 'the rate of false alarms is a share above 0 and up to one half',
    explanation: 'With 0 no alarm may ever ring; above one half a coin would do as well.',
    source: 'QualityMonitor of this library',
  },
  {
    id: 'QUALITY_TOLERANCE_OUT_OF_RANGE',
    severity: 'error',
    summary: 'the tolerated loss is a share between 0 and 1',
    explanation:
      'It is written 0.02 for 2 %. A loss of nothing cannot be told from chance, and one of all is no limit.',
    source: 'QualityMonitor of this library',
  },
  {
    id: 'QUALITY_CONCURRENCY_OUT_OF_RANGE',
    severity: 'error',
    summary: 'the monitor asks a few prompts at a time',
    explanation: 'Its requests stand in the same queue as those of users, whom it should not keep waiting.',
    source: 'QualityMonitor of this library',
  },
  {
    id: 'QUALITY_INTERVAL_OUT_OF_RANGE',
    severity: 'error',
    summary: 'the interval of the watch is whole minutes within its limits',
    explanation:
      'A schedule has minutes as its smallest unit, and a job that is looked after rarely runs, and costs, for longer than it needs.',
    source: 'Amazon EventBridge Scheduler user guide, rate expressions',
  },
  {
    id: 'QUALITY_SAMPLES_OUT_OF_RANGE',
    severity: 'error',
    summary: 'the number of captured requests to compare is one that a run can do',
    explanation:
      'Each is asked of the reference once more; more of them than a run has time for would be dropped unseen.',
    source: 'QualityMonitor of this library',
  },
];
