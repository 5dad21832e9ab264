import { fetchedBytes } from '../../plan';
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

/** LMI gives up a model that is not loaded by then, and its server fetches from the hub meanwhile. */
const LOADING = ['OPTION_MODEL_LOADING_TIMEOUT', 'MODEL_LOADING_TIMEOUT'];

function loadingVariable({ container, spec }: RuleContext): string | undefined {
  if (spec.environment === undefined || container?.environmentPrefix !== 'OPTION_') return undefined;
  if (modelFrom(spec) !== 'hub') return undefined;
  return LOADING.find((name) => /^\d+$/.test(spec.environment?.[name] ?? ''));
}

export const timeoutBelowDownload: Rule = {
  id: 'TIMEOUT_BELOW_DOWNLOAD',
  severity: 'warning',
  summary: 'the weights can be fetched before the timeout that is asked for is over',
  explanation:
    'A container that fetches its model from the hub does so before it answers the first health check, and SageMaker fetches a model in S3 within the download timeout. Half a gigabyte a second is what either gives at best; a timeout below the size of the weights at that speed ends the endpoint while it still loads: "did not pass the ping health check". Importing the server and capturing its graphs come on top, three quarters of a minute for vLLM and SGLang. LMI has a timeout of its own for loading, OPTION_MODEL_LOADING_TIMEOUT, within which its server fetches from the hub.',
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
      {
        ...example(LLAMA_70B, {}),
        container: { family: 'lmi' },
        environment: { OPTION_MODEL_LOADING_TIMEOUT: '120' },
      },
    ],
  },
  evaluate(context) {
    const { spec } = context;
    const field = timeoutOf(context);
    const asked = field === undefined ? undefined : spec.endpoint?.[field];
    const variable = loadingVariable(context);
    if (asked === undefined && variable === undefined) return [];
    const bytes = fetchedBytes(spec.model, context.plan);
    if (bytes === null) return [];
    const starts = field === 'startupHealthCheckTimeoutSeconds' && needsGpu(context);
    const seconds = Math.ceil(bytes / FASTEST) + (starts ? STARTING : 0);
    const tooShort = (name: string, timeout: number, path: string) =>
      found({
        what: `fetching ${gib(bytes)} of weights${starts ? ' and starting the server' : ''} takes about ${count(seconds)} seconds at best, longer than ${name} lasts`,
        got: `${name} ${timeout}`,
        allowed: `${Math.min(3600, seconds)} to 3600`,
        fix: `set ${name} to ${Math.min(3600, Math.max(900, seconds * 2))}`,
        path,
      });
    const loads = variable === undefined ? undefined : Number(spec.environment?.[variable]);
    return [
      ...(field !== undefined && asked !== undefined && seconds > asked
        ? [tooShort(field, asked, `/endpoint/${field}`)]
        : []),
      ...(variable !== undefined && loads !== undefined && seconds > loads
        ? [tooShort(variable, loads, `/environment/${variable}`)]
        : []),
    ];
  },
};
