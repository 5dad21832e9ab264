import { found } from '../helpers/finding';
import { LLAMA_70B } from '../helpers/samples';
import type { Rule } from '../types';

const example = (outputTokens: number, endpoint: object = {}) => ({
  model: { config: LLAMA_70B },
  container: { family: 'vllm' },
  instanceType: 'ml.g6e.12xlarge',
  options: { maxModelLen: 8192, tensorParallelSize: 4 },
  workload: { inputTokens: 1000, outputTokens, concurrency: 1 },
  endpoint,
});

/** InvokeEndpoint waits this long for the whole answer. */
const SYNCHRONOUS_SECONDS = 60;

export const answerOutlastsInvocation: Rule = {
  id: 'ANSWER_OUTLASTS_INVOCATION',
  severity: 'warning',
  summary: 'an answer is complete before InvokeEndpoint gives up',
  explanation:
    'InvokeEndpoint ends after 60 seconds, whatever the container still does, and the limit cannot be raised. Long answers on a slow instance outlast it: stream them (InvokeEndpointWithResponseStream), or make the endpoint asynchronous.',
  source:
    'SageMaker Runtime API, InvokeEndpoint: "model containers must respond to requests within 60 seconds"; aws/sagemaker-python-sdk#1119',
  examples: { passes: [example(200), example(6000, { asyncInference: true })], fails: [example(6000)] },
  evaluate({ instance, plan, spec }) {
    const output = spec.workload?.outputTokens;
    if (instance === undefined || output === undefined || spec.endpoint?.asyncInference === true) return [];
    const { interTokenMs, timeToFirstTokenMs } = plan.estimate;
    if (interTokenMs === null) return [];
    const seconds = ((timeToFirstTokenMs ?? 0) + output * interTokenMs) / 1000;
    if (seconds <= SYNCHRONOUS_SECONDS) return [];
    const tokens = Math.floor((SYNCHRONOUS_SECONDS * 1000 - (timeToFirstTokenMs ?? 0)) / interTokenMs);
    return [
      found({
        what: `an answer of ${output} tokens takes about ${Math.round(seconds)} s, and InvokeEndpoint without streaming ends after ${SYNCHRONOUS_SECONDS} s`,
        got: `outputTokens ${output} at about ${interTokenMs.toFixed(0)} ms a token`,
        allowed: `about ${Math.max(0, tokens)} tokens without streaming`,
        fix: 'invoke with InvokeEndpointWithResponseStream, or set endpoint.asyncInference',
        path: '/workload/outputTokens',
      }),
    ];
  },
};
