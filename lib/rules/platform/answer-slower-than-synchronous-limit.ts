import { limitOf } from '../../container';
import { found } from '../helpers/finding';
import { LLAMA_8B } from '../helpers/samples';
import type { Rule } from '../types';

const example = (outputTokens: number, asyncInference = false) => ({
  model: { config: LLAMA_8B },
  container: { family: 'vllm' },
  instanceType: 'ml.g5.2xlarge',
  options: { maxModelLen: 16384, maxNumSeqs: 4 },
  workload: { inputTokens: 512, outputTokens, concurrency: 1 },
  endpoint: { asyncInference, inferenceAmiVersion: 'al2023-ami-sagemaker-inference-gpu-4-1' },
});

export const answerSlowerThanSynchronousLimit: Rule = {
  id: 'ANSWER_SLOWER_THAN_SYNCHRONOUS_LIMIT',
  severity: 'warning',
  summary: 'an answer is ready within the 60 seconds of a synchronous invocation',
  explanation:
    'InvokeEndpoint waits 60 seconds for the whole answer, whatever the container is set to. Long generations need InvokeEndpointWithResponseStream, which delivers tokens as they come, or an asynchronous endpoint.',
  source: 'SageMaker API, InvokeEndpoint; deepjavalibrary/djl-serving#2648, aws/sagemaker-python-sdk#1119',
  examples: { passes: [example(128), example(8192, true)], fails: [example(8192)] },
  evaluate({ spec, plan }) {
    const tokens = spec.workload?.outputTokens;
    const { timeToFirstTokenMs, interTokenMs } = plan.estimate;
    if (tokens === undefined || interTokenMs === null || spec.endpoint?.asyncInference === true) return [];
    const seconds = ((timeToFirstTokenMs ?? 0) + tokens * interTokenMs) / 1000;
    const [, most] = limitOf('SynchronousSeconds');
    if (seconds <= most) return [];
    const within = Math.max(1, Math.floor((most * 1000 - (timeToFirstTokenMs ?? 0)) / interTokenMs));
    return [
      found({
        what: `${tokens} output tokens take about ${Math.round(seconds)} seconds here, and InvokeEndpoint times out after ${most}`,
        got: `outputTokens ${tokens}`,
        allowed: `about ${within} tokens`,
        fix: 'call InvokeEndpointWithResponseStream, or make the endpoint asynchronous',
        path: '/workload/outputTokens',
      }),
    ];
  },
};
