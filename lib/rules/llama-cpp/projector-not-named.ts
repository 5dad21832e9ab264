import { projectorPlace } from '../../endpoint/projector';
import { found } from '../helpers/finding';
import { LLAMA_8B, QWEN25_7B } from '../helpers/samples';
import type { Rule } from '../types';

const VISION = {
  architectures: ['Qwen2_5_VLForConditionalGeneration'],
  model_type: 'qwen2_5_vl',
  ...Object.fromEntries(Object.entries(QWEN25_7B).filter(([key]) => key !== 'architectures' && key !== 'model_type')),
  vision_config: {
    depth: 32,
    hidden_size: 1280,
    intermediate_size: 3420,
    num_heads: 16,
    out_hidden_size: 3584,
    patch_size: 14,
    spatial_merge_size: 2,
    temporal_patch_size: 2,
    in_chans: 3,
  },
};

/** Chat models that can also see, and whose GGUF mostly serves text: who names no projector means that. */
const TEXT_FIRST = /^(?:gemma3|gemma3n|gemma4|mistral3|llama4|qwen3_5)/;

const CHAT = {
  architectures: ['Gemma3ForConditionalGeneration'],
  model_type: 'gemma3',
  text_config: { model_type: 'gemma3_text', hidden_size: 2560, num_hidden_layers: 34, intermediate_size: 10240 },
  vision_config: {
    model_type: 'siglip_vision_model',
    hidden_size: 1152,
    intermediate_size: 4304,
    num_hidden_layers: 27,
    num_attention_heads: 16,
    image_size: 896,
    patch_size: 14,
  },
};

const example = (config: object, environment?: object, version?: string) => ({
  model: { config },
  quantization: 'gguf:Q4_K_M',
  container: { family: 'llama-cpp', ...(version === undefined ? {} : { version }) },
  options: { maxModelLen: 4096, slots: 1 },
  ...(environment === undefined ? {} : { environment }),
});

export const projectorNotNamed: Rule = {
  id: 'PROJECTOR_NOT_NAMED',
  severity: 'warning',
  summary: 'a model that sees has its projector beside the GGUF, and both are named',
  explanation:
    'llama.cpp keeps the vision part in a file of its own (mmproj-*.gguf), which must be named; without it the model answers text only. The image’s start script takes the first *.gguf it finds, which may be just that file: name the model, too. Of chat models that can also see (Gemma 3, Qwen3.5, Mistral Small) a GGUF alone is how they are mostly served, for text, and nothing is said. With --hf-repo llama-server looks for the projector in the repository itself.',
  source:
    'llama.cpp docs/multimodal.md, --mmproj; common/arg.cpp, --hf-repo: "mmproj is also downloaded automatically if available"; aws/deep-learning-containers scripts/docker/llama_cpp/sagemaker_entrypoint.sh',
  examples: {
    passes: [
      example(LLAMA_8B),
      example(CHAT),
      example(VISION, {
        SM_LLAMA_CPP_MMPROJ: '/opt/ml/model/mmproj-F16.gguf',
        SM_LLAMA_CPP_MODEL: '/opt/ml/model/model.gguf',
      }),
      example(VISION, { SM_LLAMA_CPP_HF_REPO: 'ggml-org/Qwen2.5-VL-7B-Instruct-GGUF' }),
    ],
    fails: [example(VISION), example(VISION, { SM_LLAMA_CPP_HF_REPO: 'org/model-GGUF' }, 'b4980')],
  },
  evaluate({ container, model, spec }) {
    if (container?.engine !== 'llama.cpp' || model?.multimodal !== true || TEXT_FIRST.test(model.modelType)) return [];
    // Who says that there is to be none knows of it.
    if (Object.keys(spec.environment ?? {}).some((name) => name.includes('MMPROJ'))) return [];
    if (projectorPlace({ container, spec }) !== undefined) return [];
    return [
      found({
        what: `llama-server serves ${model.architecture} as a text model unless its projector (mmproj) is named`,
        got: 'no SM_LLAMA_CPP_MMPROJ',
        allowed: 'the path of the mmproj GGUF',
        fix: 'set SM_LLAMA_CPP_MMPROJ and SM_LLAMA_CPP_MODEL in environment',
        path: '/environment',
      }),
    ];
  },
};
