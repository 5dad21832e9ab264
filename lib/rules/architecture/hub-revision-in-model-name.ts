import { serverName } from '../helpers/engine';
import { shown } from '../helpers/environment';
import { found } from '../helpers/finding';
import { isHubId } from '../helpers/model-source';
import { LLAMA_8B } from '../helpers/samples';
import type { Rule, RuleContext } from '../types';

const example = (id: string, family = 'vllm', parts: object = {}) => ({
  model: { id, config: LLAMA_8B },
  container: { family },
  options: { maxModelLen: 4096 },
  ...parts,
});

/** `org/model:branch` and `org/model@commit`; a place in S3 or on a disk is another form. */
const WITH_REVISION = /^([\w.-]+\/[\w.-]+)([:@])([\w./-]+)$/;

/** Variables that name the model to a server, those that win in front; and those that name its revision. */
const NAMES = ['SM_VLLM_MODEL', 'SM_SGLANG_MODEL_PATH', 'OPTION_MODEL_ID', 'HF_MODEL_ID'] as const;
const REVISIONS: Readonly<Record<string, string>> = {
  vllm: 'SM_VLLM_REVISION',
  sglang: 'SM_SGLANG_REVISION',
  lmi: 'OPTION_REVISION',
};

export const hubRevisionInModelName: Rule = {
  id: 'HUB_REVISION_IN_MODEL_NAME',
  severity: 'error',
  summary: 'a model of the hub is named without its branch or commit',
  explanation:
    "A name on the Hugging Face hub is `org/model`; its branch or commit is an argument of its own. vLLM, SGLang and LMI hand the name to huggingface_hub as it is, which refuses another character before anything is fetched: \"Repo id must use alphanumeric chars, '-', '_' or '.'\". Only GGUF takes a type after a colon, in vLLM from 0.12 on and in llama.cpp.",
  source:
    'huggingface_hub/utils/_validators.py of 1.33.0, `validate_repo_id`; vllm/transformers_utils/gguf_utils.py of 0.13.0, `is_remote_gguf`; sgl-project/sglang#302',
  examples: {
    passes: [
      example('meta-llama/Llama-3.1-8B'),
      example('bartowski/Llama-GGUF:Q4_K_M', 'vllm', { quantization: 'gguf:Q4_K_M' }),
      example('s3://bucket/a:b/', 'vllm', { endpoint: { modelData: 's3-prefix' } }),
    ],
    fails: [
      example('TheBloke/Llama-2-7B-GPTQ:gptq-4bit-32g-actorder_True', 'sglang'),
      example('org/model@main'),
      example('org/model', 'lmi', { environment: { HF_MODEL_ID: 'org/model:main' } }),
    ],
  },
  evaluate(context) {
    const { container, scheme } = context;
    const variable = REVISIONS[container?.family ?? ''];
    if (variable === undefined || scheme.layout === 'gguf') return [];
    const named = nameGiven(context);
    const match = named === undefined ? null : WITH_REVISION.exec(named.value);
    if (named === undefined || match === null) return [];
    const [, name, mark, revision] = match;
    if (!isHubId(name)) return [];
    return [
      found({
        what: `${serverName(context)} hands the name to the hub as it is, which knows no name with a "${mark}" in it`,
        got: named.variable === undefined ? named.value : shown(named.variable, named.value),
        allowed: 'org/model',
        fix: `name the model ${name} and set ${variable} to ${revision}`,
        path: named.variable === undefined ? '/model/id' : `/environment/${named.variable}`,
      }),
    ];
  },
};

/** What the server is told to fetch; nothing where the weights are not of the hub. */
function nameGiven({ spec }: RuleContext): { readonly variable?: string; readonly value: string } | undefined {
  const data = spec.endpoint?.modelData;
  if (data !== undefined && data !== 'hub') return undefined;
  const variable = NAMES.find((name) => spec.environment?.[name] !== undefined);
  const value = variable === undefined ? spec.model.id : spec.environment?.[variable];
  return value === undefined || !/[:@]/.test(value)
    ? undefined
    : { ...(variable === undefined ? {} : { variable }), value };
}
