import { found } from '../helpers/finding';
import { LLAMA_8B } from '../helpers/samples';
import type { Rule } from '../types';

const example = (mode: string, options: object = {}) => ({
  model: { config: LLAMA_8B },
  quantization: 'gguf:Q4_K_M',
  container: { family: 'llama-cpp' },
  instanceType: 'ml.g6.12xlarge',
  options: { maxModelLen: 4096, slots: 1, ...options },
  environment: { SM_LLAMA_CPP_SPLIT_MODE: mode },
});

const NAME = 'SM_LLAMA_CPP_SPLIT_MODE';

/**
 * Cache types with which the split of a tensor over GPUs is known to fail: a usual CUDA build has no attention kernel that reads them, and
 * what no GPU computes cannot be split. Source: ggml-org/llama.cpp#27116; stew675/llama-cpp-rdna-boosts#21,
 * "f32/f16/bf16/q4_0/q8_0 all work fine … q4_1/iq4_nl/q5_0/q5_1 … an upstream limitation too"; ggml-org/llama.cpp#27964 (q8_0 with q5_1).
 */
const FAILING: readonly string[] = ['iq4_nl', 'q4_1', 'q5_0', 'q5_1'];

/**
 * Architectures whose graph cannot be split so, by Hugging Face's name. Source: llama.cpp src/llama-arch.cpp,
 * `llm_arch_supports_sm_tensor`.
 */
const NOT_IMPLEMENTED =
  /^(Grok|MPT|Mpt|Plamo2|MiniCPM3|Gemma3n|Mamba|Mamba2|FalconMamba|Jamba|FalconH1|Olmo2|Olmo3|Olmoe|DeepseekV2|DeepseekV3|DeepseekV32|GlmMoeDsa|BitNet|Bitnet|T5|NemotronH|GraniteMoeHybrid|MiniMaxM1|MiniMaxM2|Mistral4|KimiLinear)For(CausalLM|ConditionalGeneration)$/;

export const splitModeTensor: Rule = {
  id: 'SPLIT_MODE_TENSOR',
  severity: 'error',
  summary: 'tensors are split over GPUs with what that needs',
  explanation:
    'With --split-mode tensor llama.cpp computes every layer on all GPUs at once. It needs flash attention ("SPLIT_MODE_TENSOR requires flash_attn to be enabled"), and a KV cache in iq4_nl, q4_1, q5_0 or q5_1 ends it at start ("GGML_ASSERT(ret.axis != GGML_BACKEND_SPLIT_AXIS_UNKNOWN) failed"). Some architectures have no such graph: "LLAMA_SPLIT_MODE_TENSOR not implemented for architecture".',
  source:
    'llama.cpp src/llama-context.cpp, llama_init_from_model; src/llama-arch.cpp, llm_arch_supports_sm_tensor; ggml-org/llama.cpp#27116; stew675/llama-cpp-rdna-boosts#21',
  examples: {
    passes: [
      example('tensor'),
      example('layer', { flashAttention: 'off' }),
      example('tensor', { kvTypeK: 'q8_0', kvTypeV: 'q8_0' }),
      example('layer', { kvTypeK: 'q5_0', kvTypeV: 'q5_0' }),
    ],
    fails: [
      example('tensor', { flashAttention: 'off' }),
      example('tensor', { kvTypeK: 'iq4_nl', kvTypeV: 'iq4_nl' }),
      example('tensor', { kvTypeK: 'q8_0', kvTypeV: 'q5_1' }),
      {
        ...example('tensor'),
        model: { config: { ...LLAMA_8B, architectures: ['Olmo2ForCausalLM'], model_type: 'olmo2' } },
      },
    ],
  },
  evaluate({ container, model, options, spec }) {
    if (container?.engine !== 'llama.cpp' || spec.environment?.[NAME] !== 'tensor') return [];
    if (model !== undefined && NOT_IMPLEMENTED.test(model.architecture))
      return [
        found({
          what: `llama-server cannot split the tensors of ${model.architecture} over GPUs ("LLAMA_SPLIT_MODE_TENSOR not implemented for architecture")`,
          got: `${NAME}=tensor`,
          allowed: 'layer',
          fix: `set ${NAME} to layer`,
          path: `/environment/${NAME}`,
        }),
      ];
    if (/^(off|0|false|disabled)$/i.test(options.flashAttention))
      return [
        found({
          what: 'llama-server splits tensors over GPUs with flash attention only',
          got: `${NAME}=tensor with flashAttention ${options.flashAttention}`,
          allowed: 'flashAttention on or auto, or the split mode layer',
          fix: 'set flashAttention to auto',
          path: '/options/flashAttention',
        }),
      ];
    const failing = (['kvTypeK', 'kvTypeV'] as const).find((name) => FAILING.includes(options[name].toLowerCase()));
    if (failing === undefined) return [];
    return [
      found({
        what: 'a KV cache of this type cannot be split over GPUs, and llama-server stops at start',
        got: `${failing} ${options[failing]} with ${NAME}=tensor`,
        allowed: 'f16 or q8_0, or the split mode layer',
        fix: `set ${failing} to q8_0, or ${NAME} to layer`,
        path: `/options/${failing}`,
      }),
    ];
  },
};
