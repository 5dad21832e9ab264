import type { Explanation } from '../types';

/** What `SmokeTest` finds in its props. */
export const smokeTestExplanations: readonly Explanation[] = [
  {
    id: 'SMOKE_TEST_PROMPTS_OUT_OF_RANGE',
    severity: 'error',
    summary: 'a smoke test asks at least one question, and not so many that it takes long',
    explanation:
      'The test is part of the deployment: CloudFormation waits for it, and users are served by the new model meanwhile. Without a question it would pass whatever was deployed; with many, the way back would begin late. Quality over many prompts is measured by `qe benchmark --quality`, and watched by QualityMonitor.',
    source: 'AWS Lambda quotas, function timeout: 15 minutes',
  },
  {
    id: 'SMOKE_TEST_PROMPT_EMPTY',
    severity: 'error',
    summary: 'a prompt of the smoke test asks something, and does not accept everything',
    explanation:
      'Every text contains the empty text, so that an empty `contains` would look like a check and be none. An empty prompt is refused by most servers.',
    source: 'OpenAI API reference, chat completions, messages',
  },
  {
    id: 'SMOKE_TEST_TOKENS_OUT_OF_RANGE',
    severity: 'error',
    summary: 'the answers that a smoke test asks for fit into the context and into the time of a request',
    explanation:
      'The time between tokens needs two tokens at least. An answer that is longer than the context is refused by the server, and one that takes longer than a minute is cut by SageMaker: either would fail the deployment of a sound model.',
    source: 'SageMaker runtime API, InvokeEndpoint: 60 seconds',
  },
  {
    id: 'SMOKE_TEST_SPEED_FACTOR_OUT_OF_RANGE',
    severity: 'error',
    summary: 'the smoke test accepts the speed that is planned',
    explanation:
      'Times are accepted up to the planned time multiplied by the factor. The plan is an estimate: below 1, and mostly already near 1, a deployment that is as it should be would be undone.',
    source: 'the planner’s own error against published measurements',
  },
  {
    id: 'SMOKE_TEST_SPEED_NOT_MEASURED',
    severity: 'error',
    summary: 'limits on speed come with streamed answers',
    explanation:
      'When the first token came, and how fast the others followed, can be seen in a stream only. A whole answer takes as long as it is long.',
    source: 'SageMaker runtime API, InvokeEndpointWithResponseStream',
  },
  {
    id: 'SMOKE_TEST_SPEED_NOT_LIMITED',
    severity: 'warning',
    summary: 'a smoke test knows what is too slow',
    explanation:
      'Limits follow from the plan. Of an endpoint that is made elsewhere, or of a model of which nothing is known, there is none; the answers are then judged by what they say alone.',
    source: 'EndpointPlan of the endpoint',
  },
  {
    id: 'SMOKE_TEST_OF_ASYNC_ENDPOINT',
    severity: 'error',
    summary: 'a smoke test asks a real-time endpoint',
    explanation:
      'Requests to an asynchronous endpoint go through a queue, and answers into a bucket. InvokeEndpoint is refused by it, so that the test would fail every deployment.',
    source: 'SageMaker developer guide, asynchronous inference',
  },
  {
    id: 'SMOKE_TEST_RUNS_ONCE',
    severity: 'warning',
    summary: 'a smoke test runs again when what is served changes',
    explanation:
      'CloudFormation calls a custom resource when one of its properties changes. Names of the model and of the endpoint configuration are among them where the endpoint is made in the same app; of another endpoint nothing is known that changes, unless `triggers` say it.',
    source: 'AWS CloudFormation user guide, custom resources, update requests',
  },
];
