import { degreeFix, tensorDegree } from '../helpers/degrees';
import { serverName } from '../helpers/engine';
import { found } from '../helpers/finding';
import { outputShares, splitLayers, type SplitLayer } from '../helpers/layers';
import { AWQ, LLAMA_8B, quantized } from '../helpers/samples';
import type { Rule, RuleContext } from '../types';

const example = (config: object, tensorParallelSize: number) => ({
  model: { config },
  container: { family: 'vllm' },
  options: { tensorParallelSize, maxModelLen: 4096 },
});

const WORD_BITS = 32;

/** AWQ packs outputs of neighbouring channels into one 32-bit word. */
function packFactor({ scheme }: RuleContext): number | undefined {
  return scheme.layout === 'awq' && scheme.weightBits > 0 ? WORD_BITS / scheme.weightBits : undefined;
}

/** The gates of linear attention are a few outputs wide, and left unquantized by those who quantize such models. */
const isGate = ({ parts }: SplitLayer) => parts.every(({ outFeatures }) => outFeatures < 128);

function firstBroken(
  context: RuleContext,
  factor: number,
  degree: number,
): { readonly layer: string; readonly share: number } | undefined {
  const headDim = context.model?.headDim ?? 1;
  for (const layer of splitLayers(context)) {
    if (layer.kind !== 'linear' || !layer.quantized || isGate(layer)) continue;
    const share = outputShares(layer, degree, headDim).find((size) => size % factor !== 0);
    if (share !== undefined) return { layer: layer.name, share };
  }
  return undefined;
}

export const packedWeightsNotDivisible: Rule = {
  id: 'PACKED_WEIGHTS_NOT_DIVISIBLE',
  severity: 'error',
  summary: 'each rank holds whole words of packed weights',
  explanation:
    'AWQ packs eight 4-bit weights of neighbouring output channels into one 32-bit word. A column-parallel matrix cut inside a word cannot be loaded: "The output size is not aligned with the quantized weight shape. This can be caused by too large tensor parallel size."',
  source: 'vllm/model_executor/layers/quantization/auto_awq.py, `output_size_per_partition % pack_factor`',
  examples: {
    passes: [example(quantized(LLAMA_8B, AWQ), 8)],
    fails: [
      example(quantized({ ...LLAMA_8B, intermediate_size: 14340 }, { ...AWQ, group_size: -1 }), 1),
      example(quantized({ ...LLAMA_8B, intermediate_size: 14352 }, { ...AWQ, group_size: -1 }), 4),
    ],
  },
  evaluate(context) {
    const { container } = context;
    const factor = packFactor(context);
    if (factor === undefined || context.model === undefined) return [];
    if (container !== undefined && container.engine !== 'vllm' && container.engine !== 'sglang') return [];
    const degree = tensorDegree(context);
    const broken = firstBroken(context, factor, degree);
    if (broken === undefined) return [];
    return [
      found({
        what: `the output shard of ${broken.layer} is not divisible by the packing factor ${factor} of ${context.scheme.name} in ${serverName(context)}`,
        got: `${broken.share} output features for each of ${degree} ranks`,
        ...degreeFix(context, (other) => firstBroken(context, factor, other) === undefined),
        path: '/options/tensorParallelSize',
      }),
    ];
  },
};
