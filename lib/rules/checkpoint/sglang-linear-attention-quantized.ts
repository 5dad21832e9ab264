import type { Scheme } from '../../scheme/types';
import { isSglang, serverName, type VersionRange } from '../helpers/engine';
import { found } from '../helpers/finding';
import { splitLayers } from '../helpers/layers';
import { AWQ, FP8_BLOCK, INT4_GROUPS, QWEN35_27B, compressedTensors, quantized, type Json } from '../helpers/samples';
import type { Rule, RuleContext } from '../types';

/** Qwen/Qwen3-Next-80B-A3B-Instruct */
const QWEN3_NEXT: Json = {
  architectures: ['Qwen3NextForCausalLM'],
  model_type: 'qwen3_next',
  hidden_size: 2048,
  intermediate_size: 5120,
  num_hidden_layers: 48,
  num_attention_heads: 16,
  num_key_value_heads: 2,
  head_dim: 256,
  full_attention_interval: 4,
  linear_conv_kernel_dim: 4,
  linear_key_head_dim: 128,
  linear_num_key_heads: 16,
  linear_num_value_heads: 32,
  linear_value_head_dim: 128,
  num_experts: 512,
  num_experts_per_tok: 10,
  moe_intermediate_size: 512,
  shared_expert_intermediate_size: 512,
  decoder_sparse_step: 1,
  mlp_only_layers: [],
  vocab_size: 151936,
  max_position_embeddings: 262144,
  torch_dtype: 'bfloat16',
};

const NVFP4: Json = { num_bits: 4, type: 'float', symmetric: true, strategy: 'tensor_group', group_size: 16 };
const nvfp4 = (ignore: readonly string[]): Json => ({
  ...compressedTensors(NVFP4, { ...NVFP4, dynamic: 'local' }, 'nvfp4-pack-quantized'),
  ignore,
});
const TENSOR: Json = { num_bits: 8, type: 'float', symmetric: true, dynamic: false, strategy: 'tensor' };
const FP8_TENSORS = compressedTensors(TENSOR, TENSOR, 'float-quantized');
const FP8_CHANNELS = compressedTensors(
  { ...TENSOR, strategy: 'channel' },
  { ...TENSOR, strategy: 'token', dynamic: true },
  'float-quantized',
);

const example = (config: Json, quantization: Json, version: string, instanceType = 'ml.p6-b200.48xlarge') => ({
  model: { config: quantized(config, quantization) },
  container: { family: 'sglang', version },
  instanceType,
  options: { maxModelLen: 4096 },
});

interface Failure {
  readonly range: VersionRange;
  readonly architectures: ReadonlySet<string>;
  readonly stored: (scheme: Scheme) => boolean;
  readonly format: string;
  readonly error: string;
  readonly allowed: string;
  readonly fix: string;
}

const FAILURES: readonly Failure[] = [
  {
    range: { since: '0.5.10', before: '0.5.24' },
    architectures: new Set(['Qwen3NextForCausalLM']),
    // What has its matrix under another name: `qweight`, `weight_packed`.
    stored: ({ layout, weightType, weightBits, activationBits }) =>
      layout === 'awq' ||
      layout === 'gptq' ||
      (layout === 'compressed-tensors' &&
        (weightType === 'fp4' || (weightType === 'int' && activationBits === 16)) &&
        weightBits <= 8),
    format: 'packed weights',
    error: "AttributeError: 'MergedColumnParallelLinear' object has no attribute 'weight'",
    allowed: 'linear attention that is not quantized, or SGLang 0.5.9',
    fix: 'take a checkpoint that ignores linear_attn, or one in fp8, or use the vllm container',
  },
  {
    range: { since: '0.5.10', before: '0.5.11' },
    architectures: new Set([
      'Qwen3_5ForCausalLM',
      'Qwen3_5MoeForCausalLM',
      'Qwen3_5ForConditionalGeneration',
      'Qwen3_5MoeForConditionalGeneration',
    ]),
    stored: ({ weightType, groupSize, blockSize }) =>
      weightType === 'fp8' && groupSize === undefined && blockSize === undefined,
    format: 'FP8 with one scale a tensor',
    error: 'split_with_sizes expects split_sizes to sum exactly to 1, but got 3',
    allowed: 'SGLang 0.5.11 or newer',
    fix: 'use an image with SGLang 0.5.11 or newer',
  },
];

/** The first projection of linear attention that is stored quantized. */
function quantizedProjection(context: RuleContext): string | undefined {
  return splitLayers(context).find(({ name, quantized: is }) => is && /(^|\.)in_proj_(qkvz|ba|qkv)$/.test(name))?.name;
}

export const sglangLinearAttentionQuantized: Rule = {
  id: 'SGLANG_LINEAR_ATTENTION_QUANTIZED',
  severity: 'error',
  summary: 'SGLang loads the linear attention of Qwen3-Next and Qwen3.5 as this checkpoint stores it',
  explanation:
    'Since 0.5.10 SGLang holds the projections of a Gated DeltaNet as one matrix and wraps how it is loaded. For Qwen3-Next it asks for a weight by that name, which AWQ, GPTQ and packed compressed-tensors (INT4, NVFP4) do not have: "\'MergedColumnParallelLinear\' object has no attribute \'weight\'" up to 0.5.23, the newest that was read. For Qwen3.5 0.5.10 cut the one FP8 scale of a tensor in three: "split_with_sizes expects split_sizes to sum exactly to 1, but got 3". Most checkpoints leave the linear attention alone (`ignore` with linear_attn), and load.',
  source:
    '_make_packed_weight_loader of sglang/srt/models/qwen3_next.py of 0.5.9 to 0.5.23 and qwen3_5.py of 0.5.9 to 0.5.11; sgl-project/sglang#29318, #23051, #23062',
  holdsFor: 'Qwen3-Next: SGLang 0.5.10 to 0.5.23; Qwen3.5: 0.5.10',
  examples: {
    passes: [
      example(QWEN3_NEXT, nvfp4(['lm_head']), '0.5.9'),
      example(QWEN3_NEXT, nvfp4(['lm_head', 're:.*linear_attn.*']), '0.5.20'),
      example(QWEN3_NEXT, FP8_BLOCK, '0.5.20', 'ml.p5.48xlarge'),
      example(QWEN35_27B, FP8_TENSORS, '0.5.9', 'ml.p5.48xlarge'),
      example(QWEN35_27B, FP8_TENSORS, '0.5.11', 'ml.p5.48xlarge'),
      example(QWEN35_27B, FP8_CHANNELS, '0.5.10.post1', 'ml.p5.48xlarge'),
    ],
    fails: [
      example(QWEN3_NEXT, nvfp4(['lm_head']), '0.5.20'),
      example(QWEN3_NEXT, compressedTensors(INT4_GROUPS), '0.5.14', 'ml.p5.48xlarge'),
      example(QWEN3_NEXT, AWQ, '0.5.12', 'ml.p5.48xlarge'),
      example(QWEN35_27B, FP8_TENSORS, '0.5.10.post1', 'ml.p5.48xlarge'),
    ],
  },
  evaluate(context) {
    const { model, scheme } = context;
    const failure = FAILURES.find(
      ({ range, architectures, stored }) =>
        architectures.has(model?.architecture ?? '') && stored(scheme) && isSglang(context, range),
    );
    if (failure === undefined || scheme.origin !== 'checkpoint') return [];
    const projection = quantizedProjection(context);
    if (projection === undefined) return [];
    return [
      found({
        what: `${serverName(context)} does not load the linear attention of ${model?.architecture} in ${failure.format}: "${failure.error}"`,
        got: `${projection} in ${scheme.name} (${scheme.layout})`,
        allowed: failure.allowed,
        fix: failure.fix,
        path: '/model/config/quantization_config',
      }),
    ];
  },
};
