import { found } from '../helpers/finding';
import { draftOf, speculationTypes } from '../helpers/llama-cpp-draft';
import { LLAMA_8B, QWEN35_27B } from '../helpers/samples';
import type { Rule, RuleContext } from '../types';

const example = (environment: Record<string, string>, config: object = LLAMA_8B) => ({
  model: { config },
  quantization: 'gguf:Q4_K_M',
  container: { family: 'llama-cpp' },
  options: { maxModelLen: 4096, slots: 1 },
  environment,
});

/** Layers that guess, by the keys that count them: `num_nextn_predict_layers`, `mtp_num_hidden_layers`. */
const BRINGS_LAYERS = /nextn|mtp/i;

/** Their layers have no key of the config, or come in a file of their own. */
const LAYERS_WITHOUT_KEY =
  /^(Bailing|Deepseek|Ernie4|Exaone|Gemma4|Glm|HY|Hy|Kimi|Longcat|MiMo|NemotronH|Qwen3Moe|Qwen3Next|Qwen3_5|Qwen4|Step)/;

/** Drafts of other kinds, which have no such layers and share the one context with draft-mtp. */
const OTHER_DRAFTS = ['draft-eagle3', 'draft-dflash', 'draft-dspark'];

function bringsLayers({ model }: RuleContext): boolean {
  if (model === undefined || LAYERS_WITHOUT_KEY.test(model.architecture)) return true;
  const inner = model.config.text_config;
  const keys = [model.config, typeof inner === 'object' && inner !== null ? inner : {}].flatMap((one) =>
    Object.keys(one),
  );
  return keys.some((key) => BRINGS_LAYERS.test(key));
}

export const speculationNeedsMtpLayers: Rule = {
  id: 'SPECULATION_NEEDS_MTP_LAYERS',
  severity: 'error',
  summary: 'draft-mtp meets a model with layers for multi-token prediction',
  explanation:
    'With --spec-type draft-mtp llama-server makes a second context on the model’s own layers for multi-token prediction, or on those of the draft it is given. A model without them ends it at start: "context type MTP requested but model doesn\'t contain MTP layers", "failed to create MTP context". There is one such context, so that a draft of another kind (EAGLE-3, DFlash) beside draft-mtp ends so too.',
  source:
    'llama.cpp common/speculative.cpp, common_speculative_init_result; src/llama-context.cpp, llama_init_from_model',
  examples: {
    passes: [
      example({ SM_LLAMA_CPP_SPEC_TYPE: 'draft-mtp' }, QWEN35_27B),
      example({ SM_LLAMA_CPP_SPEC_TYPE: 'ngram-mod' }),
      example({ SM_LLAMA_CPP_SPEC_TYPE: 'draft-mtp', SM_LLAMA_CPP_MODEL_DRAFT: '/opt/ml/model/mtp-head.gguf' }),
      example({ SM_LLAMA_CPP_SPEC_TYPE: '${Token[TOKEN.12]}' }),
    ],
    fails: [
      example({ SM_LLAMA_CPP_SPEC_TYPE: 'draft-mtp' }),
      example({ SM_LLAMA_CPP_SPEC_TYPE: 'ngram-mod,draft-mtp', SM_LLAMA_CPP_SPEC_DRAFT_N_MAX: '3' }),
      example(
        { SM_LLAMA_CPP_SPEC_TYPE: 'draft-mtp,draft-dflash', SM_LLAMA_CPP_MODEL_DRAFT: '/opt/ml/model/dflash.gguf' },
        QWEN35_27B,
      ),
    ],
  },
  evaluate(context) {
    const { container, spec } = context;
    if (container?.engine !== 'llama.cpp') return [];
    const { name, types } = speculationTypes(spec);
    if (!types.includes('draft-mtp')) return [];
    const draft = draftOf(spec);
    const other =
      draft !== undefined && !BRINGS_LAYERS.test(draft[1]) && types.find((type) => OTHER_DRAFTS.includes(type));
    if (other)
      return [
        found({
          what: `draft-mtp and ${other} share one context in llama-server, and a draft for ${other} has no layers for multi-token prediction (MTP)`,
          got: `${name}=${types.join(',')} with ${draft[0]}`,
          allowed: 'one of the two',
          fix: `leave draft-mtp out of ${name}`,
          path: `/environment/${name}`,
        }),
      ];
    if (draft !== undefined || bringsLayers(context)) return [];
    return [
      found({
        what: `${context.model?.architecture} has no layers for multi-token prediction (MTP), and llama-server stops at draft-mtp ("failed to create MTP context")`,
        got: `${name}=${types.join(',')}`,
        allowed: 'ngram-mod, or a draft model with draft-simple',
        fix: `set ${name} to ngram-mod, or leave it out`,
        path: `/environment/${name}`,
      }),
    ];
  },
};
