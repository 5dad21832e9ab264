import { found } from '../helpers/finding';
import { LLAMA_8B } from '../helpers/samples';
import type { Rule, RuleFinding } from '../types';

const HEADS_OF_80 = {
  ...LLAMA_8B,
  architectures: ['PhiForCausalLM'],
  model_type: 'phi',
  hidden_size: 2560,
  intermediate_size: 10240,
  num_key_value_heads: 32,
  rope_scaling: undefined,
};

const example = (config: object, options: object) => ({
  model: { config },
  quantization: 'gguf:Q4_K_M',
  container: { family: 'llama-cpp' },
  options: { maxModelLen: 2048, slots: 1, ...options },
});

/** Elements of a block in every quantized type that a KV cache can have. Source: ggml/src/ggml-common.h, QK8_0, QK4_0, QK5_0, QK4_NL. */
const BLOCK = 32;

const UNQUANTIZED = /^(f32|f16|bf16)$/i;

export const kvTypeNotInHead: Rule = {
  id: 'KV_TYPE_NOT_IN_HEAD',
  severity: 'error',
  summary: 'the head size is a multiple of the block of a quantized KV cache',
  explanation:
    'llama.cpp quantizes keys and values in blocks of 32 elements along a head. With flash attention a head that is no multiple of it cannot be stored, and the context is not made: "K cache type q8_0 with block size 32 does not divide n_embd_head_k=80". Phi-2, StableLM 3B and RedPajama 3B have heads of 80.',
  source: 'llama.cpp src/llama-context.cpp, llama_init_from_model',
  examples: {
    passes: [example(LLAMA_8B, { kvTypeK: 'q8_0' }), example(HEADS_OF_80, {})],
    fails: [example(HEADS_OF_80, { kvTypeK: 'q8_0' }), example(HEADS_OF_80, { kvTypeV: 'q4_0' })],
  },
  evaluate({ container, model, options }) {
    if (container?.engine !== 'llama.cpp' || model?.known !== true || model.mla !== undefined) return [];
    // Without flash attention keys are stored in rows of all heads; a quantized V is then another rule's.
    if (/^(off|0|false|disabled)$/i.test(options.flashAttention) || model.headDim % BLOCK === 0) return [];
    const findings: RuleFinding[] = [];
    for (const name of ['kvTypeK', 'kvTypeV'] as const) {
      if (UNQUANTIZED.test(options[name])) continue;
      findings.push(
        found({
          what: `a quantized KV cache is in blocks of ${BLOCK}, which do not divide a head of ${model.headDim}`,
          got: `${name} ${options[name]}`,
          allowed: 'f16, bf16 or f32',
          fix: `set ${name} to f16`,
          path: `/options/${name}`,
        }),
      );
    }
    return findings;
  },
};
