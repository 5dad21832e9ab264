import { found } from '../helpers/finding';
import { isHubId, modelFrom } from '../helpers/model-source';
import { speculationOf } from '../helpers/speculation';
import { LLAMA_8B } from '../helpers/samples';
import type { Rule, RuleContext } from '../types';

const example = (rest: object, modelData?: string, id = 'org/model') => ({
  model: { id, config: LLAMA_8B },
  container: { family: 'vllm' },
  endpoint: { networkIsolation: true, modelData },
  ...rest,
});

/** Variables that name a model, or a part of one, to download. */
const MODEL_VARIABLES = [
  'HF_MODEL_ID',
  'OPTION_MODEL_ID',
  'OPTION_S3URL',
  'SM_VLLM_MODEL',
  'SM_SGLANG_MODEL_PATH',
  'SM_LLAMA_CPP_HF_REPO',
  'SM_ON_MODEL',
  'SM_VLLM_TOKENIZER',
  'OPTION_TOKENIZER',
  'SM_SGLANG_TOKENIZER_PATH',
  'SM_SGLANG_SPECULATIVE_DRAFT_MODEL_PATH',
  'OPTION_SPECULATIVE_DRAFT_MODEL',
];

interface Download {
  readonly what: string;
  readonly path: string;
  /** False: an image of one's own may hold the weights, and the model's id only say which model it is. */
  readonly isSure?: boolean;
}

function downloads(context: RuleContext): Download | undefined {
  const { spec } = context;
  const variable = MODEL_VARIABLES.find((name) => isRemote(spec.environment?.[name]));
  if (variable !== undefined)
    return { what: `${variable}=${spec.environment?.[variable]}`, path: `/environment/${variable}` };
  // A variable that names a folder says more than the model's id, which may only be there to be read by people.
  const isLocal = MODEL_VARIABLES.some((name) => spec.environment?.[name]?.startsWith('/'));
  if (modelFrom(spec) === 'hub' && !isLocal)
    return {
      what: `model ${spec.model.id ?? ''} from the hub`.replace('  ', ' '),
      path: '/endpoint/networkIsolation',
      isSure: spec.container?.family !== 'custom' || spec.endpoint?.modelData !== undefined,
    };
  const adapters = adaptersOf(spec.environment);
  if (adapters !== undefined) return adapters;
  const draft = speculationOf(context);
  if (draft?.model === undefined || !isHubId(draft.model)) return undefined;
  return {
    what: `draft model ${draft.model}`,
    path: draft.path === '/speculative' ? '/speculative/model' : draft.path,
  };
}

/** Variables that list adapters: `name=path` in one or more words, or the same as JSON. */
const ADAPTER_VARIABLES = ['SM_VLLM_LORA_MODULES', 'OPTION_LORA_MODULES', 'SM_SGLANG_LORA_PATHS'];

/** An adapter that is named as the hub names repositories. A folder in the working directory may look alike, and nobody puts one there. */
function adaptersOf(environment: Readonly<Record<string, string>> | undefined): Download | undefined {
  if (environment === undefined) return undefined;
  for (const variable of ADAPTER_VARIABLES) {
    const words = environment[variable]?.split(/[\s,"'{}[\]]+/).map((word) => word.slice(word.indexOf('=') + 1));
    const adapter = words?.find(isHubId);
    if (adapter !== undefined) return { what: `adapter ${adapter}`, path: `/environment/${variable}` };
  }
  return undefined;
}

function isRemote(value: string | undefined): boolean {
  // llama-server takes a quantization after the repository: org/name:Q4_K_M.
  return (
    value !== undefined &&
    (isHubId(value.replace(/:[\w.-]+$/, '')) || value.startsWith('s3://') || value.startsWith('http'))
  );
}

export const networkIsolationNeedsLocalModel: Rule = {
  id: 'NETWORK_ISOLATION_NEEDS_LOCAL_MODEL',
  severity: 'error',
  summary: 'a container without network has nothing to download',
  explanation:
    'With EnableNetworkIsolation the container has no network at all, not even to S3 or the hub: the download fails and the endpoint stays in Creating until its health check times out. SageMaker itself still fetches a model given as an S3 prefix, before the container starts. An image of one’s own may hold its weights: there a hub id alone is a warning.',
  source: 'botocore sagemaker/2017-07-24, EnableNetworkIsolation; SageMaker docs, mkt-algo-model-internet-free',
  needs: ['endpoint'],
  examples: {
    passes: [
      example({}, 's3-prefix', 's3://bucket/model/'),
      example({ environment: { SM_VLLM_MODEL: '/opt/ml/model' } }, 's3-prefix', '/opt/ml/model'),
      // From the folder that SageMaker has filled, weights are streamed without a network.
      example({ options: { loadFormat: 'runai_streamer' } }, 's3-prefix', 's3://bucket/model/'),
      example({ environment: { SM_VLLM_LORA_MODULES: 'sql=/opt/ml/model/sql' } }, 's3-prefix', 's3://bucket/model/'),
      { ...example({}, 'hub'), endpoint: { modelData: 'hub' } },
    ],
    fails: [
      example({}),
      example({}, 'hub'),
      example({ environment: { HF_MODEL_ID: 'org/other' } }, 's3-prefix', 's3://bucket/model/'),
      example({ environment: { OPTION_S3URL: 's3://bucket/model/' } }, 's3-prefix', 's3://bucket/model/'),
      example(
        { options: { loadFormat: 'runai_streamer' }, environment: { SM_VLLM_MODEL: 's3://bucket/model/' } },
        's3-prefix',
        's3://bucket/model/',
      ),
      example(
        { container: { family: 'llama-cpp' }, environment: { SM_LLAMA_CPP_HF_REPO: 'org/model-GGUF:Q4_K_M' } },
        's3-prefix',
        's3://bucket/model/',
      ),
      example(
        {
          environment: {
            SM_VLLM_SPECULATIVE_CONFIG: '{"method":"eagle3","model":"org/head","num_speculative_tokens":3}',
          },
        },
        's3-prefix',
        's3://bucket/model/',
      ),
      example({ speculative: { method: 'draft', model: 'org/small', tokens: 4 } }, 's3-prefix', 's3://bucket/model/'),
      example({ environment: { SM_VLLM_LORA_MODULES: 'sql=org/adapter' } }, 's3-prefix', 's3://bucket/model/'),
    ],
  },
  evaluate(context) {
    if (context.spec.endpoint?.networkIsolation !== true) return [];
    const download = downloads(context);
    if (download === undefined) return [];
    return [
      found({
        what: 'network isolation leaves the container without any network, so that it cannot download from the hub or S3',
        got: download.what,
        allowed: 'files that SageMaker puts into /opt/ml/model',
        fix: 'put the model under an S3 prefix and set modelData to s3-prefix, or turn networkIsolation off',
        path: download.path,
        severity: download.isSure === false ? 'warning' : undefined,
      }),
    ];
  },
};
