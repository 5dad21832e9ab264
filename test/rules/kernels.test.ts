import { evaluateRules, findRule } from '../../lib/rules';
import { resolveEndpoint } from '../../lib/endpoint/resolve';
import { readSpec } from '../../lib/spec';
import {
  AWQ,
  DEEPSEEK_V3,
  DEEPSEEK_V32,
  FP8_BLOCK,
  GEMMA_4,
  GPTQ,
  GPT_OSS_20B,
  LLAMA_8B,
  NEMOTRON_H,
  QWEN3_MOE,
  QWEN35_27B,
  quantized,
  type Json,
} from '../../lib/rules/helpers/samples';

const on = (family: string, version: string | undefined, config: object, instanceType: string, rest: object = {}) => ({
  model: { config },
  container: { family, ...(version === undefined ? {} : { version }) },
  instanceType,
  options: { maxModelLen: 4096, ...((rest as { options?: object }).options ?? {}) },
  ...Object.fromEntries(Object.entries(rest).filter(([key]) => key !== 'options')),
});

function advice(id: string, value: object): object | undefined {
  const rule = findRule(id);
  const { spec, problems } = readSpec(value);
  if (rule === undefined || spec === undefined) throw new Error(`${id}: ${JSON.stringify(problems)}`);
  const finding = evaluateRules(resolveEndpoint(spec), [rule]).at(0);
  if (finding === undefined) return undefined;
  const { severity, got, allowed, fix, path } = finding;
  return { severity, got, allowed, fix, path };
}

const vllm = (version: string | undefined, config: object, instanceType: string, rest: object = {}) =>
  on('vllm', version, config, instanceType, rest);
const sglang = (version: string | undefined, config: object, instanceType: string, rest: object = {}) =>
  on('sglang', version, config, instanceType, rest);
const vision = {
  ...GEMMA_4,
  text_config: { ...(GEMMA_4.text_config as Json), use_bidirectional_attention: 'vision' },
  vision_config: {
    model_type: 'gemma4_vision',
    hidden_size: 1152,
    intermediate_size: 4304,
    num_attention_heads: 16,
    num_hidden_layers: 27,
    patch_size: 16,
  },
};
const VOXTRAL = {
  architectures: ['VoxtralForConditionalGeneration'],
  model_type: 'voxtral',
  text_config: { ...LLAMA_8B, architectures: undefined },
  audio_config: { model_type: 'voxtral_encoder', hidden_size: 1280, num_hidden_layers: 32, num_attention_heads: 20 },
};
const withoutVisionMarks = { ...vision, text_config: GEMMA_4.text_config };

const CASES: Readonly<
  Record<string, readonly (readonly [name: string, spec: object, expected: object | undefined])[]>
> = {
  EXPERT_BALANCING_NOT_POSSIBLE: [
    [
      'copies in single quotes, without the balancer',
      vllm('0.17.0', QWEN3_MOE, 'ml.p5.48xlarge', {
        options: { tensorParallelSize: 4, expertParallel: true },
        environment: { SM_VLLM_EPLB_CONFIG: '\'{"num_redundant_experts":16}\'' },
      }),
      {
        severity: 'error',
        got: 'SM_VLLM_EPLB_CONFIG=\'{"num_redundant_experts":16}\'',
        allowed: 'num_redundant_experts 0, or ENABLE_EPLB',
        fix: 'leave SM_VLLM_EPLB_CONFIG out, or switch ENABLE_EPLB on',
        path: '/environment/SM_VLLM_EPLB_CONFIG',
      },
    ],
    [
      'copies that do not divide over the ranks',
      on('lmi', undefined, QWEN3_MOE, 'ml.p5.48xlarge', {
        options: { tensorParallelSize: 8, expertParallel: true },
        environment: { OPTION_ENABLE_EPLB: 'true', OPTION_EPLB_CONFIG: '{"num_redundant_experts":3}' },
      }),
      {
        severity: 'error',
        got: 'OPTION_ENABLE_EPLB=true',
        allowed: 'num_redundant_experts 0, or more by steps of 8',
        fix: 'set num_redundant_experts to 0',
        path: '/environment/OPTION_ENABLE_EPLB',
      },
    ],
    [
      'a flag that 0.12 no longer has',
      vllm('0.12.0', QWEN3_MOE, 'ml.p5.48xlarge', { environment: { SM_VLLM_NUM_REDUNDANT_EXPERTS: '16' } }),
      undefined,
    ],
    [
      'JSON that cannot be read',
      vllm(undefined, QWEN3_MOE, 'ml.p5.48xlarge', { environment: { SM_VLLM_EPLB_CONFIG: '{redundant' } }),
      undefined,
    ],
  ],
  EXPERTS_NEED_FLOAT16: [
    [
      'GPTQ experts of a bfloat16 model on SGLang',
      sglang('0.5.20', quantized(QWEN3_MOE, GPTQ), 'ml.p5.48xlarge'),
      {
        severity: 'error',
        got: 'dtype auto (bfloat16)',
        allowed: 'float16',
        fix: 'set dtype to float16',
        path: '/options/dtype',
      },
    ],
    [
      'stored in float16',
      sglang('0.5.20', quantized({ ...QWEN3_MOE, torch_dtype: 'float16' }, GPTQ), 'ml.p5.48xlarge'),
      undefined,
    ],
    ['before the kernel looked', sglang('0.5.5', quantized(QWEN3_MOE, GPTQ), 'ml.p5.48xlarge'), undefined],
    ['a dense model', sglang('0.5.20', quantized(LLAMA_8B, GPTQ), 'ml.p5.48xlarge'), undefined],
  ],
  EXPERT_SCALES_MISORDERED: [
    [
      'AWQ experts on SGLang',
      sglang('0.5.15', quantized({ ...QWEN3_MOE, moe_intermediate_size: 512 }, AWQ), 'ml.p5.48xlarge', {
        options: { tensorParallelSize: 4 },
      }),
      {
        severity: 'error',
        got: '512 / 4 = 128 for groups of 128',
        allowed: 'more than one group of 128 on each rank',
        fix: 'set tensorParallelSize to 2, or expertParallel to true',
        path: '/options/tensorParallelSize',
      },
    ],
    [
      'half the experts’ hidden layer for each of eight GPUs',
      vllm('0.30.0', quantized({ ...QWEN3_MOE, moe_intermediate_size: 1024 }, GPTQ), 'ml.p5.48xlarge', {
        options: { tensorParallelSize: 8 },
      }),
      {
        severity: 'error',
        got: '1024 / 8 = 128 for groups of 128',
        allowed: 'more than one group of 128 on each rank',
        fix: 'set tensorParallelSize to 4, or expertParallel to true',
        path: '/options/tensorParallelSize',
      },
    ],
    [
      'experts that are one group wide whole',
      vllm('0.30.0', quantized({ ...QWEN3_MOE, moe_intermediate_size: 128 }, AWQ), 'ml.g6e.xlarge', {}),
      {
        severity: 'error',
        got: '128 / 1 = 128 for groups of 128',
        allowed: 'more than one group of 128 on each rank',
        fix: 'take a checkpoint with smaller groups',
        path: '/options/tensorParallelSize',
      },
    ],
    [
      'weights that another kernel was asked for',
      vllm('0.30.0', quantized({ ...QWEN3_MOE, moe_intermediate_size: 1024 }, GPTQ), 'ml.p5.48xlarge', {
        options: { tensorParallelSize: 8 },
        environment: { SM_VLLM_MOE_BACKEND: 'humming' },
      }),
      undefined,
    ],
    [
      'scales without groups',
      vllm(
        '0.30.0',
        quantized({ ...QWEN3_MOE, moe_intermediate_size: 1024 }, { ...GPTQ, group_size: -1 }),
        'ml.p5.48xlarge',
        {
          options: { tensorParallelSize: 8 },
        },
      ),
      undefined,
    ],
    [
      'Turing, which has no Marlin for experts',
      vllm('0.30.0', quantized({ ...QWEN3_MOE, moe_intermediate_size: 512 }, AWQ), 'ml.g4dn.12xlarge', {
        options: { tensorParallelSize: 4, dtype: 'float16' },
      }),
      undefined,
    ],
  ],
  STATES_WITHOUT_CHUNKED_PREFILL: [
    [
      'prefixes that the server caches by itself',
      vllm('0.30.0', QWEN35_27B, 'ml.p5.48xlarge', { options: { enableChunkedPrefill: false } }),
      {
        severity: 'warning',
        got: 'enableChunkedPrefill false with the prefix cache that the server switches on by itself',
        allowed: 'enableChunkedPrefill true, or enablePrefixCaching false',
        fix: 'leave enableChunkedPrefill out',
        path: '/options/enableChunkedPrefill',
      },
    ],
    [
      'prefixes that somebody asked for',
      vllm('0.21.0', QWEN35_27B, 'ml.p5.48xlarge', {
        options: { enableChunkedPrefill: false },
        environment: { SM_VLLM_ENABLE_PREFIX_CACHING: '' },
      }),
      {
        severity: 'error',
        got: 'enableChunkedPrefill false with enablePrefixCaching true',
        allowed: 'enableChunkedPrefill true, or enablePrefixCaching false',
        fix: 'leave enableChunkedPrefill out',
        path: '/options/enableChunkedPrefill',
      },
    ],
  ],
  LORA_HOST_SLOTS_TOO_FEW: [
    [
      'one adapter at once where nobody said how many',
      vllm(undefined, LLAMA_8B, 'ml.g6e.2xlarge', {
        options: { enableLora: true },
        environment: { SM_VLLM_MAX_CPU_LORAS: '1' },
      }),
      undefined,
    ],
  ],
  MICROBATCHES_WITHOUT_EXCHANGE: [
    [
      'NIXL, before it was an exchange to overlap',
      vllm('0.21.0', QWEN3_MOE, 'ml.p5.48xlarge', {
        environment: { SM_VLLM_ENABLE_DBO: '', SM_VLLM_ALL2ALL_BACKEND: 'nixl_ep' },
      }),
      {
        severity: 'error',
        got: 'SM_VLLM_ENABLE_DBO= with nixl_ep',
        allowed: 'deepep_low_latency, deepep_high_throughput',
        fix: 'leave SM_VLLM_ENABLE_DBO out',
        path: '/environment/SM_VLLM_ENABLE_DBO',
      },
    ],
    [
      'NIXL today',
      vllm(undefined, QWEN3_MOE, 'ml.p5.48xlarge', {
        environment: { SM_VLLM_ENABLE_DBO: '', SM_VLLM_ALL2ALL_BACKEND: 'nixl_ep' },
      }),
      undefined,
    ],
  ],
  V2_RUNNER_WITHOUT_FEATURE: [
    [
      'a draft model that no method names',
      vllm('0.23.0', LLAMA_8B, 'ml.g6e.2xlarge', {
        environment: { VLLM_USE_V2_MODEL_RUNNER: '1' },
        speculative: { model: 'small', tokens: 3 },
      }),
      {
        severity: 'error',
        got: 'VLLM_USE_V2_MODEL_RUNNER=1 with speculative decoding by a draft model',
        allowed: 'the model runner that the server takes by itself',
        fix: 'leave VLLM_USE_V2_MODEL_RUNNER out',
        path: '/environment/VLLM_USE_V2_MODEL_RUNNER',
      },
    ],
  ],
  HIERARCHICAL_CACHE_WITHOUT_PREFIXES: [
    [
      'prefixes switched off by the option',
      sglang(undefined, LLAMA_8B, 'ml.g6e.2xlarge', {
        options: { enablePrefixCaching: false },
        environment: { SM_SGLANG_ENABLE_HIERARCHICAL_CACHE: 'true' },
      }),
      {
        severity: 'error',
        got: 'SM_SGLANG_ENABLE_HIERARCHICAL_CACHE with enablePrefixCaching false',
        allowed: 'one of the two',
        fix: 'leave SM_SGLANG_ENABLE_HIERARCHICAL_CACHE out',
        path: '/options/enablePrefixCaching',
      },
    ],
  ],
  EAGLE_HEAD_NOT_IN_SERVER: [
    [
      'a head that came with a later version',
      vllm('0.21.0', LLAMA_8B, 'ml.g6e.2xlarge', {
        speculative: { method: 'eagle3', model: 'head', tokens: 3, config: { architectures: ['Qwen3ForCausalLM'] } },
      }),
      {
        severity: 'error',
        got: 'Eagle3Qwen3ForCausalLM, from the head’s architecture Qwen3ForCausalLM',
        allowed: 'vLLM 0.24.0 or newer',
        fix: 'use an image with vLLM 0.24.0 or newer',
        path: '/speculative/method',
      },
    ],
    [
      'a head of which nothing is known',
      vllm('0.21.0', LLAMA_8B, 'ml.g6e.2xlarge', { speculative: { method: 'eagle', model: 'head', tokens: 3 } }),
      undefined,
    ],
  ],
  EXPERT_BACKEND_NOT_FOR_WEIGHTS: [
    [
      'a kernel for quantized experts, and experts that are not',
      vllm('0.20.0', QWEN3_MOE, 'ml.p5.4xlarge', { environment: { SM_VLLM_MOE_BACKEND: 'Marlin' } }),
      {
        severity: 'error',
        got: 'SM_VLLM_MOE_BACKEND=Marlin',
        allowed: 'triton, flashinfer_trtllm, flashinfer_cutlass, aiter, humming',
        fix: 'leave SM_VLLM_MOE_BACKEND out',
        path: '/environment/SM_VLLM_MOE_BACKEND',
      },
    ],
    [
      'a kernel of Blackwell on Hopper, in LMI’s words',
      on('lmi', undefined, quantized(QWEN3_MOE, FP8_BLOCK), 'ml.p5.4xlarge', {
        environment: { OPTION_MOE_BACKEND: 'flashinfer_trtllm' },
      }),
      {
        severity: 'error',
        got: 'OPTION_MOE_BACKEND=flashinfer_trtllm on ml.p5.4xlarge (H100, 9.0)',
        allowed: 'compute capability 10.0 to 10.9',
        fix: 'leave OPTION_MOE_BACKEND out',
        path: '/environment/OPTION_MOE_BACKEND',
      },
    ],
    [
      'a value that a script fills in',
      vllm('0.20.0', QWEN3_MOE, 'ml.p5.4xlarge', { environment: { SM_VLLM_MOE_BACKEND: '${MOE}' } }),
      undefined,
    ],
    [
      'a GPU that nobody named',
      {
        model: { config: quantized(QWEN3_MOE, FP8_BLOCK) },
        container: { family: 'vllm' },
        environment: { SM_VLLM_MOE_BACKEND: 'flashinfer_trtllm' },
      },
      undefined,
    ],
    [
      'layers that guess with a kernel of their own',
      vllm(undefined, quantized(QWEN3_MOE, { ...FP8_BLOCK, modules_to_not_convert: ['mtp'] }), 'ml.p5.4xlarge', {
        environment: {
          SM_VLLM_MOE_BACKEND: 'marlin',
          SM_VLLM_SPECULATIVE_CONFIG: '{"method":"mtp","num_speculative_tokens":1,"moe_backend":"triton"}',
        },
      }),
      undefined,
    ],
  ],
  EXPERT_RUNNER_NOT_FOR_WEIGHTS: [
    [
      'MXFP4 and a kernel without it',
      sglang(undefined, GPT_OSS_20B, 'ml.p5.4xlarge', {
        environment: { SM_SGLANG_MOE_RUNNER_BACKEND: 'flashinfer_cutlass' },
      }),
      {
        severity: 'error',
        got: 'SM_SGLANG_MOE_RUNNER_BACKEND=flashinfer_cutlass',
        allowed: 'the kernel that the server chooses',
        fix: 'leave SM_SGLANG_MOE_RUNNER_BACKEND out',
        path: '/environment/SM_SGLANG_MOE_RUNNER_BACKEND',
      },
    ],
    [
      'experts in 16 bit',
      sglang(undefined, QWEN3_MOE, 'ml.p5.4xlarge', {
        environment: { SM_SGLANG_MOE_RUNNER_BACKEND: 'flashinfer_cutlass' },
      }),
      undefined,
    ],
  ],
  HYBRID_ATTENTION_BACKEND_NOT_ON_GPU: [
    [
      'FlashAttention 4 on an RTX PRO 6000',
      sglang(undefined, QWEN35_27B, 'ml.g7e.24xlarge', { environment: { SM_SGLANG_ATTENTION_BACKEND: 'fa4' } }),
      {
        severity: 'error',
        got: 'SM_SGLANG_ATTENTION_BACKEND=fa4 on ml.g7e.24xlarge (RTX PRO 6000, 12.0)',
        allowed: 'triton, trtllm_mha or flashinfer',
        fix: 'set SM_SGLANG_ATTENTION_BACKEND to triton, or leave it out',
        path: '/environment/SM_SGLANG_ATTENTION_BACKEND',
      },
    ],
  ],
  ATTENTION_BACKEND_WITHOUT_CACHE_DTYPE: [
    [
      'a checkpoint that brings scales for its cache',
      sglang(
        undefined,
        quantized(LLAMA_8B, {
          quant_method: 'modelopt',
          quant_algo: 'FP8',
          kv_cache_scheme: { num_bits: 8, type: 'float', dynamic: false },
        }),
        'ml.g7e.2xlarge',
        { environment: { SM_SGLANG_ATTENTION_BACKEND: 'trtllm_mha' } },
      ),
      {
        severity: 'error',
        got: 'SM_SGLANG_ATTENTION_BACKEND=trtllm_mha with kvCacheDtype auto on ml.g7e.2xlarge (RTX PRO 6000, 12.0)',
        allowed: 'flashinfer or triton',
        fix: 'set SM_SGLANG_ATTENTION_BACKEND to flashinfer, or leave it out',
        path: '/environment/SM_SGLANG_ATTENTION_BACKEND',
      },
    ],
  ],
  EXPERT_SHARE_NOT_ALIGNED: [
    [
      'a size that no degree aligns',
      vllm('0.20.0', { ...QWEN3_MOE, moe_intermediate_size: 704 }, 'ml.p6-b200.48xlarge'),
      {
        severity: 'error',
        got: '704 / 1 = 704 on ml.p6-b200.48xlarge (B200, 10.0)',
        allowed: 'multiples of 128',
        fix: 'use an image with vLLM 0.28 or newer',
        path: '/container/version',
      },
    ],
  ],
  LATENT_ATTENTION_WITHOUT_BACKEND: [
    [
      'sparse attention before there was a kernel for 12.0',
      vllm('0.20.0', DEEPSEEK_V32, 'ml.g7e.48xlarge', { options: { tensorParallelSize: 8 } }),
      {
        severity: 'error',
        got: 'on ml.g7e.48xlarge (RTX PRO 6000, 12.0)',
        allowed: 'compute capability 9.0 or 10.0',
        fix: 'use an image with vLLM 0.24 or newer',
        path: '/container/version',
      },
    ],
    [
      'FlashAttention’s kernel and an FP8 cache',
      vllm('0.20.0', DEEPSEEK_V3, 'ml.p5en.48xlarge', {
        options: { tensorParallelSize: 8, kvCacheDtype: 'fp8' },
        environment: { SM_VLLM_ATTENTION_BACKEND: 'flash_attn_mla' },
      }),
      {
        severity: 'error',
        got: 'SM_VLLM_ATTENTION_BACKEND=flash_attn_mla for DeepseekV3ForCausalLM on ml.p5en.48xlarge (H200, 9.0)',
        allowed: 'the backend that the server chooses',
        fix: 'leave SM_VLLM_ATTENTION_BACKEND out',
        path: '/environment/SM_VLLM_ATTENTION_BACKEND',
      },
    ],
    [
      'vLLM’s own variable, where it is not read any more',
      vllm('0.20.0', DEEPSEEK_V3, 'ml.p5en.48xlarge', {
        options: { tensorParallelSize: 8 },
        environment: { VLLM_ATTENTION_BACKEND: 'CUTLASS_MLA' },
      }),
      undefined,
    ],
    ['an A100 and attention to all tokens', vllm('0.13.0', DEEPSEEK_V3, 'ml.p4de.24xlarge'), undefined],
  ],
  LORA_WITH_FP8_EXPERTS: [
    [
      'no GPU named',
      {
        model: { config: quantized(QWEN3_MOE, FP8_BLOCK) },
        container: { family: 'vllm', version: '0.21.0' },
        options: { maxModelLen: 4096, enableLora: true },
      },
      {
        severity: 'error',
        got: 'enableLora with experts in fp8-block',
        allowed: 'LoRA on experts that are not in FP8, or vLLM 0.24 or newer',
        fix: 'use an image with vLLM 0.24 or newer',
        path: '/options/enableLora',
      },
    ],
  ],
  CONTEXT_PARALLEL_NOT_DIVISIBLE: [
    [
      'as many ranks as KV heads',
      vllm(undefined, LLAMA_8B, 'ml.p5.48xlarge', {
        options: { tensorParallelSize: 8 },
        environment: { SM_VLLM_DECODE_CONTEXT_PARALLEL_SIZE: '2' },
      }),
      {
        severity: 'error',
        got: 'SM_VLLM_DECODE_CONTEXT_PARALLEL_SIZE=2',
        allowed: '1 with tensorParallelSize 8',
        fix: 'leave SM_VLLM_DECODE_CONTEXT_PARALLEL_SIZE out',
        path: '/environment/SM_VLLM_DECODE_CONTEXT_PARALLEL_SIZE',
      },
    ],
    [
      'a value that is no number',
      vllm(undefined, LLAMA_8B, 'ml.p5.48xlarge', {
        environment: { SM_VLLM_DECODE_CONTEXT_PARALLEL_SIZE: 'two' },
      }),
      undefined,
    ],
  ],
  MULTIMODAL_ITEM_EXCEEDS_BATCH: [
    [
      'a batch of a variable',
      vllm(undefined, vision, 'ml.g6e.12xlarge', { environment: { SM_VLLM_MAX_NUM_BATCHED_TOKENS: '2048' } }),
      {
        severity: 'error',
        got: 'maxNumBatchedTokens 2048',
        allowed: 'at least 2496, or a limit of 0 for video',
        fix: 'set maxNumBatchedTokens to 4096',
        path: '/options/maxNumBatchedTokens',
      },
    ],
    [
      'a limit in single quotes',
      vllm(undefined, vision, 'ml.g6e.12xlarge', {
        options: { maxNumBatchedTokens: 2048 },
        environment: { SM_VLLM_LIMIT_MM_PER_PROMPT: '\'{"video":0}\'' },
      }),
      undefined,
    ],
    [
      'images that are attended to as text is',
      vllm(undefined, withoutVisionMarks, 'ml.g6e.12xlarge', { options: { maxNumBatchedTokens: 512 } }),
      undefined,
    ],
  ],
  STATES_WITHOUT_CACHE_MANAGER: [
    [
      'any connector, when none was asked yet',
      vllm('0.21.0', QWEN35_27B, 'ml.p5.48xlarge', {
        environment: { SM_VLLM_KV_TRANSFER_CONFIG: '{"kv_connector":"NixlConnector"}' },
      }),
      {
        severity: 'error',
        got: 'SM_VLLM_KV_TRANSFER_CONFIG={"kv_connector":"NixlConnector"}',
        allowed: 'connectors that support it, such as NixlConnector and OffloadingConnector, from 0.23 on',
        fix: 'leave SM_VLLM_KV_TRANSFER_CONFIG out',
        path: '/environment/SM_VLLM_KV_TRANSFER_CONFIG',
      },
    ],
    [
      'a connector from somewhere else',
      vllm(undefined, QWEN35_27B, 'ml.p5.48xlarge', {
        environment: { SM_VLLM_KV_TRANSFER_CONFIG: '{"kv_connector":"OurConnector"}' },
      }),
      undefined,
    ],
  ],
  SPECULATION_WITH_STATE_CACHE: [
    [
      'the buffer left to the server',
      sglang('0.5.12', QWEN35_27B, 'ml.p5.48xlarge', { environment: { SM_SGLANG_SPECULATIVE_ALGORITHM: 'NEXTN' } }),
      {
        severity: 'error',
        got: 'speculation with the mamba scheduler strategy auto',
        allowed: 'extra_buffer, or no prefix cache',
        fix: 'set SM_SGLANG_MAMBA_SCHEDULER_STRATEGY to extra_buffer and SGLANG_ENABLE_SPEC_V2 to 1, or set SM_SGLANG_DISABLE_RADIX_CACHE to true',
        path: '/environment/SM_SGLANG_MAMBA_SCHEDULER_STRATEGY',
      },
    ],
    ['no speculation', sglang('0.5.12', QWEN35_27B, 'ml.p5.48xlarge', { environment: {} }), undefined],
  ],
  MARLIN_TILE_NOT_DIVISIBLE: [
    [
      'NVFP4 experts without a gate, cut in two',
      vllm(
        '0.19.0',
        quantized(NEMOTRON_H, {
          quant_method: 'modelopt',
          quant_algo: 'NVFP4',
          group_size: 16,
          exclude_modules: ['lm_head', '*mixer.in_proj', '*mixer.out_proj'],
        }),
        'ml.g6e.12xlarge',
        { options: { tensorParallelSize: 2 } },
      ),
      {
        severity: 'error',
        got: '928 outputs for each of 2 ranks',
        allowed: 'tensorParallelSize 1',
        fix: 'use an image with vLLM 0.24 or newer, which pads the tile, or set tensorParallelSize to 1',
        path: '/options/tensorParallelSize',
      },
    ],
    [
      'AWQ’s own kernel, which needs 64 outputs too',
      vllm('0.21.0', quantized(QWEN35_27B, AWQ), 'ml.g6e.12xlarge', { options: { tensorParallelSize: 2 } }),
      {
        severity: 'error',
        got: '48 outputs for each of 2 ranks',
        allowed: 'no tensor-parallel degree',
        fix: 'use an image with vLLM 0.24 or newer, which pads the tile, or choose another checkpoint or group size',
        path: '/options/tensorParallelSize',
      },
    ],
  ],
  PIPELINE_NOT_SUPPORTED: [
    [
      'a class that can by now',
      vllm('0.28.0', VOXTRAL, 'ml.p5.48xlarge', {
        options: { pipelineParallelSize: 2 },
      }),
      undefined,
    ],
  ],
};

describe.each(Object.entries(CASES))('%s', (id, cases) => {
  it.each(cases)('advises for %s', (_, spec, expected) => {
    expect(advice(id, spec)).toEqual(expected);
  });
});

describe('the kernel that is named for experts', () => {
  const told = (config: object, backend: string, instanceType?: string, rest: object = {}, version = '0.28.0') =>
    evaluateRules(
      resolveEndpoint(
        readSpec({
          model: { config },
          container: { family: 'vllm', version },
          instanceType,
          environment: { SM_VLLM_MOE_BACKEND: backend },
          ...rest,
        }).spec!,
      ),
      [findRule('EXPERT_BACKEND_NOT_FOR_WEIGHTS')!],
    ).at(0);
  const FP8 = quantized(QWEN3_MOE, FP8_BLOCK);
  const stepped = { ...QWEN3_MOE, architectures: ['Step3p5ForCausalLM'] };
  const guessing = (ignored: string[], config: Json = QWEN3_MOE) =>
    quantized(config, { ...FP8_BLOCK, modules_to_not_convert: ignored });
  const MTP = { speculative: { method: 'mtp', tokens: 1 } };

  it.each([
    ['deep_gemm', 'ml.p4d.24xlarge', 'compute capability 9.0 and newer'],
    ['flashinfer_cutlass', 'ml.g6e.2xlarge', 'compute capability 9.0 and newer'],
    ['flashinfer_trtllm', 'ml.g7e.2xlarge', 'compute capability 10.0 to 10.9'],
  ])('%s on %s is for GPUs of %s', (backend, instanceType, allowed) => {
    const finding = told(FP8, backend, instanceType);
    expect(finding).toMatchObject({ allowed, got: expect.stringContaining(` on ${instanceType} (`) });
    expect(finding?.message).toContain(
      `--moe-backend ${backend} of vLLM 0.28.0 is not for experts that are FP8 on this GPU`,
    );
  });

  it.each([
    ['deep_gemm', 'ml.p5.4xlarge'],
    ['deep_gemm', 'ml.g7e.2xlarge'],
    ['flashinfer_trtllm', 'ml.p6-b200.48xlarge'],
    ['flashinfer_trtllm', 'ml.p6-b300.48xlarge'],
    ['flashinfer_trtllm', undefined],
    [' Triton ', 'ml.p5.4xlarge'],
    ['', 'ml.p5.4xlarge'],
    ['auto', 'ml.p5.4xlarge'],
  ])('%p computes with FP8 on %s', (backend, instanceType) => {
    expect(told(FP8, backend, instanceType)).toBeUndefined();
  });

  it('is Triton for FP8 where the GPU computes in it', () => {
    expect(told(FP8, 'triton', 'ml.p4de.24xlarge')?.allowed).toBe('compute capability 8.9 and newer');
    expect(told(FP8, 'triton', 'ml.g6e.12xlarge')).toBeUndefined();
    expect(told(QWEN3_MOE, 'triton', 'ml.p4de.24xlarge')).toBeUndefined();
  });

  it('is looked at from 0.17 on, for a model with experts', () => {
    expect(told(QWEN3_MOE, 'marlin', undefined, {}, '0.16.0')).toBeUndefined();
    expect(told(QWEN3_MOE, 'marlin', undefined, {}, '0.17.0')?.message).toContain('experts that are unquantized,');
    expect(told(LLAMA_8B, 'marlin')).toBeUndefined();
  });

  it('is not of FlashInfer where the gate is clamped step by step', () => {
    const finding = told(stepped, 'flashinfer_cutlass', 'ml.p5.4xlarge');
    expect(finding?.allowed).toBe('triton, aiter, humming, batched_triton');
    expect(told(stepped, 'triton', 'ml.p5.4xlarge')).toBeUndefined();
    expect(told(stepped, 'marlin', 'ml.p5.4xlarge')?.allowed).toContain('flashinfer_cutlass');
  });

  it('is for the layers that guess too, which a checkpoint may leave as they were', () => {
    for (const name of ['mtp', 'mtp*', 'model.mtp.layers', '*mtp*'])
      expect(told(guessing([name]), 'marlin', 'ml.p5.4xlarge', MTP)?.message).toContain(
        'is not for the layers that guess, whose experts are unquantized',
      );
    for (const ignored of [['lm_head'], ['xmtp'], []])
      expect(told(guessing(ignored), 'marlin', 'ml.p5.4xlarge', MTP)).toBeUndefined();
    expect(told(guessing(['mtp']), 'marlin', 'ml.p5.4xlarge')).toBeUndefined();
    expect(told(guessing(['mtp']), 'triton', 'ml.p5.4xlarge', MTP)).toBeUndefined();
    const eagle = { speculative: { method: 'eagle3', model: 'a/b', tokens: 1 } };
    expect(told(guessing(['mtp']), 'marlin', 'ml.p5.4xlarge', eagle)).toBeUndefined();
  });
});
