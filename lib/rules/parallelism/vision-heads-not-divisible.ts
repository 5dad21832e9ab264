import { degreeFix, tensorDegree } from '../helpers/degrees';
import { isVllm, serverName } from '../helpers/engine';
import { found } from '../helpers/finding';
import { argumentOf, argumentVariable } from '../helpers/switches';
import { GLM_45V } from '../helpers/samples';
import type { Rule, RuleContext } from '../types';

const example = (tensorParallelSize: number, environment?: Record<string, string>) => ({
  model: { config: GLM_45V },
  container: { family: 'vllm', version: '0.11.0' },
  options: { tensorParallelSize, maxModelLen: 4096 },
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

const MODE = 'MM_ENCODER_TP_MODE';

function visionHeads({ model }: RuleContext): number | undefined {
  const vision = model?.config.vision_config;
  if (model === undefined || typeof vision !== 'object' || vision === null || !CUT_BY_HEADS.has(model.architecture))
    return undefined;
  const { num_heads: heads } = vision as { readonly num_heads?: unknown };
  return typeof heads === 'number' && Number.isInteger(heads) && heads > 0 ? heads : undefined;
}

export const visionHeadsNotDivisible: Rule = {
  id: 'VISION_HEADS_NOT_DIVISIBLE',
  severity: 'error',
  summary: 'tensor parallelism divides the attention heads of the vision encoder',
  explanation:
    'vLLM cuts the vision encoder of many models over the same GPUs as the language model, and an encoder has fewer heads: GLM-4.5V has 96 heads in the language model and 12 in the encoder, so 8 GPUs stop with "AssertionError: 12 is not divisible by 8". From 0.10.2 on --mm-encoder-tp-mode data gives each GPU a copy of the encoder instead.',
  source: 'vllm/distributed/utils.py, `divide`; vllm/model_executor/models/glm4_1v.py; vllm-project/vllm#24004',
  examples: {
    passes: [example(4), example(8, { SM_VLLM_MM_ENCODER_TP_MODE: 'data' })],
    fails: [example(8), example(8, { SM_VLLM_MM_ENCODER_TP_MODE: 'weights' })],
  },
  evaluate(context) {
    const heads = visionHeads(context);
    const degree = tensorDegree(context);
    if (heads === undefined || degree <= 1 || heads % degree === 0 || !isVllm(context)) return [];
    if (argumentOf(context, MODE)?.value === 'data') return [];
    const { allowed, fix } = degreeFix(context, (other) => heads % other === 0);
    const variable = argumentVariable(context, MODE);
    const canCopy = variable !== undefined && isVllm(context, { since: '0.10.2' });
    return [
      found({
        what: `${heads} attention heads of the vision encoder are not divisible by tensor parallel size ${degree} in ${serverName(context)}`,
        got: `vision_config num_heads ${heads} / ${degree}`,
        allowed,
        fix: canCopy ? `${fix}, or set ${variable} to data` : fix,
        path: '/options/tensorParallelSize',
      }),
    ];
  },
};
