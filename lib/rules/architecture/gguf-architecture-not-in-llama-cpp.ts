import { found } from '../helpers/finding';
import { LLAMA_8B } from '../helpers/samples';
import { LLAMA_CPP_SOURCE, llamaCppConverts } from '../helpers/server-support';
import type { Rule } from '../types';

const OPT = {
  architectures: ['OPTForCausalLM'],
  model_type: 'opt',
  hidden_size: 4096,
  ffn_dim: 16384,
  num_attention_heads: 32,
  num_hidden_layers: 32,
  vocab_size: 50272,
  max_position_embeddings: 2048,
  word_embed_proj_dim: 4096,
  do_layer_norm_before: true,
};

const MLLAMA = { ...LLAMA_8B, architectures: ['MllamaForConditionalGeneration'] };

/**
 * Families of which llama.cpp has no model of any name. Others that the converter does not list may have been converted under another name
 * (Yi as Llama), by an earlier converter (InternLM), or by their text model alone (InternVL), so that nothing is said of them.
 */
const ABSENT =
  /^(?:OPT|GPTNeoFor|GPTJ|CodeGen|Bart|MBart|PLBart|Whisper|RecurrentGemma|Zamba2|Fuyu|Mllama|Persimmon|PaliGemma)/;

const example = (config: object, family = 'llama-cpp') => ({
  model: { config },
  quantization: 'gguf:Q4_K_M',
  container: { family },
  options: { maxModelLen: 2048, slots: 1 },
});

export const ggufArchitectureNotInLlamaCpp: Rule = {
  id: 'GGUF_ARCHITECTURE_NOT_IN_LLAMA_CPP',
  severity: 'error',
  summary: 'llama.cpp has a model for the architecture',
  explanation:
    'llama.cpp computes each architecture with code of its own, and its converter writes no GGUF for others. Files that a fork has written end with "unknown model architecture: \'mllama\'": Llama 3.2 Vision, OPT, BART and Fuyu are among those that llama.cpp has not. The list is that of October 2026; an older build has fewer.',
  source: `${LLAMA_CPP_SOURCE}; ggml-org/llama.cpp#14951`,
  examples: {
    passes: [
      example(LLAMA_8B),
      example(OPT, 'vllm'),
      example({ ...LLAMA_8B, architectures: ['YiForCausalLM'], model_type: 'Yi' }),
    ],
    fails: [example(OPT), example(MLLAMA)],
  },
  evaluate({ container, model }) {
    if (container?.engine !== 'llama.cpp' || model === undefined) return [];
    if (!ABSENT.test(model.architecture) || llamaCppConverts(model.architecture)) return [];
    return [
      found({
        what: `llama.cpp has no support for the architecture ${model.architecture}`,
        got: `${model.architecture} (model_type ${model.modelType})`,
        allowed: 'an architecture that llama.cpp converts to GGUF',
        fix: 'use the vllm container with a checkpoint in safetensors, or choose another model',
        path: '/model/config/architectures',
      }),
    ];
  },
};
