import { degreeFix, tensorDegree } from '../helpers/degrees';
import { serverName } from '../helpers/engine';
import { found } from '../helpers/finding';
import { SHARE_OF_WEIGHTS } from '../helpers/instances';
import { expertShare, inputShare, quantizesExperts, splitLayers } from '../helpers/layers';
import { AWQ, LLAMA2_7B, QWEN2_72B, QWEN25_7B, QWEN3_MOE, quantized } from '../helpers/samples';
import type { Rule, RuleContext } from '../types';
import { pipelineLongerThanModel } from './pipeline-longer-than-model';
import { pipelineNotSupported } from './pipeline-not-supported';

const example = (config: object, tensorParallelSize: number, family = 'vllm') => ({
  model: { config },
  container: { family },
  options: { tensorParallelSize, maxModelLen: 4096 },
});

/** Weights of one group lie along the input features; a rank must hold whole groups. */
const GROUPED = new Set(['awq', 'gptq', 'compressed-tensors', 'modelopt', 'quark']);

/** TensorRT-LLM: tensorrt_llm/quantization/layers.py, the shape of `weights_scaling_factor`; _torch/modules/linear.py, `W4A16_AWQ_LinearMethod`. */
const HOLDS_GROUPS: ReadonlySet<string> = new Set(['vllm', 'sglang', 'tensorrt-llm']);

/** Group size of integer weights that are stored in groups; undefined for one group a channel and for other formats. */
function groupSizeOf({ scheme }: RuleContext): number | undefined {
  if (!GROUPED.has(scheme.layout) || scheme.groupSize === undefined || scheme.groupSize <= 0) return undefined;
  return scheme.weightType === 'int' || scheme.weightType === 'fp4' ? scheme.groupSize : undefined;
}

/** The first quantized matrix whose share is no whole number of groups. */
function firstBroken(
  context: RuleContext,
  groupSize: number,
  degree: number,
): { readonly layer: string; readonly share: number } | undefined {
  for (const layer of splitLayers(context)) {
    const share = inputShare(layer, degree);
    if (layer.kind === 'linear' && layer.quantized && share % groupSize !== 0 && layer.inFeatures > groupSize)
      return { layer: layer.name, share };
  }
  const experts = expertShare(context, degree);
  if (experts === undefined || !quantizesExperts(context) || experts % groupSize === 0) return undefined;
  return { layer: 'experts’ down_proj', share: experts };
}

/** Has each of so many ranks whole groups, on a server that holds them? */
export function holdsWholeGroups(context: RuleContext, degree: number): boolean {
  const { container } = context;
  const groupSize = groupSizeOf(context);
  if (groupSize === undefined || (container !== undefined && !HOLDS_GROUPS.has(container.engine))) return true;
  return firstBroken(context, groupSize, degree) === undefined;
}

/** Do fewer ranks hold the weights? Where no plan can tell, they may. */
function holdsWeights({ options, plan }: RuleContext, degree: number): boolean {
  const { weights, total } = plan.memory;
  return (
    weights === null || total === null || (weights * options.tensorParallelSize) / degree < total * SHARE_OF_WEIGHTS
  );
}

/** What ranks cannot divide, stages may, on a server that has them. */
function stages(context: RuleContext, degree: number): string {
  const { pipelineParallelSize, tensorParallelSize } = context.options;
  const pipeline = (tensorParallelSize / degree) * pipelineParallelSize;
  const options = { ...context.options, tensorParallelSize: degree, pipelineParallelSize: pipeline };
  const other = Object.create(context, { options: { value: options, enumerable: true } }) as RuleContext;
  const isPossible =
    context.container?.engine === 'vllm' &&
    Number.isInteger(pipeline) &&
    pipelineNotSupported.evaluate(other).length === 0 &&
    pipelineLongerThanModel.evaluate(other).length === 0;
  return isPossible ? `set tensorParallelSize to ${degree} and pipelineParallelSize to ${pipeline}, or ` : '';
}

export const quantizationGroupNotDivisible: Rule = {
  id: 'QUANTIZATION_GROUP_NOT_DIVISIBLE',
  severity: 'error',
  summary: 'each rank holds whole quantization groups',
  explanation:
    'Scales and zero points are stored for each group of input features. Row-parallel matrices (down_proj, o_proj) are cut along just these: input features / TP must be a multiple of the group size, or the server stops with "The input size is not aligned with the quantized weight shape. This can be caused by too large tensor parallel size." Qwen2-72B with groups of 128 (29,568 / 128 = 231) fits on one GPU only; the vendors padded its intermediate size to 29,696 before quantizing for that reason. No version lifts this. Experts of a mixture that no whole groups are left of fall to a kernel that loads and then fails at the first request: "size_k must divisible by BLOCK_SIZE_K".',
  source:
    'vllm/model_executor/layers/quantization/{auto_awq,auto_gptq}.py; issues vllm-project/vllm#2699, #5675, #21695, #17604, QwenLM/Qwen3#698; TensorRT-LLM: NVIDIA/TensorRT-LLM#648',
  examples: {
    passes: [
      example(quantized(QWEN25_7B, AWQ), 4),
      example(quantized({ ...QWEN2_72B, intermediate_size: 29696 }, AWQ), 8),
    ],
    fails: [
      example(quantized(QWEN2_72B, AWQ), 2),
      example(quantized(QWEN2_72B, { ...AWQ, group_size: 64 }), 4),
      example(quantized(QWEN3_MOE, AWQ), 4),
      example(quantized(LLAMA2_7B, AWQ), 4, 'lmi-trtllm'),
    ],
  },
  evaluate(context) {
    const { container } = context;
    const groupSize = groupSizeOf(context);
    if (groupSize === undefined || context.model === undefined) return [];
    if (container !== undefined && !HOLDS_GROUPS.has(container.engine)) return [];
    const degree = tensorDegree(context);
    const broken = firstBroken(context, groupSize, degree);
    if (broken === undefined) return [];
    const {
      allowed,
      fix,
      degree: working,
    } = degreeFix(context, (other) => firstBroken(context, groupSize, other) === undefined);
    const other = `quantize with a group size that divides ${broken.share}`;
    const isSplit = degree > 1 && working !== undefined;
    return [
      found({
        what: `the intermediate or input size of ${broken.layer} for each of ${degree} ranks is not divisible by group size ${groupSize} of ${context.scheme.name} in ${serverName(context)}`,
        got: `${broken.share} input features / group ${groupSize} = ${Number((broken.share / groupSize).toFixed(3))} groups in a shard`,
        allowed,
        fix:
          isSplit && !holdsWeights(context, working)
            ? `${stages(context, working)}${other}`
            : degree > 1
              ? `${fix}, or ${other}`
              : fix,
        path: '/options/tensorParallelSize',
      }),
    ];
  },
};
