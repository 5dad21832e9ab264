import { skipsTower } from '../../plan';
import { degreeFix, tensorDegree } from '../helpers/degrees';
import { isVllm, serverName } from '../helpers/engine';
import { found } from '../helpers/finding';
import { headCount } from '../helpers/heads';
import { argumentOf, argumentVariable } from '../helpers/switches';
import { GLM_45V, INTERNVL_26B } from '../helpers/samples';
import type { Rule, RuleContext } from '../types';

const example = (tensorParallelSize: number, environment?: Record<string, string>) => ({
  model: { config: GLM_45V },
  container: { family: 'vllm', version: '0.11.0' },
  options: { tensorParallelSize, maxModelLen: 4096 },
  environment,
});

/** OpenGVLab/InternVL2_5-26B */
const internVl = (tensorParallelSize: number, environment?: Record<string, string>) => ({
  model: { config: INTERNVL_26B },
  container: { family: 'sglang' },
  options: { tensorParallelSize, maxModelLen: 4096, trustRemoteCode: true },
  environment,
});

/**
 * Vision encoders that vLLM cuts by heads with `dist_utils.divide`, in every version that has them. Others copy the encoder where its heads
 * do not divide (InternViT pads them). Source: vllm/model_executor/models by version.
 */
const CUT_BY_HEADS = new Set([
  'Qwen2VLForConditionalGeneration',
  'Qwen2_5_VLForConditionalGeneration',
  'Qwen3VLForConditionalGeneration',
  'Qwen3VLMoeForConditionalGeneration',
  'Qwen3_5ForConditionalGeneration',
  'Qwen3_5MoeForConditionalGeneration',
  'Glm4vForConditionalGeneration',
  'Glm4vMoeForConditionalGeneration',
  'Ernie4_5_VLMoeForConditionalGeneration',
]);

/** SGLang cuts these by heads as well; of others it pads the heads. Source: sglang/srt/layers/attention/vision.py and srt/models of 0.5.5 to 0.5.20. */
const CUT_BY_HEADS_IN_SGLANG = new Set([
  'InternVLChatModel',
  'Qwen2VLForConditionalGeneration',
  'Qwen2_5_VLForConditionalGeneration',
  'Qwen3VLForConditionalGeneration',
  'Qwen3VLMoeForConditionalGeneration',
]);

const MODE = 'MM_ENCODER_TP_MODE';
/** Each rank a copy of the encoder, or attention that is cut over fewer ranks than the rest. */
const SGLANG_SWITCHES = ['SM_SGLANG_MM_ENABLE_DP_ENCODER', 'SM_SGLANG_ENABLE_DP_ATTENTION'];

/** Is the encoder cut as the language model is? */
function isCut(context: RuleContext): boolean {
  const { container, model, spec } = context;
  const architecture = model?.architecture ?? '';
  if (container?.engine === 'sglang')
    return (
      CUT_BY_HEADS_IN_SGLANG.has(architecture) &&
      SGLANG_SWITCHES.every((name) => spec.environment?.[name] === undefined)
    );
  return isVllm(context) && CUT_BY_HEADS.has(architecture) && argumentOf(context, MODE)?.value !== 'data';
}

function visionHeads({ model }: RuleContext): number | undefined {
  const vision = model?.config.vision_config;
  if (typeof vision !== 'object' || vision === null) return undefined;
  const { num_heads, num_attention_heads } = vision as {
    readonly num_heads?: unknown;
    readonly num_attention_heads?: unknown;
  };
  const heads = num_heads ?? num_attention_heads;
  return headCount(heads);
}

export const visionHeadsNotDivisible: Rule = {
  id: 'VISION_HEADS_NOT_DIVISIBLE',
  severity: 'error',
  summary: 'tensor parallelism divides the attention heads of the vision encoder',
  explanation:
    'vLLM cuts the vision encoder of many models over the same GPUs as the language model, and an encoder has fewer heads: GLM-4.5V has 96 heads in the language model and 12 in the encoder, so 8 GPUs stop with "AssertionError: 12 is not divisible by 8". From 0.10.2 on --mm-encoder-tp-mode data gives each GPU a copy of the encoder instead. SGLang cuts encoders so as well ("25 is not divisible by 2" for InternVL’s 6B encoder), and copies them with --mm-enable-dp-encoder.',
  source:
    'vllm/distributed/utils.py, `divide`; vllm/model_executor/models/glm4_1v.py; vllm-project/vllm#24004; sglang/srt/layers/attention/vision.py; sgl-project/sglang#7854',
  examples: {
    passes: [
      example(4),
      example(8, { SM_VLLM_MM_ENCODER_TP_MODE: 'data' }),
      internVl(1),
      internVl(2, { SM_SGLANG_MM_ENABLE_DP_ENCODER: 'true' }),
      { ...internVl(2), container: { family: 'vllm' } },
      {
        ...example(8, { SM_VLLM_LIMIT_MM_PER_PROMPT: '{"image":0,"video":0}' }),
        container: { family: 'vllm', version: '0.16.0' },
      },
    ],
    fails: [example(8), example(8, { SM_VLLM_MM_ENCODER_TP_MODE: 'weights' }), internVl(2)],
  },
  evaluate(context) {
    const degree = tensorDegree(context);
    if (degree <= 1 || !isCut(context)) return [];
    const heads = visionHeads(context);
    if (heads === undefined || heads % degree === 0) return [];
    const { model } = context;
    if (model !== undefined && skipsTower(context, model)) return [];
    const { allowed, fix } = degreeFix(context, (other) => heads % other === 0);
    const isSglang = context.container?.engine === 'sglang';
    const variable = isSglang ? SGLANG_SWITCHES[0] : argumentVariable(context, MODE);
    const canCopy = variable !== undefined && (isSglang || isVllm(context, { since: '0.10.2' }));
    return [
      found({
        what: `${heads} attention heads of the vision encoder are not divisible by tensor parallel size ${degree} in ${serverName(context)}`,
        got: `vision_config with ${heads} heads / ${degree}`,
        allowed,
        fix: canCopy ? `${fix}, or set ${variable} to ${isSglang ? 'true' : 'data'}` : fix,
        path: '/options/tensorParallelSize',
      }),
    ];
  },
};
