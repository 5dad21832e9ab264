import { gpuOf } from '../helpers/accelerator';
import { isVllm, serverName } from '../helpers/engine';
import { expertWeights } from '../helpers/experts';
import { found } from '../helpers/finding';
import { expertShare } from '../helpers/layers';
import { GEMMA_4, QWEN3_MOE, quantized, type Json } from '../helpers/samples';
import { argumentOf, argumentVariable } from '../helpers/switches';
import { EXPERT_ALIGNMENT, LIMITS_SOURCE } from '../helpers/vllm-limits';
import type { Rule, RuleContext } from '../types';

const NVFP4 = { quant_method: 'modelopt', quant_algo: 'NVFP4', group_size: 16 };
/** google/gemma-4-26B-A4B, its experts */
const GEMMA_4_MOE: Json = {
  ...GEMMA_4,
  text_config: {
    ...(GEMMA_4.text_config as Json),
    hidden_size: 2816,
    intermediate_size: 2112,
    num_attention_heads: 16,
    num_hidden_layers: 30,
    num_key_value_heads: 8,
    num_global_key_value_heads: 2,
    layer_types: Array.from({ length: 30 }, (_, layer) => (layer % 6 === 5 ? 'full_attention' : 'sliding_attention')),
    hidden_activation: 'gelu_pytorch_tanh',
    enable_moe_block: true,
    num_experts: 128,
    top_k_experts: 8,
    moe_intermediate_size: 704,
  },
};

const example = (config: Json, version: string, tensorParallelSize: number, rest: object = {}) => ({
  model: { config },
  container: { family: 'vllm', version },
  instanceType: 'ml.p6-b200.48xlarge',
  options: { maxModelLen: 4096, tensorParallelSize, ...rest },
});

function activationOf({ model }: RuleContext): string {
  const { hidden_act: plain, hidden_activation: own } = model?.textConfig ?? {};
  return /gelu/.test(String(own ?? plain ?? 'silu')) ? 'gelu' : 'silu';
}

export const expertShareNotAligned: Rule = {
  id: 'EXPERT_SHARE_NOT_ALIGNED',
  severity: 'error',
  summary: 'what each rank holds of an expert is a multiple that the kernel chosen on data-centre Blackwell takes',
  explanation:
    'On a B200 vLLM picks FlashInfer’s kernels for experts by itself, and they want the hidden layer of an expert, cut over the ranks, in multiples of 128, in NVFP4 of 64. Where it is not one the server stops while it loads ("K must be divisible by blockK", "assert M % 128 == 0"), or hangs in its first run: Qwen3-30B-A3B (768) over eight GPUs, Gemma 4 26B-A4B (704). Later versions pad the weights. With expert parallelism an expert is not cut.',
  source: LIMITS_SOURCE,
  holdsFor: 'unquantized: vLLM 0.20 to 0.23, with GELU 0.26 and later; NVFP4: 0.17 to 0.23',
  server: { engine: 'vllm', since: '0.17.0' },
  needs: ['experts'],
  examples: {
    passes: [
      example(QWEN3_MOE, '0.20.0', 2),
      example(QWEN3_MOE, '0.20.0', 8, { expertParallel: true }),
      example(QWEN3_MOE, '0.28.0', 8),
      { ...example(QWEN3_MOE, '0.20.0', 8), instanceType: 'ml.p5.48xlarge' },
      { ...example(QWEN3_MOE, '0.20.0', 8), environment: { SM_VLLM_MOE_BACKEND: 'triton' } },
      example(quantized(GEMMA_4_MOE, NVFP4), '0.23.0', 1),
    ],
    fails: [
      example(QWEN3_MOE, '0.20.0', 8),
      example(GEMMA_4_MOE, '0.26.0', 1),
      example(quantized(GEMMA_4_MOE, NVFP4), '0.23.0', 4),
    ],
  },
  evaluate(context) {
    const gpu = gpuOf(context);
    if (gpu === undefined || context.model?.moe === undefined) return [];
    if (argumentOf(context, 'MOE_BACKEND') !== undefined || context.options.enableLora) return [];
    const { expertParallel, tensorParallelSize } = context.options;
    const share = expertShare(context, expertParallel ? 1 : tensorParallelSize);
    if (share === undefined || !Number.isInteger(share)) return [];
    const weights = expertWeights(context);
    const activation = activationOf(context);
    const row = EXPERT_ALIGNMENT.find(
      (one) =>
        one.weights === weights &&
        (one.activation === undefined || one.activation === activation) &&
        gpu.sm >= one.least &&
        gpu.sm <= one.most &&
        share % one.multiple !== 0 &&
        isVllm(context, one),
    );
    if (row === undefined) return [];
    const size = context.model.moe.expertIntermediateSize;
    const helps = !expertParallel && size % row.multiple === 0;
    const variable = argumentVariable(context, 'MOE_BACKEND') ?? 'the argument --moe-backend';
    const otherwise = row.before === undefined ? `set ${variable} to triton` : 'use an image with vLLM 0.28 or newer';
    return [
      found({
        what: `the FlashInfer kernel that ${serverName(context)} takes for experts on this GPU needs their hidden layer in multiples of ${row.multiple} on each rank`,
        got: `${size} / ${expertParallel ? 1 : tensorParallelSize} = ${share} on ${gpu.text}`,
        allowed: `multiples of ${row.multiple}`,
        fix: helps ? 'set expertParallel to true' : otherwise,
        path: helps ? '/options/expertParallel' : '/container/version',
      }),
    ];
  },
};
