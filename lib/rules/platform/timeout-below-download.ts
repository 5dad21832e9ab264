import { needsGpu } from '../helpers/engine';
import { count, found, gib } from '../helpers/finding';
import { modelFrom } from '../helpers/model-source';
import { LLAMA_70B, LLAMA_8B, QWEN3_SMALL } from '../helpers/samples';
import type { Rule, RuleContext } from '../types';

const example = (config: object, endpoint: object, id = 'org/model') => ({
  model: { id, config },
  container: { family: 'vllm' },
  options: { maxModelLen: 4096 },
  endpoint,
});

/** Seconds in which vLLM and SGLang are imported, and capture their graphs, even for a small model on a warm disk. */
const STARTING = 45;

/** Bytes a second that the hub and S3 are seen to give one instance at best, in many streams. */
const FASTEST = 500e6;

type Timeout = 'startupHealthCheckTimeoutSeconds' | 'modelDataDownloadTimeoutSeconds';

/** The timeout in which the weights are fetched: the container fetches from the hub itself, SageMaker from S3 before it starts. */
function timeoutOf({ spec, container }: RuleContext): Timeout | undefined {
  const from = modelFrom(spec);
  if (from === 'hub' && container !== undefined) return 'startupHealthCheckTimeoutSeconds';
  return from === 's3-prefix' || from === 's3-tarball' ? 'modelDataDownloadTimeoutSeconds' : undefined;
}

export const timeoutBelowDownload: Rule = {
  id: 'TIMEOUT_BELOW_DOWNLOAD',
  severity: 'warning',
  summary: 'the weights can be fetched before the timeout that is asked for is over',
  explanation:
    'A container that fetches its model from the hub does so before it answers the first health check, and SageMaker fetches a model in S3 within the download timeout. Half a gigabyte a second is what either gives at best; a timeout below the size of the weights at that speed ends the endpoint while it still loads: "did not pass the ping health check". Importing the server and capturing its graphs come on top, three quarters of a minute for vLLM and SGLang.',
  source:
    'SageMaker docs, large-model-inference-hosting: raise both timeouts for large models; aws/aws-cdk#35566; Hugging Face hub docs, hf_transfer',
  examples: {
    passes: [
      example(QWEN3_SMALL, { startupHealthCheckTimeoutSeconds: 60 }),
      example(LLAMA_8B, { startupHealthCheckTimeoutSeconds: 120 }),
      example(LLAMA_70B, { startupHealthCheckTimeoutSeconds: 900 }),
      example(LLAMA_70B, { startupHealthCheckTimeoutSeconds: 60 }, 's3://bucket/model/'),
    ],
    fails: [
      example(LLAMA_8B, { startupHealthCheckTimeoutSeconds: 60 }),
      example(LLAMA_70B, { startupHealthCheckTimeoutSeconds: 120 }),
      example(LLAMA_70B, { modelDataDownloadTimeoutSeconds: 120 }, 's3://bucket/model/'),
    ],
  },
  evaluate(context) {
    const { spec } = context;
    const field = timeoutOf(context);
    const timeout = field === undefined ? undefined : spec.endpoint?.[field];
    if (field === undefined || timeout === undefined) return [];
    const bytes = spec.model.weightBytes ?? context.plan.checkpointBytes;
    if (bytes === null) return [];
    const starts = field === 'startupHealthCheckTimeoutSeconds' && needsGpu(context);
    const seconds = Math.ceil(bytes / FASTEST) + (starts ? STARTING : 0);
    if (seconds <= timeout) return [];
    return [
      found({
        what: `fetching ${gib(bytes)} of weights${starts ? ' and starting the server' : ''} takes about ${count(seconds)} seconds at best, longer than ${field} lasts`,
        got: `${field} ${timeout}`,
        allowed: `${Math.min(3600, seconds)} to 3600`,
        fix: `set ${field} to ${Math.min(3600, Math.max(900, seconds * 2))}`,
        path: `/endpoint/${field}`,
      }),
    ];
  },
};
