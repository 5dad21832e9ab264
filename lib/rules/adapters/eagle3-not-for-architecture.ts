import { lookup } from '../../text/lookup';
import type { ModelDescription } from '../../model/types';
import { isVllm, serverName } from '../helpers/engine';
import { anyOf, found } from '../helpers/finding';
import { GEMMA2_2B, GPT_OSS_20B, LLAMA_8B, QWEN25_7B, QWEN3_MOE } from '../helpers/samples';
import { speculationOf } from '../helpers/speculation';
import type { Rule, RuleContext } from '../types';

const example = (config: object, version: string) => ({
  model: { config },
  container: { family: 'vllm', version },
  options: { maxModelLen: 4096 },
  speculative: { method: 'eagle3', model: 'head', tokens: 3 },
});

/** Families by `model_type`, of which a part must be in the target’s; from 0.21 on nothing asks. Source: vllm/config, `eagle3_target_supported`, `aux_hidden_states_supported`. */
const FAMILIES: readonly (readonly [since: string, families: readonly string[]])[] = [
  ['0.8.5', ['llama']],
  ['0.10.1', ['qwen']],
  ['0.11.0', ['minicpm', 'gpt_oss']],
  ['0.16.0', ['hunyuan_vl', 'hunyuan_v1_dense', 'afmoe']],
  ['0.17.0', ['nemotron_h']],
  ['0.18.0', ['deepseek_v2', 'deepseek_v3', 'kimi_k2', 'kimi_k25']],
  ['0.20.0', ['minimax_m2', 'gemma4']],
];
const ASKED_FOR = { since: '0.8.5', before: '0.21.0' };

/** From 0.10.1 on the class must hand out hidden states, whatever its family: the first version that does, or none. Source: `SupportsEagle3` in vllm/model_executor/models to 0.33. */
const HANDS_OUT: Readonly<Record<string, string | null>> = {
  Gemma2ForCausalLM: null,
  Gemma3ForCausalLM: null,
  Gemma3ForConditionalGeneration: null,
  Glm4MoeForCausalLM: null,
  Llama4ForConditionalGeneration: '0.11.1',
  MixtralForCausalLM: null,
  MllamaForConditionalGeneration: null,
  Qwen2ForCausalLM: '0.10.2',
  Qwen2MoeForCausalLM: null,
  Qwen2VLForConditionalGeneration: null,
  Qwen2_5_VLForConditionalGeneration: '0.11.1',
  Qwen3MoeForCausalLM: '0.11.1',
  Qwen3NextForCausalLM: '0.24.0',
  Qwen3VLForConditionalGeneration: '0.12.0',
  Qwen3VLMoeForConditionalGeneration: '0.12.0',
};

/** The `model_type` of the part that generates. */
function textType({ config, modelType }: ModelDescription): string {
  const text = (config.text_config ?? config.llm_config) as { readonly model_type?: unknown } | null | undefined;
  return String(text?.model_type ?? config.model_type ?? modelType);
}

/** What this version has EAGLE 3 for, where that is not this model. */
function allowedInstead(context: RuleContext, model: ModelDescription): string | undefined {
  const type = textType(model);
  const families = FAMILIES.filter(([since]) => isVllm(context, { since })).flatMap(([, names]) => names);
  if (isVllm(context, ASKED_FOR) && !families.some((family) => type.includes(family))) return anyOf(families);
  const since = lookup(HANDS_OUT, model.architecture);
  if (since === undefined || !isVllm(context, { since: '0.10.1' })) return undefined;
  if (since === null) return 'another model';
  return isVllm(context, { since }) ? undefined : `vLLM ${since} or newer`;
}

export const eagle3NotForArchitecture: Rule = {
  id: 'EAGLE3_NOT_FOR_ARCHITECTURE',
  severity: 'error',
  summary: 'EAGLE 3 is used on a model family that this version prepared for it',
  explanation:
    'EAGLE 3 reads hidden states of several layers, which each model must hand out: "Eagle3 is only supported for Llama models." The list of families grew from version to version, and went with 0.21; since 0.10.1 the class itself is asked: "Model does not support EAGLE3 interface but aux_hidden_state_outputs was requested", as of Qwen3’s mixtures before 0.11.1.',
  source:
    'vllm/config/speculative.py by version; vllm/v1/worker/gpu_model_runner.py, `supports_eagle3`; vllm-project/vllm#25134, #33329',
  holdsFor: 'vLLM 0.8.5 and later, each model from its own version on',
  examples: {
    passes: [
      example(LLAMA_8B, '0.9.2'),
      example(QWEN3_MOE, '0.11.1'),
      example(QWEN25_7B, '0.10.2'),
      example(GPT_OSS_20B, '0.11.0'),
      example(GEMMA2_2B, '0.8.4'),
      { ...example(GEMMA2_2B, '0.9.2'), speculative: { method: 'ngram', tokens: 3 } },
    ],
    fails: [
      example(QWEN3_MOE, '0.10.1'),
      example(QWEN25_7B, '0.10.0'),
      example(GEMMA2_2B, '0.30.0'),
      example(GPT_OSS_20B, '0.10.2'),
      example(GEMMA2_2B, '0.10.2'),
      example(GEMMA2_2B, '0.8.5'),
    ],
  },
  evaluate(context) {
    const { model } = context;
    if (model === undefined || speculationOf(context)?.method !== 'eagle3') return [];
    const allowed = allowedInstead(context, model);
    if (allowed === undefined) return [];
    return [
      found({
        what: `${serverName(context)} supports EAGLE 3 for some models only`,
        got: `${model.architecture}, model_type ${textType(model)}`,
        allowed,
        fix: 'use ngram, or a newer image',
        path: '/speculative/method',
      }),
    ];
  },
};
