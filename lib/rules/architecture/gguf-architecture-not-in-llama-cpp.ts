import {
  buildSpan,
  comesAfter,
  ggufArchitectures,
  LLAMA_CPP_BUILDS_SOURCE,
  llamaCppBuild,
  llamaCppName,
  type BuildSpan,
} from '../../container';
import { found } from '../helpers/finding';
import { LLAMA_8B, QWEN3_MOE, T5_SMALL } from '../helpers/samples';
import { LLAMA_CPP_SOURCE, llamaCppConverts } from '../helpers/server-support';
import type { Rule, RuleContext } from '../types';

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

const M2M100 = {
  architectures: ['M2M100ForConditionalGeneration'],
  model_type: 'm2m_100',
  is_encoder_decoder: true,
  d_model: 1024,
  encoder_layers: 12,
  encoder_attention_heads: 16,
  encoder_ffn_dim: 4096,
  decoder_layers: 12,
  decoder_attention_heads: 16,
  decoder_ffn_dim: 4096,
  vocab_size: 128112,
  max_position_embeddings: 1024,
};

const MLLAMA = { ...LLAMA_8B, architectures: ['MllamaForConditionalGeneration'] };

/**
 * Families of which llama.cpp has no model of any name. Others that the converter does not list may have been converted under another name
 * (Yi as Llama), by an earlier converter (InternLM), or by their text model alone (InternVL), so that nothing is said of them.
 */
const ABSENT =
  /^(?:OPT|GPTNeoFor|GPTJ|CodeGen|Bart|MBart|PLBart|Whisper|RecurrentGemma|Zamba2|Fuyu|Mllama|Persimmon|PaliGemma|Phi3Small)/;

const example = (config: object, family = 'llama-cpp', version?: string) => ({
  model: { config },
  quantization: 'gguf:Q4_K_M',
  container: { family, ...(version === undefined ? {} : { version }) },
  options: { maxModelLen: 2048, slots: 1 },
});

export const ggufArchitectureNotInLlamaCpp: Rule = {
  id: 'GGUF_ARCHITECTURE_NOT_IN_LLAMA_CPP',
  severity: 'error',
  summary: 'llama-server runs the architecture',
  explanation:
    'llama.cpp computes each architecture with code of its own, and its converter writes no GGUF for others. Files that a fork has written end with "unknown model architecture: \'mllama\'": Llama 3.2 Vision, OPT, BART and Fuyu are among those that llama.cpp has not. The list is that of October 2026; an older build has fewer. Of T5 and its like it has a model, but llama-server never calls its encoder: the file loads, and the first request ends the server or is answered with noise.',
  source: `${LLAMA_CPP_SOURCE}; ${LLAMA_CPP_BUILDS_SOURCE}; ggml-org/llama.cpp#14951, #7922, #6718, oobabooga/textgen#6223, mozilla-ai/llamafile#711; ggml-org/llama.cpp#26565`,
  examples: {
    passes: [
      example(LLAMA_8B),
      example(OPT, 'vllm'),
      example({ ...LLAMA_8B, architectures: ['YiForCausalLM'], model_type: 'Yi' }),
      example(QWEN3_MOE, 'llama-cpp', 'b5415'),
    ],
    fails: [
      example(OPT),
      example(MLLAMA),
      example(T5_SMALL),
      example(M2M100),
      example(QWEN3_MOE, 'llama-cpp', 'b4980'),
    ],
  },
  evaluate(context) {
    const { container, model } = context;
    if (container?.engine !== 'llama.cpp' || model === undefined) return [];
    const later = comesLater(context);
    if (later !== undefined)
      return [
        found({
          what: `${llamaCppName(container)} does not know the architecture ${model.architecture} yet ("unknown model architecture: '${later.name}'")`,
          got: `${llamaCppName(container)}, which lacks ${later.name} as builds up to b${later.span.lastWithout} do`,
          allowed: later.span.first === undefined ? 'a newer build' : `b${later.span.first} or newer`,
          fix: 'leave container.version out, which takes the newest image',
          path: '/container/version',
        }),
      ];
    if (model.kind === 'encoder-decoder' && llamaCppConverts(model.architecture))
      return [
        found({
          what: `llama-server never runs the encoder of ${model.architecture}, so that requests end it or are answered with noise`,
          got: `${model.architecture} (model_type ${model.modelType}), an encoder with a decoder`,
          allowed: 'a model that is a decoder alone',
          fix: 'use the lmi-trtllm container with a checkpoint in safetensors, or choose another model',
          path: '/model/config/architectures',
        }),
      ];
    // An encoder with a decoder goes by no other name.
    const isAbsent = ABSENT.test(model.architecture) || model.config.is_encoder_decoder === true;
    if (!isAbsent || llamaCppConverts(model.architecture)) return [];
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

/** The architecture that a GGUF of the model names, where it came to llama.cpp after the build: every one, of those it was ever written as. */
function comesLater({ container, model }: RuleContext): { name: string; span: BuildSpan } | undefined {
  const build = llamaCppBuild(container);
  if (build === undefined || model === undefined) return undefined;
  const all = ggufArchitectures(model.architecture).map((name) => ({
    name,
    span: buildSpan('architectures', name) ?? {},
  }));
  return all.length > 0 && all.every(({ span }) => comesAfter(span, build)) ? all[0] : undefined;
}
