import {
  AWQ,
  BITSANDBYTES,
  DEEPSEEK_V3,
  DEEPSEEK_V32,
  GEMMA_4,
  GEMMA2_2B,
  GLM_45V,
  GPTQ,
  GPT_OSS_20B,
  INT4_GROUPS,
  INTERNVL_26B,
  LLAMA2_7B,
  LLAMA_70B,
  LLAMA_8B,
  MISTRAL_7B,
  MIXTRAL,
  QWEN25_7B,
  QWEN35_27B,
  QWEN3_MOE,
  QWEN3_SMALL,
  compressedTensors,
  quantized,
  type Json,
} from '../../lib/rules/helpers/samples';
import { check } from '../../lib/rules';

/**
 * Deployments that people reported in public, in our words: the versions and sizes are theirs, the thread is named. Each fails with an error of
 * the rule that knows the cause, and what they were told to do instead passes that rule.
 */
interface Deployment {
  readonly config: Json;
  readonly version?: string;
  readonly family?: string;
  readonly instanceType?: string;
  readonly options?: object;
  readonly environment?: Readonly<Record<string, string>>;
  readonly quantization?: string;
}

const variables = (set: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(set).map(([name, value]) => [`SM_VLLM_${name}`, value]));

function findings({ config, version, family = 'vllm', options, ...rest }: Deployment) {
  const spec = {
    model: { config },
    container: { family, version },
    options: { maxModelLen: 4096, ...options },
    ...rest,
  };
  return check(spec).findings.filter(({ severity }) => severity === 'error');
}

const ASYMMETRIC = compressedTensors({ ...INT4_GROUPS, symmetric: false });
const FP4: Json = { num_bits: 4, type: 'float', symmetric: true, strategy: 'tensor_group', group_size: 16 };
const NVFP4 = compressedTensors(FP4, FP4, 'nvfp4-pack-quantized');
const BLOCK_FP8 = compressedTensors(
  { num_bits: 8, type: 'float', symmetric: true, strategy: 'block', block_structure: [128, 128] },
  { num_bits: 8, type: 'float', symmetric: true, strategy: 'group', group_size: 128, dynamic: true },
  'float-quantized',
);
const FP8_SCALES = { num_bits: 8, type: 'float', strategy: 'tensor', symmetric: true, dynamic: false };
const V2 = { architectures: ['DeepseekV2ForCausalLM'], model_type: 'deepseek_v2', index_topk: undefined };
const AUTO = { ENABLE_AUTO_TOOL_CHOICE: '' };
const DRAFT = { SPECULATIVE_MODEL: 'Qwen/Qwen2.5-0.5B', NUM_SPECULATIVE_TOKENS: '3' };
const MISTRAL_SMALL: Json = {
  ...{ architectures: ['Mistral3ForConditionalGeneration'], model_type: 'mistral3', torch_dtype: 'bfloat16' },
  text_config: { ...MISTRAL_7B, hidden_size: 5120, num_hidden_layers: 40, intermediate_size: 32_768, head_dim: 128 },
  vision_config: {
    ...{ model_type: 'pixtral', hidden_size: 1024, intermediate_size: 4096, num_attention_heads: 16 },
    ...{ num_hidden_layers: 24, image_size: 1540, patch_size: 14 },
  },
};
const OVIS: Json = {
  ...{ architectures: ['Ovis2_5'], model_type: 'ovis2_5', torch_dtype: 'bfloat16', llm_config: QWEN3_SMALL },
  vit_config: { hidden_size: 1152, intermediate_size: 4304, num_attention_heads: 16, num_hidden_layers: 27 },
};
const VISION: Json = { hidden_size: 3200, intermediate_size: 12_800, num_attention_heads: 25, num_hidden_layers: 45 };
const INTERNVL: Json = {
  ...{ architectures: ['InternVLChatModel'], model_type: 'internvl_chat', downsample_ratio: 0.5 },
  ...{ vision_config: { ...VISION, patch_size: 14, image_size: 448 } },
  llm_config: { ...LLAMA_70B, quantization_config: AWQ },
};

describe.each<[string, string, Deployment, Partial<Deployment>]>([
  [
    'https://github.com/vllm-project/vllm/issues/24004',
    'VISION_HEADS_NOT_DIVISIBLE',
    { config: GLM_45V, version: '0.10.1', options: { tensorParallelSize: 8 } },
    { options: { tensorParallelSize: 4 } },
  ],
  [
    'https://github.com/vllm-project/llm-compressor/issues/1550',
    'COMPRESSED_SCHEME_NEWER_THAN_SERVER',
    { config: quantized(QWEN25_7B, ASYMMETRIC), version: '0.6.3.post1', instanceType: 'ml.g5.2xlarge' },
    { version: '0.8.5' },
  ],
  [
    'https://github.com/vllm-project/vllm/issues/19853',
    'COMPRESSED_SCHEME_NEWER_THAN_SERVER',
    { config: quantized(LLAMA_8B, NVFP4), version: '0.9.1', instanceType: 'ml.g6e.2xlarge' },
    { version: '0.9.2' },
  ],
  [
    'https://github.com/vllm-project/vllm/issues/11122',
    'QUANTIZATION_CONFIG_NESTED',
    { config: INTERNVL, version: '0.6.4.post1', options: { trustRemoteCode: true } },
    { environment: variables({ QUANTIZATION: 'awq' }) },
  ],
  [
    'https://github.com/vllm-project/vllm/issues/9967',
    'BITSANDBYTES_NOT_IN_ARCHITECTURE',
    {
      config: QWEN25_7B,
      version: '0.6.3',
      environment: variables({ QUANTIZATION: 'bitsandbytes', LOAD_FORMAT: 'bitsandbytes' }),
    },
    { version: '0.6.4' },
  ],
  [
    'https://github.com/vllm-project/vllm/issues/15396',
    'BITSANDBYTES_NOT_IN_ARCHITECTURE',
    {
      ...{ config: MISTRAL_SMALL, version: '0.8.1', options: { tensorParallelSize: 2, loadFormat: 'bitsandbytes' } },
      environment: variables({ QUANTIZATION: 'bitsandbytes', CONFIG_FORMAT: 'mistral', TOKENIZER_MODE: 'mistral' }),
    },
    { version: '0.8.3', environment: variables({ QUANTIZATION: 'bitsandbytes' }) },
  ],
  [
    'https://github.com/vllm-project/vllm/issues/26182',
    'VISION_ENCODER_NOT_PACKABLE',
    { config: quantized(OVIS, GPTQ), version: '0.10.2', options: { maxModelLen: 13_384, trustRemoteCode: true } },
    { version: '0.11.0' },
  ],
  [
    'https://github.com/vllm-project/vllm/pull/10136',
    'SPECULATIVE_WITH_CHUNKED_PREFILL',
    {
      ...{ config: LLAMA_8B, version: '0.6.4', options: { tensorParallelSize: 4, enableChunkedPrefill: true } },
      environment: variables({ ...DRAFT, SPECULATIVE_DRAFT_TENSOR_PARALLEL_SIZE: '4' }),
    },
    { environment: variables({ ...DRAFT, SPECULATIVE_DRAFT_TENSOR_PARALLEL_SIZE: '1' }) },
  ],
  [
    'https://github.com/vllm-project/vllm/issues/15760',
    'EXPERT_KERNEL_NOT_SPREAD',
    {
      config: quantized({ ...DEEPSEEK_V3, torch_dtype: 'float16' }, { ...AWQ, group_size: 64 }),
      ...{ version: '0.8.2', options: { tensorParallelSize: 8, expertParallel: true } },
    },
    { options: { tensorParallelSize: 8, expertParallel: false } },
  ],
  [
    'https://github.com/runpod-workers/worker-vllm/issues/99',
    'BITSANDBYTES_LOADER_WITHOUT_METHOD',
    { config: LLAMA2_7B, version: '0.6.6', environment: variables({ LOAD_FORMAT: 'bitsandbytes' }) },
    { environment: variables({ LOAD_FORMAT: 'bitsandbytes', QUANTIZATION: 'bitsandbytes' }) },
  ],
  [
    'https://github.com/vllm-project/vllm/issues/25653',
    'EXPERTS_NOT_QUANTIZABLE',
    {
      config: quantized({ ...QWEN3_MOE, architectures: ['Glm4MoeForCausalLM'] }, BITSANDBYTES),
      version: '0.10.0',
      options: { loadFormat: 'bitsandbytes' },
    },
    { version: '0.10.1' },
  ],
  [
    'https://github.com/vllm-project/vllm/issues/10483',
    'DRAFT_PARALLELISM_NOT_ALLOWED',
    {
      ...{ config: LLAMA_8B, version: '0.6.4.post1', options: { tensorParallelSize: 4 } },
      environment: variables({ ...DRAFT, SPECULATIVE_DRAFT_TENSOR_PARALLEL_SIZE: '2' }),
    },
    { environment: variables({ ...DRAFT, SPECULATIVE_DRAFT_TENSOR_PARALLEL_SIZE: '1' }) },
  ],
  [
    'https://github.com/vllm-project/vllm/issues/5203',
    'SPECULATIVE_VOCABULARY_DIFFERS',
    {
      ...{ config: LLAMA_8B, version: '0.30.0' },
      environment: variables({
        SPECULATIVE_CONFIG: '{"model":"TinyLlama/TinyLlama-1.1B-Chat-v1.0","num_speculative_tokens":4}',
      }),
    },
    {
      environment: variables({
        SPECULATIVE_CONFIG: '{"model":"meta-llama/Llama-3.2-1B-Instruct","num_speculative_tokens":4}',
      }),
    },
  ],
  [
    'https://github.com/vllm-project/recipes/issues/51',
    'PARSER_NOT_IN_SERVER',
    { config: GPT_OSS_20B, version: '0.10.1', environment: variables({ ...AUTO, TOOL_CALL_PARSER: 'openai' }) },
    { version: '0.10.2' },
  ],
  [
    'https://github.com/vllm-project/vllm/issues/9312',
    'PARSER_NOT_IN_SERVER',
    { config: LLAMA_8B, version: '0.6.2', environment: variables({ ...AUTO, TOOL_CALL_PARSER: 'llama3_json' }) },
    { version: '0.6.3.post1' },
  ],
  [
    'https://github.com/vllm-project/vllm/issues/17441',
    'PARSER_NOT_IN_SERVER',
    {
      config: QWEN3_SMALL,
      version: '0.8.5',
      environment: variables({ ENABLE_REASONING: '', REASONING_PARSER: 'qwen3' }),
    },
    { version: '0.9.0', environment: variables({ REASONING_PARSER: 'qwen3' }) },
  ],
  [
    'https://github.com/vllm-project/vllm/issues/42510',
    'BLOCK_SIZE_NOT_SUPPORTED',
    {
      config: LLAMA_8B,
      version: '0.20.1',
      instanceType: 'ml.g6e.2xlarge',
      environment: variables({ BLOCK_SIZE: '8' }),
    },
    { environment: variables({ BLOCK_SIZE: '32' }) },
  ],
  [
    'https://github.com/vllm-project/vllm/issues/42587',
    'KV_CACHE_DTYPE_NOT_FOR_MODEL',
    { config: LLAMA_8B, version: '0.19.0', options: { kvCacheDtype: 'fp8_ds_mla' } },
    { options: { kvCacheDtype: 'fp8' } },
  ],
  [
    'https://github.com/vllm-project/vllm/issues/8274',
    'MULTI_STEP_NOT_SUPPORTED',
    {
      ...{ config: LLAMA_70B, version: '0.6.0', options: { enableChunkedPrefill: true, tensorParallelSize: 8 } },
      environment: variables({ NUM_SCHEDULER_STEPS: '8' }),
    },
    { options: { tensorParallelSize: 8 } },
  ],
  [
    'https://github.com/sbintuitions/flexeval/pull/76',
    'CHUNKED_PREFILL_WITH_SLIDING_WINDOW',
    { config: MISTRAL_7B, version: '0.6.2', options: { enableChunkedPrefill: true } },
    { environment: variables({ DISABLE_SLIDING_WINDOW: '' }) },
  ],
  [
    'https://github.com/vllm-project/vllm/issues/40153',
    'ATTENTION_BACKEND_WITHOUT_SINKS',
    {
      ...{ config: GPT_OSS_20B, version: '0.19.0', instanceType: 'ml.g6e.2xlarge' },
      environment: variables({ ATTENTION_BACKEND: 'FLASHINFER' }),
    },
    { environment: {} },
  ],
  [
    'https://github.com/vllm-project/vllm/issues/13398',
    'V1_ENGINE_NEEDS_AMPERE',
    {
      ...{ config: QWEN3_SMALL, version: '0.8.5', instanceType: 'ml.p3.8xlarge', options: { dtype: 'float16' } },
      environment: { VLLM_USE_V1: '1' },
    },
    { environment: { VLLM_USE_V1: '0' } },
  ],
  [
    'https://github.com/vllm-project/vllm/issues/40851',
    'SPARSE_ATTENTION_NEEDS_HOPPER',
    { config: DEEPSEEK_V32, version: '0.20.1', instanceType: 'ml.p4de.24xlarge', options: { tensorParallelSize: 8 } },
    { instanceType: 'ml.p5en.48xlarge' },
  ],
  [
    'https://github.com/deepjavalibrary/djl-serving/issues/1509',
    'LMI_ROLLING_BATCH_REMOVED',
    {
      ...{ config: LLAMA2_7B, family: 'lmi', version: '0.28.0-lmi10.0.0-cu124' },
      environment: { OPTION_ROLLING_BATCH: 'deepspeed' },
    },
    { environment: { OPTION_ROLLING_BATCH: 'lmi-dist' } },
  ],
  [
    'vllm/config/speculative.py, `__post_init__`',
    'SPECULATIVE_INCOMPLETE',
    { config: LLAMA_8B, version: '0.25.1', environment: variables({ SPECULATIVE_CONFIG: '{"method":"ngram"}' }) },
    { environment: variables({ SPECULATIVE_CONFIG: '{"method":"ngram","num_speculative_tokens":4}' }) },
  ],
  [
    'https://github.com/vllm-project/vllm/pull/33280',
    'QUANTIZATION_NEEDS_NEWER_GPU',
    { config: quantized(QWEN3_SMALL, BLOCK_FP8), version: '0.14.0', instanceType: 'ml.p4d.24xlarge' },
    { version: '0.16.0' },
  ],
  [
    'https://github.com/vllm-project/vllm/issues/47461',
    'ACTIVATION_DTYPE_NOT_ACCEPTED',
    { ...{ config: LLAMA_8B, version: '0.15.1', instanceType: 'ml.g7e.2xlarge' }, quantization: 'gguf:Q4_K_M' },
    { options: { dtype: 'float16' } },
  ],
  [
    'https://github.com/vllm-project/recipes/issues/565',
    'KV_CACHE_DTYPE_NOT_FOR_MODEL',
    {
      ...{ config: DEEPSEEK_V32, version: '0.23.0', instanceType: 'ml.p5en.48xlarge' },
      options: { kvCacheDtype: 'fp8_e4m3', tensorParallelSize: 8 },
    },
    { options: { kvCacheDtype: 'fp8', tensorParallelSize: 8 } },
  ],
  [
    'https://github.com/vllm-project/vllm/issues/40677',
    'ATTENTION_BACKEND_HEAD_SIZE',
    { config: GEMMA_4, version: '0.19.1', environment: variables({ ATTENTION_BACKEND: 'FLASHINFER' }) },
    { environment: variables({ ATTENTION_BACKEND: 'TRITON_ATTN' }) },
  ],
  [
    'https://github.com/vllm-project/vllm/pull/14221',
    'V1_ENGINE_WITHOUT_FEATURE',
    {
      ...{ config: LLAMA_8B, version: '0.8.1', instanceType: 'ml.g5.2xlarge', options: { kvCacheDtype: 'fp8' } },
      environment: { VLLM_USE_V1: '1' },
    },
    { environment: {} },
  ],
  [
    'https://github.com/vllm-project/vllm/issues/57712',
    'HEAD_SIZE_EXCEEDS_SHARED_MEMORY',
    {
      config: GEMMA_4,
      version: '0.26.0',
      instanceType: 'ml.g4dn.12xlarge',
      options: { dtype: 'float16', tensorParallelSize: 4 },
    },
    { instanceType: 'ml.g5.12xlarge' },
  ],
  [
    'https://github.com/vllm-project/vllm/issues/32338',
    'ARCHITECTURE_NOT_IN_SERVER',
    { config: { ...QWEN25_7B, architectures: ['LlavaQwenForCausalLM'], model_type: 'llava_qwen' }, version: '0.13.0' },
    {
      config: {
        ...{ ...QWEN25_7B, architectures: ['LlavaQwen2ForCausalLM'], model_type: 'llava_qwen' },
        auto_map: { AutoConfig: 'llava_qwen.LlavaConfig', AutoModelForCausalLM: 'llava_qwen.LlavaQwen2ForCausalLM' },
      },
    },
  ],
  [
    'https://github.com/vllm-project/vllm/issues/49064',
    'STATE_BLOCKS_BELOW_SEQUENCES',
    { config: QWEN35_27B, version: '0.28.0', instanceType: 'ml.p5.4xlarge', options: { maxModelLen: 65_536 } },
    { options: { maxModelLen: 65_536, maxNumSeqs: 128 } },
  ],
  [
    'https://github.com/vllm-project/vllm/issues/1400',
    'AWQ_SUMS_DO_NOT_FIT',
    {
      ...{ config: quantized({ ...MISTRAL_7B, torch_dtype: 'float16' }, AWQ), version: '0.2.1' },
      ...{ instanceType: 'ml.g4dn.xlarge', options: { dtype: 'float16', maxModelLen: 32_768 } },
    },
    { options: { dtype: 'float16' } },
  ],
  [
    'https://github.com/vllm-project/vllm/issues/1949',
    'AWQ_SUMS_DO_NOT_FIT',
    {
      ...{ config: quantized({ ...MISTRAL_7B, torch_dtype: 'float16' }, AWQ), version: '0.2.3' },
      ...{ instanceType: 'ml.g5.xlarge', options: { maxModelLen: 32_768 } },
    },
    { options: { maxModelLen: 8192 } },
  ],
  [
    'https://github.com/vllm-project/vllm/issues/2382',
    'AWQ_SUMS_DO_NOT_FIT',
    {
      ...{ config: quantized({ ...MIXTRAL, torch_dtype: 'float16' }, AWQ), version: '0.2.7' },
      ...{ instanceType: 'ml.g5.12xlarge', options: { tensorParallelSize: 2, maxModelLen: 32_768 } },
    },
    { instanceType: 'ml.p4de.24xlarge' },
  ],
  [
    'https://github.com/vllm-project/vllm/pull/36734',
    'STATE_BLOCK_EXCEEDS_BATCH',
    { config: QWEN35_27B, version: '0.17.0', options: { enablePrefixCaching: true, maxNumBatchedTokens: 512 } },
    { options: { maxNumBatchedTokens: 512 } },
  ],
  [
    'https://github.com/vllm-project/vllm/issues/8434',
    'BITSANDBYTES_NOT_SPLIT',
    {
      ...{ config: LLAMA_8B, version: '0.5.4', options: { tensorParallelSize: 2 } },
      environment: variables({ QUANTIZATION: 'bitsandbytes', LOAD_FORMAT: 'bitsandbytes' }),
    },
    { version: '0.6.2' },
  ],
  [
    'https://github.com/unslothai/unsloth/issues/688',
    'BITSANDBYTES_LOAD_FORMAT',
    { config: quantized(MISTRAL_7B, BITSANDBYTES), version: '0.5.0.post1', options: { dtype: 'float16' } },
    { options: { dtype: 'float16', loadFormat: 'bitsandbytes' } },
  ],
  [
    'https://github.com/unslothai/unsloth/issues/2102',
    'V1_ENGINE_WITHOUT_FEATURE',
    {
      ...{ config: quantized(QWEN25_7B, BITSANDBYTES), version: '0.8.0', options: { loadFormat: 'bitsandbytes' } },
      environment: { VLLM_USE_V1: '1' },
    },
    { environment: {} },
  ],
  [
    'https://github.com/vllm-project/vllm/pull/33327',
    'FP8_BLOCKS_NOT_DIVISIBLE',
    { config: quantized({ ...LLAMA_8B, intermediate_size: 10_944 }, BLOCK_FP8), version: '0.15.1' },
    { config: quantized({ ...LLAMA_8B, intermediate_size: 11_008 }, BLOCK_FP8) },
  ],
  [
    'https://github.com/vllm-project/vllm/pull/44763',
    'FP8_BLOCKS_NOT_DIVISIBLE',
    {
      ...{ config: QWEN3_MOE, version: '0.22.1', options: { tensorParallelSize: 4 } },
      environment: variables({ QUANTIZATION: 'fp8_per_block' }),
    },
    { options: { tensorParallelSize: 2 } },
  ],
  [
    'https://github.com/sgl-project/sglang/issues/7854',
    'VISION_HEADS_NOT_DIVISIBLE',
    { config: INTERNVL_26B, family: 'sglang', options: { tensorParallelSize: 2, trustRemoteCode: true } },
    { environment: { SM_SGLANG_MM_ENABLE_DP_ENCODER: 'true' } },
  ],
  [
    'https://github.com/sgl-project/sglang/issues/12726',
    'LORA_WITH_SPECULATION',
    {
      ...{ config: QWEN3_SMALL, family: 'sglang', version: '0.5.5', options: { enableLora: true, maxLoraRank: 16 } },
      environment: { SM_SGLANG_LORA_TARGET_MODULES: 'all', SM_SGLANG_SPECULATIVE_ALGORITHM: 'NGRAM' },
    },
    { version: '0.5.6' },
  ],
  [
    'https://github.com/vllm-project/vllm/issues/36643',
    'SPECULATIVE_WITH_PIPELINE',
    {
      ...{ config: QWEN35_27B, version: '0.17.0', options: { pipelineParallelSize: 4 } },
      environment: variables({ SPECULATIVE_CONFIG: '{"method":"mtp","num_speculative_tokens":1}' }),
    },
    { version: '0.30.0' },
  ],
  [
    'https://github.com/intel/auto-round/issues/586',
    'EXPERT_GATE_MISREAD',
    { config: quantized(QWEN3_MOE, { quant_method: 'auto-round', bits: 4, group_size: 128 }), version: '0.9.0' },
    { version: '0.10.2' },
  ],
  [
    'https://github.com/vllm-project/vllm/issues/11671',
    'CLASSIFIER_HEAD_NOT_PACKABLE',
    {
      config: quantized({ ...QWEN25_7B, architectures: ['Qwen2ForSequenceClassification'], num_labels: 1 }, AWQ),
      version: '0.6.6',
    },
    { config: { ...QWEN25_7B, architectures: ['Qwen2ForSequenceClassification'], num_labels: 1 } },
  ],
  [
    'https://github.com/vllm-project/vllm/issues/55158',
    'LORA_RANK_NOT_ALLOWED',
    { config: QWEN3_MOE, version: '0.28.0', options: { enableLora: true, maxLoraRank: 256 } },
    { options: { enableLora: true, maxLoraRank: 128 } },
  ],
  [
    'https://github.com/vllm-project/vllm/issues/7060',
    'ATTENTION_SOFT_CAP_NOT_SUPPORTED',
    { config: GEMMA2_2B, version: '0.5.3', instanceType: 'ml.g5.2xlarge' },
    { environment: { VLLM_ATTENTION_BACKEND: 'FLASHINFER' } },
  ],
  [
    'https://github.com/vllm-project/vllm/issues/9922',
    'ATTENTION_SOFT_CAP_NOT_SUPPORTED',
    { config: GEMMA2_2B, version: '0.6.3', instanceType: 'ml.g4dn.xlarge', options: { dtype: 'float16' } },
    { version: '0.6.5' },
  ],
  [
    'https://github.com/vllm-project/vllm/issues/8091',
    'ATTENTION_BACKEND_NEEDS_NEWER_GPU',
    {
      ...{ config: GEMMA2_2B, version: '0.5.5', instanceType: 'ml.g4dn.xlarge', options: { dtype: 'float16' } },
      environment: { VLLM_ATTENTION_BACKEND: 'FLASHINFER' },
    },
    { instanceType: 'ml.g5.xlarge' },
  ],
  [
    'https://github.com/vllm-project/vllm/issues/47549',
    'ATTENTION_BACKEND_NEEDS_NEWER_GPU',
    {
      ...{ config: QWEN3_SMALL, version: '0.24.0', instanceType: 'ml.g4dn.xlarge', options: { dtype: 'float16' } },
      environment: { SM_VLLM_ATTENTION_BACKEND: 'FLASHINFER' },
    },
    { version: '0.23.0' },
  ],
  [
    'https://github.com/xorbitsai/inference/issues/2210',
    'QUANTIZATION_NEEDS_NEWER_GPU',
    {
      ...{ config: quantized(QWEN25_7B, GPTQ), version: '0.5.4' },
      ...{ instanceType: 'ml.g4dn.xlarge', options: { dtype: 'float16' } },
    },
    { environment: variables({ QUANTIZATION: 'gptq' }) },
  ],
  [
    'https://github.com/runpod-workers/worker-vllm/issues/43',
    'REMOTE_CODE_NOT_TRUSTED',
    {
      config: { ...DEEPSEEK_V32, ...V2, auto_map: { AutoConfig: 'configuration_deepseek.DeepseekV2Config' } },
      version: '0.5.1',
    },
    { options: { trustRemoteCode: true } },
  ],
  [
    'https://github.com/deepjavalibrary/djl/issues/3343',
    'EXPERTS_NOT_QUANTIZABLE',
    { config: MIXTRAL, family: 'lmi-trtllm', version: '0.29.0', environment: { OPTION_QUANTIZE: 'awq' } },
    { version: '0.33.0' },
  ],
  [
    'https://github.com/aws/deep-learning-containers/issues/5355',
    'NEURON_ARCHITECTURE_NOT_EXPORTED',
    { config: QWEN3_SMALL, family: 'lmi-neuron', version: '0.29.0', instanceType: 'ml.inf2.8xlarge' },
    { config: LLAMA_8B },
  ],
  [
    'https://github.com/vllm-project/vllm/issues/578',
    'VOCABULARY_NOT_DIVISIBLE',
    { config: { ...LLAMA2_7B, vocab_size: 49_954 }, version: '0.1.2', options: { tensorParallelSize: 16 } },
    { version: '0.1.3' },
  ],
  [
    'https://github.com/vllm-project/vllm/issues/20284',
    'LORA_WITH_SPECULATION',
    {
      ...{ config: LLAMA_8B, version: '0.9.1', options: { enableLora: true } },
      environment: variables({ SPECULATIVE_CONFIG: '{"method":"ngram","num_speculative_tokens":4}' }),
    },
    { version: '0.11.1' },
  ],
  [
    'https://github.com/xorbitsai/inference/issues/1715',
    'CONTEXT_EXCEEDS_MODEL',
    { config: { ...LLAMA2_7B, max_position_embeddings: 8192, seq_length: 2048 }, version: '0.5.0' },
    { options: { maxModelLen: 2048 } },
  ],
  [
    'https://github.com/vllm-project/vllm/issues/5569',
    'BITSANDBYTES_CHECKPOINT_NOT_READ',
    {
      ...{ config: quantized(LLAMA_8B, { quant_method: 'bitsandbytes', load_in_8bit: true }), version: '0.5.3' },
      options: { dtype: 'float16', loadFormat: 'bitsandbytes' },
    },
    { version: '0.6.0' },
  ],
  [
    'https://github.com/kubeai-project/kubeai/issues/119',
    'PREFIX_CACHING_NOT_SUPPORTED',
    { config: LLAMA2_7B, version: '0.5.3', options: { enablePrefixCaching: true, enableChunkedPrefill: true } },
    { version: '0.6.0' },
  ],
  [
    'https://github.com/vllm-project/vllm/issues/3355',
    'PREFIX_CACHING_NOT_SUPPORTED',
    { config: MISTRAL_7B, version: '0.4.0', options: { enablePrefixCaching: true } },
    { options: {} },
  ],
  [
    'https://github.com/vllm-project/vllm/issues/25134',
    'EAGLE3_NOT_FOR_ARCHITECTURE',
    {
      ...{ config: QWEN3_MOE, version: '0.10.2' },
      environment: variables({ SPECULATIVE_CONFIG: '{"method":"eagle3","model":"head","num_speculative_tokens":2}' }),
    },
    { version: '0.11.1' },
  ],
  [
    'https://github.com/vllm-project/llm-compressor/issues/2693',
    'COMPRESSED_SCHEME_NEWER_THAN_SERVER',
    {
      config: quantized(
        QWEN25_7B,
        compressedTensors(
          { num_bits: 4, type: 'int', symmetric: true, strategy: 'channel' },
          { num_bits: 8, type: 'int', symmetric: true, strategy: 'token', dynamic: true },
          'int-quantized',
        ),
      ),
      version: '0.20.1',
    },
    { config: quantized(QWEN25_7B, compressedTensors(INT4_GROUPS)) },
  ],
  [
    'https://github.com/vllm-project/vllm/issues/8641',
    'KV_CACHE_SCHEME_NOT_READ',
    {
      config: quantized(LLAMA_8B, { ...compressedTensors(INT4_GROUPS), kv_cache_scheme: FP8_SCALES }),
      ...{ version: '0.6.1', options: { kvCacheDtype: 'fp8' } },
      environment: { VLLM_ATTENTION_BACKEND: 'FLASHINFER' },
    },
    { environment: {} },
  ],
  [
    'https://github.com/vllm-project/vllm/issues/14143',
    'BITSANDBYTES_NOT_SPLIT',
    {
      ...{ config: { ...QWEN25_7B, num_key_value_heads: 2 }, version: '0.7.3', options: { tensorParallelSize: 4 } },
      environment: variables({ QUANTIZATION: 'bitsandbytes', LOAD_FORMAT: 'bitsandbytes' }),
    },
    { options: { tensorParallelSize: 2 } },
  ],
  [
    'https://github.com/vllm-project/vllm/issues/21274',
    'NVFP4_KERNEL_NOT_ON_GPU',
    { config: quantized(LLAMA_8B, NVFP4), version: '0.9.2', instanceType: 'ml.g7e.2xlarge' },
    { version: '0.11.2' },
  ],
  [
    'https://github.com/vllm-project/vllm/issues/42390',
    'MARLIN_TILE_NOT_DIVISIBLE',
    {
      config: { ...QWEN3_MOE, moe_intermediate_size: 704 },
      ...{ version: '0.21.0', instanceType: 'ml.g5.12xlarge', options: { tensorParallelSize: 2 } },
      environment: variables({ QUANTIZATION: 'fp8' }),
    },
    { options: { tensorParallelSize: 1 } },
  ],
  [
    'https://github.com/vllm-project/vllm/issues/11010',
    'BITSANDBYTES_LOAD_FORMAT',
    { config: QWEN25_7B, version: '0.6.4', environment: variables({ QUANTIZATION: 'bitsandbytes' }) },
    { environment: variables({ QUANTIZATION: 'bitsandbytes', LOAD_FORMAT: 'bitsandbytes' }) },
  ],
])('%s', (_, rule, reported, change) => {
  const errorsOf = (deployment: Deployment) => findings(deployment).map((finding) => finding.rule);
  test(`is found by ${rule}`, () => {
    expect(errorsOf(reported)).toContain(rule);
  });
  test('is not found where it was mended', () => {
    expect(errorsOf({ ...reported, ...change })).not.toContain(rule);
  });
});
