import { isNeuron } from '../helpers/engine';
import type { ModelDescription } from '../../model/types';
import { remembered } from '../../plan/remember';
import { degreeFix, tensorDegree } from '../helpers/degrees';
import { found } from '../helpers/finding';
import { expertShare, inputShare, outputShares, splitLayers } from '../helpers/layers';
import { LLAMA_8B, QWEN3_MOE } from '../helpers/samples';
import type { Rule, RuleContext } from '../types';

const example = (config: object, tensorParallelSize: number, options: object = {}) => ({
  model: { config },
  container: { family: 'vllm' },
  options: { tensorParallelSize, maxModelLen: 4096, ...options },
});

/** The first matrix whose cut side the degree does not divide, as text; undefined where all divide. */
function firstUneven(context: RuleContext, model: ModelDescription, degree: number): string | undefined {
  const { options, scheme } = context;
  const key = `uneven at ${degree} ${options.expertParallel}`;
  return remembered(model, scheme, key, () => findUneven(context, model, degree));
}

function findUneven(context: RuleContext, { headDim, moe }: ModelDescription, degree: number): string | undefined {
  for (const layer of splitLayers(context)) {
    if (layer.kind === 'expert') continue;
    if (layer.split === 'row' && !Number.isInteger(inputShare(layer, degree)))
      return `${layer.name}: ${layer.inFeatures} inputs`;
    const uneven = outputShares(layer, degree, headDim).findIndex((share) => !Number.isInteger(share));
    if (uneven >= 0) return `${layer.name}: ${layer.parts[uneven].outFeatures} outputs`;
  }
  const share = expertShare(context, degree);
  return share === undefined || Number.isInteger(share)
    ? undefined
    : `experts: ${moe?.expertIntermediateSize} hidden features`;
}

export const feedForwardNotDivisible: Rule = {
  id: 'FEED_FORWARD_NOT_DIVISIBLE',
  severity: 'error',
  summary: 'tensor parallelism divides every matrix that it cuts',
  explanation:
    'Column-parallel matrices are cut by their outputs, row-parallel ones by their inputs, and the experts of a mixture by their hidden features unless expert parallelism keeps them whole. What does not divide stops the server with "AssertionError: 11008 is not divisible by 3".',
  source:
    'vllm/distributed/utils.py `divide`; vllm/model_executor/layers/fused_moe/layer.py `assert intermediate_size % self.tp_size == 0`',
  examples: {
    passes: [example(LLAMA_8B, 8), example(QWEN3_MOE, 4, { expertParallel: true })],
    fails: [
      example({ ...LLAMA_8B, intermediate_size: 11006, vocab_size: 32000 }, 4),
      example({ ...QWEN3_MOE, moe_intermediate_size: 762 }, 4),
    ],
  },
  evaluate(context) {
    const degree = tensorDegree(context);
    const { container, model } = context;
    if (model === undefined || degree <= 1 || (model.numAttentionHeads > 0 && model.numAttentionHeads % degree !== 0))
      return [];
    if (container !== undefined && container.engine !== 'vllm' && container.engine !== 'sglang') return [];
    // Its servers pad what they cut.
    if (isNeuron(context)) return [];
    const uneven = firstUneven(context, model, degree);
    if (uneven === undefined) return [];
    return [
      found({
        what: `a matrix is not divisible by tensor parallel size ${degree}`,
        got: `${uneven} / ${degree}`,
        ...degreeFix(context, (other) => firstUneven(context, model, other) === undefined),
        path: '/options/tensorParallelSize',
      }),
    ];
  },
};
