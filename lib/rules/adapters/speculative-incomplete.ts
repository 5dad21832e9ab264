import { isVllm, serverName } from '../helpers/engine';
import { found } from '../helpers/finding';
import { LLAMA_8B, QWEN35_27B } from '../helpers/samples';
import { speculationOf, type Speculation } from '../helpers/speculation';
import type { Rule, RuleContext, RuleFinding } from '../types';

const onSglang = (method: string, config: object = LLAMA_8B, model?: string) => ({
  ...example({ method, tokens: 4, ...(model === undefined ? {} : { model }) }, config),
  container: { family: 'sglang' },
});

function example(speculative: object, config: object = LLAMA_8B) {
  return {
    model: { config },
    container: { family: 'vllm', version: '0.9.2' },
    options: { maxModelLen: 4096 },
    speculative,
  };
}

/** Methods that guess from the text itself, or with layers that the model brings. */
const WITHOUT_MODEL = /^(ngram|ngram_gpu|suffix|mtp|.*_mtp|dspark|extract_hidden_states)$/;

/** Layers that guess, by the keys that count them: `num_nextn_predict_layers`, `mtp_num_hidden_layers`. */
const BRINGS_LAYERS = /nextn|mtp/i;
/** Those of which SGLang makes a draft whatever their config says. Source: sglang/srt/configs/model_config.py, `_config_draft_model`. */
const DRAFTS_ITSELF =
  /^(Bailing|Deepseek|Ernie4|Exaone|Glm|Hy|Inkling|InternS2|Kimi|Longcat|MiMo|Mistral|NemotronH|Qwen3Moe|Qwen3Next|Qwen3_5|Qwen4|Step)/;

/** SGLang takes the model itself where no draft is named, which is right where it brings layers that guess. */
function withoutHead(context: RuleContext, { method, model, path }: Speculation): readonly RuleFinding[] {
  const own = context.model;
  const name = method?.toLowerCase() ?? '';
  const isHead = /^(eagle|eagle3|dflash)$/.test(name);
  if (!isHead || model !== undefined || own === undefined) return [];
  const keys = [own.config, own.config.text_config ?? {}].flatMap((config) => Object.keys(config as object));
  if (name !== 'dflash' && (DRAFTS_ITSELF.test(own.architecture) || keys.some((key) => BRINGS_LAYERS.test(key))))
    return [];
  const isSection = path === '/speculative';
  const twice = `${own.architecture} brings no layers that guess, so that ${serverName(context)} loads the model itself a second time as its ${name} draft`;
  return [
    found({
      what:
        name === 'dflash'
          ? `speculative decoding by dflash needs a draft model in ${serverName(context)}`
          : name === 'eagle3'
            ? `${twice}, and stops where it takes the head from it`
            : twice,
      got: isSection ? 'no speculative.model' : 'no draft model',
      allowed: 'a head that was trained for this model',
      fix: isSection
        ? 'set speculative.model, or speculative.method to ngram'
        : 'set SM_SGLANG_SPECULATIVE_DRAFT_MODEL_PATH',
      path: isSection ? '/speculative/model' : path,
      // A whole model has the method that EAGLE asks for in many architectures, and in none those of EAGLE3 together.
      severity: name === 'eagle' ? 'warning' : 'error',
    }),
  ];
}

export const speculativeIncomplete: Rule = {
  id: 'SPECULATIVE_INCOMPLETE',
  severity: 'error',
  summary: 'speculative decoding has its draft model and its number of tokens',
  explanation:
    'A draft model, EAGLE or Medusa needs a model of its own, and every method a number of tokens to guess, multi-token prediction as well: "num_speculative_tokens must be provided with speculative model unless the draft model config contains an n_predict parameter", "num_speculative_tokens was provided without speculative model". SGLang takes the model itself where no head is named: right for models that bring layers that guess, and a second copy of the weights for others, at which EAGLE3 stops ("object has no attribute set_embed", or hot_token_id).',
  source:
    'vllm/config/speculative.py, `__post_init__`; sglang/srt/managers/tp_worker.py, `_init_model_config`, arg_groups/speculative_hook.py and speculative/eagle_worker_v2.py, `init_lm_head`, of 0.5.20; vllm-project/vllm#55323, sgl-project/sglang#36528',
  examples: {
    passes: [
      example({ method: 'draft', model: 'small', tokens: 4 }),
      example({ method: 'ngram', tokens: 4 }),
      example({ method: 'suffix' }),
      example({ method: 'mtp', tokens: 1 }),
      example({ method: 'dspark', tokens: 7 }),
      example({ method: 'mlp_speculator', model: 'head' }),
      onSglang('ngram'),
      onSglang('eagle3', LLAMA_8B, 'head'),
      onSglang('eagle', { ...LLAMA_8B, num_nextn_predict_layers: 1 }),
      onSglang('eagle', QWEN35_27B),
    ],
    fails: [
      example({ method: 'eagle', tokens: 4 }),
      example({ method: 'draft', model: 'small' }),
      example({ method: 'ngram' }),
      example({ method: 'mtp' }),
      example({ method: 'deepseek_mtp' }),
      example({ method: 'mlp_speculator' }),
      example({ model: 'small' }),
      example({ tokens: 4 }),
      onSglang('eagle'),
      onSglang('eagle3'),
      onSglang('dflash'),
      { ...example({}), speculative: undefined, environment: { SM_VLLM_SPECULATIVE_CONFIG: '{"method":"ngram"}' } },
      {
        ...example({}),
        speculative: undefined,
        environment: { SM_VLLM_SPECULATIVE_CONFIG: '{"method":"eagle","num_speculative_tokens":3}' },
      },
    ],
  },
  evaluate(context) {
    const speculation = speculationOf(context);
    if (speculation === undefined) return [];
    if (context.container?.engine === 'sglang') return withoutHead(context, speculation);
    if (!isVllm(context)) return [];
    const { method, model, tokens, path } = speculation;
    const isSection = path === '/speculative';
    const needsModel = method === undefined || !WITHOUT_MODEL.test(method);
    const needsTokens = method === undefined || !/^suffix$|^mlp_speculator$/.test(method);
    if (needsModel && model === undefined)
      return [
        found({
          what: `speculative decoding${method === undefined ? '' : ` by ${method}`} needs a model that guesses in ${serverName(context)}`,
          got: isSection ? 'no speculative.model' : 'no model',
          allowed: 'a draft model with the same vocabulary',
          fix: isSection
            ? 'set speculative.model, or speculative.method to ngram'
            : 'add the draft as its model, or take the method ngram',
          path: isSection ? '/speculative/model' : path,
        }),
      ];
    if (!needsTokens || tokens !== undefined) return [];
    return [
      found({
        what: `speculative decoding needs the number of tokens to guess (num_speculative_tokens) in ${serverName(context)}`,
        got: isSection ? 'no speculative.tokens' : 'no num_speculative_tokens',
        allowed: '1 or more',
        fix: isSection ? 'set speculative.tokens to 3 to 5' : 'set num_speculative_tokens to 3 to 5',
        path: isSection ? '/speculative/tokens' : path,
      }),
    ];
  },
};
