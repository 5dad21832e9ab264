import { servedScheme } from '../../plan/online';
import { asRecord } from '../../scheme/read';
import { lookup } from '../../text/lookup';
import { smOf } from '../helpers/accelerator';
import { inRange, isVllm, serverName, type VersionRange } from '../helpers/engine';
import { expertWeights } from '../helpers/experts';
import { found } from '../helpers/finding';
import { usesBitsandbytes } from '../helpers/flag';
import { quantizesExperts } from '../helpers/layers';
import {
  AWQ,
  BITSANDBYTES,
  FP8_BLOCK,
  GPTQ,
  INT4_GROUPS,
  GEMMA_4,
  LLAMA_8B,
  MIXTRAL,
  NEMOTRON_H,
  QWEN3_MOE,
  compressedTensors,
  quantized,
  type Json,
} from '../helpers/samples';
import type { Rule, RuleContext, RuleFinding } from '../types';

const W4A8_FP8 = compressedTensors(INT4_GROUPS, {
  num_bits: 8,
  type: 'float',
  symmetric: true,
  dynamic: true,
  strategy: 'token',
});

const INT8 = compressedTensors(
  { num_bits: 8, type: 'int', symmetric: true, strategy: 'channel' },
  { num_bits: 8, type: 'int', symmetric: true, dynamic: true, strategy: 'token' },
  'int-quantized',
);
const INT8_GROUPS = compressedTensors({ ...INT4_GROUPS, num_bits: 8 });
const INT8_CHANNELS = compressedTensors({ num_bits: 8, type: 'int', symmetric: true, strategy: 'channel' });
const FP8_WEIGHT_ONLY = compressedTensors(
  { num_bits: 8, type: 'float', symmetric: true, strategy: 'channel' },
  null,
  'float-quantized',
);
const fp8 = (weights: string, activations: string) =>
  compressedTensors(
    { num_bits: 8, type: 'float', symmetric: true, strategy: weights },
    { num_bits: 8, type: 'float', symmetric: true, dynamic: activations === 'token', strategy: activations },
    'float-quantized',
  );
const FP8_CHANNELS = fp8('channel', 'token');
const FP8_TENSORS = fp8('tensor', 'tensor');
const FP8 = { quant_method: 'fp8', activation_scheme: 'dynamic' };
const NVFP4 = { quant_method: 'modelopt', quant_algo: 'NVFP4', group_size: 16 };
const NVFP4_WEIGHT_ONLY = compressedTensors(
  { num_bits: 4, type: 'float', symmetric: true, strategy: 'tensor_group', group_size: 16 },
  null,
  'nvfp4-pack-quantized',
);
const NVFP4_ACTIVATIONS = compressedTensors(
  { num_bits: 4, type: 'float', symmetric: true, strategy: 'tensor_group', group_size: 16 },
  { num_bits: 4, type: 'float', symmetric: true, strategy: 'tensor_group', group_size: 16, dynamic: 'local' },
  'nvfp4-pack-quantized',
);
/** google/gemma-4-26B-A4B, its experts */
const GEMMA_4_EXPERTS = {
  ...GEMMA_4,
  text_config: {
    ...(GEMMA_4.text_config as Json),
    enable_moe_block: true,
    num_experts: 128,
    top_k_experts: 8,
    moe_intermediate_size: 704,
  },
};
/** Qwen/Qwen3-VL-30B-A3B-Instruct */
const QWEN3_VL_MOE = {
  architectures: ['Qwen3VLMoeForConditionalGeneration'],
  model_type: 'qwen3_vl_moe',
  text_config: { ...QWEN3_MOE, model_type: 'qwen3_vl_moe_text' },
  vision_config: { depth: 27, hidden_size: 1152, intermediate_size: 4304, num_heads: 16, out_hidden_size: 2048 },
  torch_dtype: 'bfloat16',
};
const INT8_BITSANDBYTES = { quant_method: 'bitsandbytes', load_in_8bit: true };

const example = (
  config: Readonly<Record<string, unknown>>,
  quantization: Readonly<Record<string, unknown>>,
  version: string,
  options: object = {},
) => ({
  model: { config: quantized(config, quantization) },
  container: { family: 'vllm', version },
  options: {
    maxModelLen: 4096,
    loadFormat: quantization.quant_method === 'bitsandbytes' ? 'bitsandbytes' : 'auto',
    ...options,
  },
});

const onLoading = (
  config: Readonly<Record<string, unknown>>,
  version: string,
  SM_VLLM_QUANTIZATION = 'bitsandbytes',
) => ({
  model: { config },
  container: { family: 'vllm', version },
  options: { maxModelLen: 4096 },
  environment: { SM_VLLM_QUANTIZATION },
});

/** Its four KV heads are copied. */
const ON_EIGHT = { tensorParallelSize: 8 };

const onTensorRt = (
  version: string,
  config: Readonly<Record<string, unknown>> = MIXTRAL,
  environment: object = { OPTION_QUANTIZE: 'awq' },
  quantization?: Readonly<Record<string, unknown>>,
) => ({
  model: { config: quantization === undefined ? config : quantized(config, quantization) },
  container: { family: 'lmi-trtllm', version },
  options: { maxModelLen: 4096 },
  environment,
});

interface ExpertKernel {
  /** First vLLM whose fused experts take the format; undefined: none does on a GPU. */
  readonly since?: string;
  readonly format: string;
}

/**
 * Mixtures that bitsandbytes cannot load before they say how their experts are stored: "MoE Model GptOssForCausalLM does not support
 * BitsAndBytes quantization yet." Source: `get_expert_mapping` in vllm/model_executor/models by version.
 */
const BITSANDBYTES_EXPERTS: Readonly<Record<string, string>> = {
  Dots1ForCausalLM: '0.10.1',
  Glm4MoeForCausalLM: '0.10.1',
  JambaForCausalLM: '0.10.1',
  Qwen3NextForCausalLM: '0.10.2',
  DeepseekV2ForCausalLM: '0.11.1',
  DeepseekV3ForCausalLM: '0.11.1',
  GptOssForCausalLM: '0.11.1',
  GraniteMoeHybridForCausalLM: '0.11.1',
  Llama4ForConditionalGeneration: '0.11.1',
  MiniMaxM2ForCausalLM: '0.11.1',
};

/** Their experts lie in one tensor on disk, which the bitsandbytes loader passes over. Source: vllm bitsandbytes_loader.py to 0.27.1; vllm-project/vllm#32012. */
const EXPERTS_IN_ONE_TENSOR = new Set(['Qwen3VLMoeForConditionalGeneration']);

/** Experts without a gate, which kernels had to learn: "is_act_and_mul=False is supported only for unquantized, ModelOpt FP8, and ModelOpt NvFp4 checkpoints". The bitsandbytes loader never did: it looks for the state of a gate under an empty name. Source: vllm bitsandbytes_loader.py of 0.14 to 0.27.1, `_fuse_moe_quant_states`; vllm-project/vllm#26161. */
const WITHOUT_GATE = new Set(['NemotronHForCausalLM']);

/** Source: the MoE method classes of vLLM's wheels (`AWQMoEMethod` 0.6.3, `GPTQMarlinMoEMethod` 0.6.1, `CompressedTensorsW4A8Fp8MoEMethod` 0.13 ...). */
function kernelFor(context: RuleContext): ExpertKernel | undefined {
  const { scheme, model } = context;
  switch (usesBitsandbytes(context) ? 'bitsandbytes' : scheme.layout) {
    case 'awq':
      return { since: '0.6.3', format: 'AWQ' };
    case 'gptq':
      return { since: '0.6.1', format: 'GPTQ' };
    case 'fp8':
      return scheme.blockSize === undefined
        ? { since: '0.4.1', format: 'FP8' }
        : { since: '0.6.6', format: 'block-scaled FP8' };
    case 'gguf':
      return { since: '0.8.0', format: 'GGUF' };
    case 'bitsandbytes': {
      const isStored = model?.quantization?.method === 'bitsandbytes';
      if (isStored && scheme.weightBits === 8) return { format: 'stored 8-bit bitsandbytes' };
      const architecture = model?.architecture ?? '';
      if (EXPERTS_IN_ONE_TENSOR.has(architecture) || WITHOUT_GATE.has(architecture)) return { format: 'bitsandbytes' };
      const mapped = lookup(BITSANDBYTES_EXPERTS, model?.architecture ?? '');
      return { since: mapped ?? (isStored ? '0.10.1' : '0.10.0'), format: 'bitsandbytes' };
    }
    case 'modelopt':
      return scheme.weightType === 'fp4'
        ? { since: '0.9.0', format: 'ModelOpt NVFP4' }
        : { since: '0.10.0', format: 'ModelOpt FP8' };
    case 'compressed-tensors':
      return compressedKernel(context);
    default:
      return undefined;
  }
}

/** Their loader knew experts in one tensor only, which quantized checkpoints do not have. Source: vllm/model_executor/models/gemma4.py of 0.19.0 and 0.20; vllm-project/vllm#39256. */
const READS_QUANTIZED_SINCE: Readonly<Record<string, string>> = {
  Gemma4ForConditionalGeneration: '0.19.1',
  Gemma4ForCausalLM: '0.19.1',
};

function loaderFor(context: RuleContext): ExpertKernel | undefined {
  const since = lookup(READS_QUANTIZED_SINCE, context.model?.architecture ?? '');
  if (since === undefined || context.model?.quantization === undefined) return undefined;
  const weights = expertWeights(context);
  return weights === undefined || weights === 'plain' ? undefined : { since, format: context.scheme.name };
}

/** The first version that takes such experts quantized so. Source: vllm/model_executor/layers/fused_moe/layer.py of 0.11.2 to 0.17. */
function ungatedKernel({ scheme }: RuleContext): ExpertKernel | undefined {
  if (scheme.layout === 'plain' || scheme.layout === 'bitsandbytes' || scheme.layout === 'gguf') return undefined;
  const ours = scheme.layout === 'modelopt' ? (scheme.weightType === 'fp4' ? '0.12.0' : '0.11.1') : '0.15.0';
  return { since: ours, format: `${scheme.layout} ${scheme.name}, without a gate` };
}

/** What compressed-tensors experts had to be like at first. Source: compressed_tensors_moe.py of 0.8.3 and 0.8.4, and its `_wna16_marlin` of 0.22 and 0.23. */
const SCALES_FOR_CHANNELS = '0.8.4';
const ZERO_POINTS = '0.23.0';

/**
 * CUTLASS had experts with a scale for each channel one version before the others, on Hopper alone and where each rank has its part of
 * all of them. Source: compressed_tensors_moe.py of 0.8.2 and 0.8.3, `get_moe_method`; compressed_tensors.py, `_is_fp8_w8a8_sm90`.
 */
const SCALES_FOR_CHANNELS_BY_CUTLASS = '0.8.3';
const HOPPER = 90;

function scalesForChannels(context: RuleContext): string {
  const { expertParallel, tensorParallelSize } = context.options;
  const spreads = expertParallel && tensorParallelSize > 1;
  return smOf(context) === HOPPER && !spreads ? SCALES_FOR_CHANNELS_BY_CUTLASS : SCALES_FOR_CHANNELS;
}

function compressedKernel(context: RuleContext): ExpertKernel | undefined {
  const { scheme } = context;
  const { name, activationBits } = scheme;
  switch (name) {
    case 'w4a8-fp8':
      return { since: '0.13.0', format: 'compressed-tensors W4A8-FP8' };
    case 'w4a8-int8':
      return { format: 'compressed-tensors W4A8-INT8' };
    case 'fp8-weight-only':
      return { format: 'compressed-tensors FP8 without quantized activations' };
    case 'int8-w8a8':
    case 'int8-w8a8-static':
      return { since: '0.9.0', format: 'compressed-tensors INT8 W8A8' };
    case 'nvfp4':
      return activationBits >= 16
        ? { since: '0.14.0', format: 'compressed-tensors NVFP4 without quantized activations' }
        : { since: '0.9.2', format: 'compressed-tensors NVFP4' };
    case 'fp8':
    case 'fp8-static':
      return scheme.groupSize === undefined
        ? { since: '0.6.2', format: `compressed-tensors ${name}` }
        : { since: scalesForChannels(context), format: `compressed-tensors ${name} with a scale for each channel` };
    case 'awq':
    case 'gptq':
    case 'int4-rtn':
    case 'int8-weight-only':
      return scheme.symmetric
        ? { since: '0.6.2', format: `compressed-tensors ${name}` }
        : { since: ZERO_POINTS, format: `asymmetric compressed-tensors ${name}` };
    default:
      return undefined;
  }
}

/** Where INT8 experts were taken with a scale for each channel alone, which groups were taken before and after. */
const WITHOUT_INT8_GROUPS: readonly VersionRange[] = [
  { since: '0.23.0', before: '0.25.0' },
  { since: '0.27.0', before: '0.29.0' },
];

/** Source: `assert self.group_size == -1` of compressed_tensors_moe_wna16_marlin.py (0.23, 0.24) and compressed_tensors_moe_wna16.py (0.27, 0.28). */
function groupsOfInt8(context: RuleContext): ExpertKernel | undefined {
  const { model, scheme } = context;
  if (scheme.name !== 'int8-weight-only' || scheme.layout !== 'compressed-tensors') return undefined;
  const isOneGroup = Object.keys(asRecord(model?.quantization?.raw.config_groups) ?? {}).length === 1;
  if (!isOneGroup || (scheme.groupSize ?? -1) === -1 || !quantizesExperts(context)) return undefined;
  if (!WITHOUT_INT8_GROUPS.some((range) => isVllm(context, range))) return undefined;
  return { since: '0.29.0', format: `compressed-tensors INT8 in groups of ${scheme.groupSize}` };
}

/**
 * Mixtral's experts were no fused kernel at first: in 0.2.7 each rank has whole ones of its own, and from 0.3 to 0.9 methods without a kernel
 * had a second implementation, which bitsandbytes takes on loading too. In 0.2.6 the experts of other ranks were layers without quantization, which nothing could be loaded into.
 * Source: vllm/model_executor/models/mixtral.py of 0.2.6 and 0.2.7; vllm-project/vllm#2208, #2332, #2382.
 */
function mixtralTakes(context: RuleContext): boolean {
  const { layout } = context.scheme;
  if (context.model?.architecture !== 'MixtralForCausalLM') return false;
  if (layout === 'plain') return true;
  if (layout !== 'awq' && layout !== 'gptq') return false;
  return isVllm(context, { since: '0.2.7' }) || context.options.tensorParallelSize === 1;
}

/** What TensorRT-LLM quantizes of experts; `since`: its first version that does. "INT4 AWQ is not supported on MoE model". */
function tensorRtKernel({ options, scheme }: RuleContext): (ExpertKernel & { readonly image?: string }) | undefined {
  const flag = options.quantizationFlag?.toLowerCase();
  if (scheme.layout === 'awq' || flag === 'awq') return { since: '0.18', format: 'AWQ', image: '0.33.0' };
  if (flag === 'fp8') return { since: '0.9', format: 'FP8', image: '0.28.0' };
  return flag === 'smoothquant' ? { format: 'SmoothQuant' } : undefined;
}

function onTensorRtLlm(context: RuleContext): readonly RuleFinding[] {
  const { container, model } = context;
  const kernel = tensorRtKernel(context);
  if (kernel === undefined || container?.engine !== 'tensorrt-llm') return [];
  const { since, format, image } = kernel;
  const version = container.engineVersion;
  if (since !== undefined && (version === undefined || !inRange(version, { before: since }))) return [];
  return [
    found({
      what: `${serverName(context)} has no ${format} for mixture-of-experts (MoE) layers`,
      got: `${model?.moe?.experts} experts of ${model?.architecture} in ${format}`,
      allowed: since === undefined ? 'experts in fp8, or not quantized' : `TensorRT-LLM ${since} or newer`,
      fix:
        image === undefined
          ? 'take another quantization than smoothquant, or use the vllm container'
          : `use the lmi-trtllm image ${image} or newer, or the vllm container`,
      path: '/container/version',
    }),
  ];
}

export const expertsNotQuantizable: Rule = {
  id: 'EXPERTS_NOT_QUANTIZABLE',
  severity: 'error',
  summary: 'this version has a kernel for the mixture’s experts in that format',
  explanation:
    'Experts run in fused kernels of their own, which came later than those of dense layers, format by format: GPTQ with vLLM 0.6.1, AWQ with 0.6.3, GGUF with 0.8, bitsandbytes with 0.10, compressed-tensors W4A8-FP8 with 0.13, NVFP4 without quantized activations with 0.14. Of compressed-tensors FP8 only one scale a tensor was taken up to 0.8.2, and off Hopper or with expert parallelism up to 0.8.3 ("For FP8 Fused MoE layers, only per-tensor scales for weights and activations are supported"), and of INT4 no zero points up to 0.22 ("Only symmetric quantization is supported for MoE"); INT8 weights in groups were lost in 0.23 and 0.24, and again in 0.27 and 0.28 (`assert self.group_size == -1`). Without a kernel the server stops with an assertion that the quant_method is None, or "Unsupported FusedMoe scheme". Mixtral in AWQ or GPTQ cannot be cut over GPUs before 0.2.7. Experts without a gate, those of Nemotron-H, were learnt last: in 0.11.1 for ModelOpt, in 0.15 for others, in no version for bitsandbytes. Gemma 4’s loader read quantized experts from 0.19.1 on. TensorRT-LLM has FP8 for experts from 0.9 on, AWQ from 0.18 on, and SmoothQuant in no version.',
  source:
    'vLLM wheels, MoE methods of layers/quantization/** by version; issues vllm-project/vllm#31782, #25241, #2251, #2074, #21977, #25653, #32012, #47154, #52002; vllm-project/llm-compressor#1393, #2628; NVIDIA/TensorRT-LLM#1580, #2792, #1542, #1241, #2759, #1229',
  holdsFor: 'each format has its own first version',
  needs: ['experts'],
  examples: {
    passes: [
      example(LLAMA_8B, AWQ, '0.6.2'),
      example(QWEN3_MOE, AWQ, '0.6.3'),
      example(QWEN3_MOE, GPTQ, '0.6.1'),
      example(QWEN3_MOE, FP8, '0.4.1'),
      example(QWEN3_MOE, NVFP4, '0.9.0'),
      example(QWEN3_MOE, NVFP4_WEIGHT_ONLY, '0.14.0'),
      example(QWEN3_MOE, INT8, '0.9.0'),
      example(QWEN3_MOE, compressedTensors(INT4_GROUPS), '0.6.2'),
      example(QWEN3_MOE, compressedTensors({ ...INT4_GROUPS, symmetric: false }), '0.23.0'),
      example(QWEN3_MOE, FP8_CHANNELS, '0.8.4'),
      { ...example(QWEN3_MOE, FP8_CHANNELS, '0.8.3', ON_EIGHT), instanceType: 'ml.p5.48xlarge' },
      example(QWEN3_MOE, INT8_GROUPS, '0.22.1'),
      example(QWEN3_MOE, INT8_GROUPS, '0.26.0'),
      example(QWEN3_MOE, INT8_GROUPS, '0.29.0'),
      example(QWEN3_MOE, INT8_CHANNELS, '0.28.0'),
      example(QWEN3_MOE, FP8_TENSORS, '0.7.3'),
      example(QWEN3_MOE, BITSANDBYTES, '0.10.1'),
      onLoading(QWEN3_MOE, '0.10.0'),
      onLoading(MIXTRAL, '0.8.5'),
      onLoading(QWEN3_MOE, '0.4.2', 'fp8'),
      example(MIXTRAL, AWQ, '0.2.6', { tensorParallelSize: 1 }),
      example(MIXTRAL, AWQ, '0.2.7', { tensorParallelSize: 2 }),
      example(MIXTRAL, AWQ, '0.4.2'),
      example(QWEN3_MOE, W4A8_FP8, '0.13.0'),
      example(NEMOTRON_H, NVFP4, '0.13.0'),
      example(NEMOTRON_H, NVFP4_ACTIVATIONS, '0.17.0'),
      example(GEMMA_4_EXPERTS, NVFP4_ACTIVATIONS, '0.20.0'),
      example(QWEN3_MOE, FP8_BLOCK, '0.8.5'),
      onTensorRt('0.29.0', LLAMA_8B),
      onTensorRt('0.33.0'),
      onTensorRt('0.29.0', MIXTRAL, {}),
      onTensorRt('0.28.0', MIXTRAL, { OPTION_QUANTIZE: 'fp8' }),
      onTensorRt('0.28.0', LLAMA_8B, { OPTION_QUANTIZE: 'smoothquant' }),
    ],
    fails: [
      example(QWEN3_MOE, W4A8_FP8, '0.10.2'),
      example(NEMOTRON_H, NVFP4_ACTIVATIONS, '0.13.0'),
      example(NEMOTRON_H, BITSANDBYTES, '0.19.1'),
      example(GEMMA_4_EXPERTS, NVFP4_ACTIVATIONS, '0.19.0'),
      example(MIXTRAL, AWQ, '0.2.6', { tensorParallelSize: 4 }),
      example(QWEN3_MOE, BITSANDBYTES, '0.10.0'),
      onLoading(QWEN3_MOE, '0.8.5'),
      onLoading(NEMOTRON_H, '0.19.1'),
      example(QWEN3_MOE, INT8_BITSANDBYTES, '0.11.0'),
      example(QWEN3_VL_MOE, BITSANDBYTES, '0.13.0'),
      example(QWEN3_MOE, AWQ, '0.6.2'),
      example(QWEN3_MOE, GPTQ, '0.6.0'),
      example(QWEN3_MOE, FP8, '0.4.0'),
      example(QWEN3_MOE, FP8_BLOCK, '0.6.5'),
      example(QWEN3_MOE, NVFP4, '0.8.5'),
      example(QWEN3_MOE, NVFP4_WEIGHT_ONLY, '0.13.0'),
      example(QWEN3_MOE, INT8, '0.8.5'),
      example(QWEN3_MOE, FP8_WEIGHT_ONLY, '0.30.0'),
      example(QWEN3_MOE, compressedTensors(INT4_GROUPS), '0.6.1'),
      example(QWEN3_MOE, compressedTensors({ ...INT4_GROUPS, symmetric: false }), '0.19.0'),
      example(QWEN3_MOE, FP8_CHANNELS, '0.7.3'),
      { ...example(QWEN3_MOE, FP8_CHANNELS, '0.8.2', ON_EIGHT), instanceType: 'ml.p5.48xlarge' },
      { ...example(QWEN3_MOE, FP8_CHANNELS, '0.8.3', ON_EIGHT), instanceType: 'ml.g6e.48xlarge' },
      {
        ...example(QWEN3_MOE, FP8_CHANNELS, '0.8.3', { ...ON_EIGHT, expertParallel: true }),
        instanceType: 'ml.p5.48xlarge',
      },
      example(QWEN3_MOE, INT8_GROUPS, '0.28.0'),
      example(MIXTRAL, FP8, '0.4.0'),
      onTensorRt('0.29.0'),
      onTensorRt('0.27.0', MIXTRAL, { OPTION_QUANTIZE: 'fp8' }),
      onTensorRt('0.28.0', MIXTRAL, { OPTION_QUANTIZE: 'smoothquant' }),
      onTensorRt('0.30.0', MIXTRAL, {}, AWQ),
    ],
  },
  evaluate(context) {
    const { model } = context;
    if (model?.moe === undefined) return [];
    if (!isVllm(context)) return onTensorRtLlm(context);
    const missing = (kernel: ExpertKernel | undefined) =>
      kernel !== undefined && !(kernel.since !== undefined && isVllm(context, { since: kernel.since }));
    const ungated = WITHOUT_GATE.has(model.architecture) ? ungatedKernel(context) : undefined;
    const loader = loaderFor(context);
    const kernel = missing(loader)
      ? loader
      : missing(ungated)
        ? ungated
        : (groupsOfInt8(context) ?? kernelFor(context));
    if (kernel === undefined || !missing(kernel) || mixtralTakes(context)) return [];
    return [
      found({
        what: `${serverName(context)} has no kernel for mixture-of-experts (MoE) layers quantized in ${kernel.format}`,
        got: `${model.moe.experts} experts of ${model.architecture} in ${servedScheme(context).name}`,
        allowed:
          kernel.since === undefined
            ? 'experts in another format'
            : `vLLM ${kernel.since} or newer for experts in this format`,
        fix:
          kernel.since === undefined
            ? 'use a checkpoint in awq, gptq or fp8'
            : `use an image with vLLM ${kernel.since} or newer`,
        path: '/container/version',
      }),
    ];
  },
};
