import type { Architecture, Draft, Names } from '../architecture';
import { PLAIN_NAMES } from '../architecture';
import { qwen25VisionTower, qwen2VisionTower, qwen3VisionTower } from '../blocks/qwen-towers';
import { glm4vTower, whisperEncoder } from '../blocks/more-towers';
import {
  clipTower,
  estimatedTower,
  internHfTower,
  internTower,
  rotaryClipTower,
  siglipTower,
  towerByType,
} from '../blocks/towers';
import { ConfigReader } from '../config';
import { withTypeDefaults } from '../defaults';
import { findTextArchitecture } from '../families';
import type { WeightList } from '../weights';
import { llama, qwen2, qwen3 } from './llama';
import { minimaxM3 } from './minimax-m3';
import { phi3 } from './phi';

interface Wrapper {
  readonly names: readonly string[];
  readonly modelTypes: readonly string[];
  /** Where the decoder's weights stand. */
  readonly textNames: Names;
  /** Decoder when the config has no section that names a known one. */
  readonly fallback?: Architecture | ((config: ConfigReader) => Architecture);
  /** Adds towers and projectors; returns notes on what is not exact. */
  readonly around: (weights: WeightList, config: ConfigReader, text: Draft) => readonly string[] | void;
}

const TEXT_KEYS = ['text_config', 'llm_config', 'language_config', 'thinker_config'];

/** The part of the config that describes the decoder; flat configs (Qwen2-VL) are their own. */
function textConfigOf(config: ConfigReader): ConfigReader {
  for (const key of TEXT_KEYS) {
    const section = config.object(key);
    if (section === undefined) continue;
    const inner = key === 'thinker_config' ? section.object('text_config') : undefined;
    return withTypeDefaults(inner ?? section);
  }
  return config;
}

/** Checkpoints say it outside, inside, or both; either is enough. */
export function tiedBy(config: ConfigReader, text: ConfigReader): boolean | undefined {
  const outside = config.optionalFlag('tie_word_embeddings');
  const inside = text.optionalFlag('tie_word_embeddings');
  return outside === true || inside === true ? true : (outside ?? inside);
}

function wrap(wrapper: Wrapper): Architecture {
  return {
    names: wrapper.names,
    modelTypes: wrapper.modelTypes,
    describe: (config) => {
      const text = textConfigOf(config);
      const own = text === config;
      const named = findTextArchitecture(own ? undefined : text.strings('architectures')?.[0], text.text('model_type'));
      const architecture =
        named ?? (typeof wrapper.fallback === 'function' ? wrapper.fallback(config) : wrapper.fallback) ?? llama;
      // A decoder saved without its tower keeps the name of the whole; the first LLaVA's stand where the whole's do.
      if (own && !config.has('vision_config') && (named !== undefined || config.has('mm_vision_tower'))) {
        return architecture.describe(text, { names: wrapper.textNames });
      }
      const tied = tiedBy(config, text);
      const draft = architecture.describe(text, { names: wrapper.textNames, tied });
      const notes = wrapper.around(draft.weights, config, draft) ?? [];
      return { ...draft, multimodal: true, textConfig: text, notes: [...(draft.notes ?? []), ...notes] };
    },
  };
}

const LLAVA_NAMES: Names = { body: 'language_model.model.', head: 'language_model.lm_head' };
const NESTED_NAMES: Names = { body: 'model.language_model.', head: 'lm_head' };

function vision(config: ConfigReader): ConfigReader {
  return withTypeDefaults(config.objectOrEmpty('vision_config'));
}

/** Several layers of the tower may be laid side by side. */
function featureLayers(config: ConfigReader): number {
  const written = config.get('vision_feature_layer');
  return Array.isArray(written) ? Math.max(1, written.length) : 1;
}

/** LLaVA's projector: two layers with an activation between. */
function llavaProjector(weights: WeightList, config: ConfigReader, text: Draft, towerWidth: number): void {
  const bias = config.flag('multimodal_projector_bias', true);
  weights
    .root('multi_modal_projector.', 'projector')
    .linear('linear_1', text.hiddenSize, towerWidth * featureLayers(config), 'column', bias)
    .linear('linear_2', text.hiddenSize, text.hiddenSize, 'row', bias);
}

export const llava = wrap({
  names: ['LlavaForConditionalGeneration', 'VipLlavaForConditionalGeneration'],
  modelTypes: ['llava'],
  textNames: LLAVA_NAMES,
  around: (weights, config, text) => {
    const tower = towerByType(weights, vision(config), 'vision_tower.');
    llavaProjector(weights, config, text, tower.width);
  },
});

export const llavaNext = wrap({
  names: ['LlavaNextForConditionalGeneration', 'LlavaOnevisionForConditionalGeneration'],
  modelTypes: ['llava_next', 'llava_onevision'],
  textNames: LLAVA_NAMES,
  around: (weights, config, text) => {
    const tower = towerByType(weights, vision(config), 'vision_tower.');
    llavaProjector(weights, config, text, tower.width);
    weights.root('', 'projector').parameter('image_newline', [text.hiddenSize]);
  },
});

/** Mistral Small 3.1 and later: Pixtral's tower, patches merged before the projector. */
export const mistral3 = wrap({
  names: ['Mistral3ForConditionalGeneration', 'PixtralForConditionalGeneration'],
  modelTypes: ['mistral3'],
  textNames: LLAVA_NAMES,
  around: (weights, config, text) => {
    const tower = towerByType(weights, vision(config), 'vision_tower.');
    const merge = config.sizeOr(2, 'spatial_merge_size');
    const bias = config.flag('multimodal_projector_bias', false);
    weights
      .root('multi_modal_projector.', 'projector')
      .norm('norm', tower.width)
      .linear('patch_merger.merging_layer', tower.width, tower.width * merge * merge, 'replicated')
      .linear('linear_1', text.hiddenSize, tower.width * featureLayers(config), 'column', bias)
      .linear('linear_2', text.hiddenSize, text.hiddenSize, 'row', bias);
  },
});

export const gemma3 = wrap({
  names: ['Gemma3ForConditionalGeneration'],
  modelTypes: ['gemma3'],
  textNames: LLAVA_NAMES,
  around: (weights, config, text) => {
    const tower = siglipTower(weights, vision(config), 'vision_tower.vision_model.');
    weights
      .root('multi_modal_projector.', 'projector')
      .parameter('mm_input_projection_weight', [tower.width, text.hiddenSize], 'replicated', 'linear')
      .norm('mm_soft_emb_norm', tower.width);
  },
});

export const paligemma = wrap({
  names: ['PaliGemmaForConditionalGeneration'],
  modelTypes: ['paligemma'],
  textNames: LLAVA_NAMES,
  around: (weights, config, text) => {
    const section = vision(config);
    const tower = siglipTower(weights, section, 'vision_tower.vision_model.');
    const out = section.sizeOr(config.sizeOr(text.hiddenSize, 'projection_dim'), 'projection_dim');
    weights.root('multi_modal_projector.', 'projector').linear('linear', out, tower.width, 'replicated', true);
  },
});

export const qwen2Vl = wrap({
  names: ['Qwen2VLForConditionalGeneration'],
  modelTypes: ['qwen2_vl'],
  textNames: PLAIN_NAMES,
  fallback: qwen2,
  around: (weights, config, text) =>
    qwen2VisionTower(weights, config.objectOrEmpty('vision_config'), 'visual.', text.hiddenSize),
});

export const qwen25Vl = wrap({
  names: ['Qwen2_5_VLForConditionalGeneration'],
  modelTypes: ['qwen2_5_vl'],
  textNames: PLAIN_NAMES,
  fallback: qwen2,
  around: (weights, config, text) =>
    qwen25VisionTower(weights, config.objectOrEmpty('vision_config'), 'visual.', text.hiddenSize),
});

/** Qwen3-VL, dense and with experts, and Qwen3.5, whose tower has no deepstack. */
export const qwen3Vl = wrap({
  names: [
    'Qwen3VLForConditionalGeneration',
    'Qwen3VLMoeForConditionalGeneration',
    'Qwen3_5ForConditionalGeneration',
    'Qwen3_5MoeForConditionalGeneration',
  ],
  modelTypes: ['qwen3_vl', 'qwen3_vl_moe', 'qwen3_5', 'qwen3_5_moe'],
  textNames: NESTED_NAMES,
  around: (weights, config, text) =>
    qwen3VisionTower(weights, config.objectOrEmpty('vision_config'), 'model.visual.', text.hiddenSize),
});

/** InternVL 2 to 3.5 in the layout of its own code. Servers keep the projector whole. Source: vllm/model_executor/models/internvl.py, `_init_mlp1`. */
export const internVlChat = wrap({
  names: ['InternVLChatModel'],
  modelTypes: ['internvl_chat'],
  textNames: LLAVA_NAMES,
  around: (weights, config, text) => {
    const tower = internTower(weights, config.objectOrEmpty('vision_config'), 'vision_model.');
    const ratio = config.number(0.5, 'downsample_ratio');
    const merged = tower.width * Math.max(1, Math.round(1 / Math.max(ratio, 0.01)) ** 2);
    weights
      .root('mlp1.', 'projector')
      .norm('0', merged, true)
      .linear('1', text.hiddenSize, merged, 'replicated', true)
      .linear('3', text.hiddenSize, text.hiddenSize, 'replicated', true);
  },
});

/** Fuyu: image patches go straight into the decoder. Its sizes stand beside `text_config`, which only names the type. */
export const fuyu: Architecture = {
  names: ['FuyuForCausalLM'],
  modelTypes: ['fuyu'],
  describe: (config) => {
    const persimmon = findTextArchitecture('PersimmonForCausalLM', undefined) ?? llama;
    const section = config.object('text_config');
    const text = section?.has('hidden_size') ? section : config;
    const draft = persimmon.describe(text, { names: LLAVA_NAMES, tied: config.flag('tie_word_embeddings', false) });
    const patch = config.sizeOr(30, 'patch_size');
    draft.weights
      .root('', 'projector')
      .linear(
        'vision_embed_tokens',
        draft.hiddenSize,
        patch * patch * config.sizeOr(3, 'num_channels'),
        'replicated',
        true,
      );
    return { ...draft, multimodal: true, textConfig: text };
  },
};

/** Idefics 3 and SmolVLM: a SigLIP-like tower, pixels shuffled together before one projection. */
export const idefics3 = wrap({
  names: ['Idefics3ForConditionalGeneration', 'SmolVLMForConditionalGeneration'],
  modelTypes: ['idefics3', 'smolvlm'],
  textNames: { body: 'model.text_model.', head: 'lm_head' },
  around: (weights, config, text) => {
    const section = vision(config).withDefaults({ vision_use_head: false });
    const tower = siglipTower(weights, section, 'model.vision_model.');
    const scale = config.sizeOr(2, 'scale_factor');
    weights
      .root('model.connector.', 'projector')
      .linear('modality_projection.proj', text.hiddenSize, tower.width * scale * scale, 'replicated');
  },
});

/** InternVL in the layout of transformers. */
export const internVl = wrap({
  names: ['InternVLForConditionalGeneration', 'InternS1ForConditionalGeneration'],
  modelTypes: ['internvl'],
  textNames: LLAVA_NAMES,
  around: (weights, config, text) => {
    const tower = internHfTower(weights, config.objectOrEmpty('vision_config'), 'vision_tower.');
    const ratio = Math.max(config.number(0.5, 'downsample_ratio'), 0.01);
    const merged = tower.width * Math.max(1, Math.round(1 / ratio) ** 2);
    weights
      .root('multi_modal_projector.', 'projector')
      .norm('layer_norm', merged, true)
      .linear('linear_1', text.hiddenSize, merged, 'replicated', true)
      .linear('linear_2', text.hiddenSize, text.hiddenSize, 'replicated', true);
  },
});

/** Aya Vision and Command A Vision: SigLIP, pixels shuffled, a gated projector. */
export const cohereVision = wrap({
  names: ['AyaVisionForConditionalGeneration', 'Cohere2VisionForConditionalGeneration'],
  modelTypes: ['aya_vision', 'cohere2_vision'],
  textNames: LLAVA_NAMES,
  around: (weights, config, text) => {
    const tower = siglipTower(weights, vision(config), 'vision_tower.vision_model.');
    const factor = config.sizeOr(2, 'downsample_factor');
    const merged = tower.width * factor * factor;
    const inner = config.sizeOr(
      config.sizeOr(text.hiddenSize, 'adapter_intermediate_size'),
      'alignment_intermediate_size',
    );
    const projector = weights.root('multi_modal_projector.', 'projector');
    if (!config.has('alignment_intermediate_size')) projector.norm('layernorm', merged, true);
    projector
      .linear('linear_1', inner, merged, 'column', true)
      .linear('linear_2', text.hiddenSize, Math.max(1, Math.floor(inner / 2)), 'row', true);
  },
});

/** GLM-4.1V and GLM-4.5V. */
export const glm4v = wrap({
  names: ['Glm4vForConditionalGeneration', 'Glm4vMoeForConditionalGeneration'],
  modelTypes: ['glm4v', 'glm4v_moe'],
  textNames: NESTED_NAMES,
  around: (weights, config, text) =>
    glm4vTower(weights, config.objectOrEmpty('vision_config'), 'model.visual.', text.hiddenSize),
});

/** Qwen2-Audio and Voxtral: Whisper's encoder before the decoder. */
export const qwen2Audio = wrap({
  names: ['Qwen2AudioForConditionalGeneration'],
  modelTypes: ['qwen2_audio'],
  textNames: LLAVA_NAMES,
  around: (weights, config, text) => {
    const { width } = whisperEncoder(weights, config.objectOrEmpty('audio_config'), 'audio_tower.');
    weights.root('multi_modal_projector.', 'projector').linear('linear', text.hiddenSize, width, 'replicated', true);
  },
});

export const voxtral = wrap({
  names: ['VoxtralForConditionalGeneration'],
  modelTypes: ['voxtral'],
  textNames: LLAVA_NAMES,
  around: (weights, config, text) => {
    const audio = config.objectOrEmpty('audio_config');
    whisperEncoder(weights, audio, 'audio_tower.');
    const stacked = audio.sizeOr(5120, 'intermediate_size', 'encoder_ffn_dim');
    weights
      .root('multi_modal_projector.', 'projector')
      .linear('linear_1', text.hiddenSize, stacked, 'column')
      .linear('linear_2', text.hiddenSize, text.hiddenSize, 'row');
  },
});

/** Phi-3 and 3.5 Vision: CLIP ViT-L/14 at 336 pixels, which the config names but does not describe. */
export const phi3Vision = wrap({
  names: ['Phi3VForCausalLM'],
  modelTypes: ['phi3_v'],
  textNames: PLAIN_NAMES,
  fallback: phi3,
  around: (weights, _, text) => {
    const prefix = 'model.vision_embed_tokens.';
    const tower = clipTower(weights, new ConfigReader(CLIP_LARGE_336), `${prefix}img_processor.vision_model.`);
    const merged = 4 * tower.width;
    weights
      .root(prefix, 'projector')
      .parameter('glb_GN', [1, 1, merged])
      .parameter('sub_GN', [1, 1, 1, merged])
      .linear('img_projection.0', text.hiddenSize, merged, 'replicated', true)
      .linear('img_projection.2', text.hiddenSize, text.hiddenSize, 'replicated', true);
  },
});

/** OpenAI's ViT-L/14@336px (Radford et al., 2021, table 20). */
const CLIP_LARGE_336 = {
  hidden_size: 1024,
  intermediate_size: 4096,
  num_hidden_layers: 24,
  image_size: 336,
  patch_size: 14,
};

/** MiniCPM-V and -o are flat configs around the decoder that their version is built on. */
function flatDecoder(config: ConfigReader): Architecture {
  if (config.strings('architectures')?.[0] === 'Phi4MMForCausalLM') return phi3;
  const version = Number(config.get('version') ?? 0);
  if (version === 2.6) return qwen2;
  return version === 4.5 ? qwen3 : llama;
}

/**
 * The towers of Qwen2.5-Omni: Qwen2.5-VL's, and Whisper's without its positions, which are sinusoids.
 * Source: transformers, models/qwen2_5_omni.
 *
 * @returns whether the section is one of them
 */
function omniTower(weights: WeightList, section: ConfigReader, textWidth: number): boolean {
  switch (section.text('model_type')) {
    case 'qwen2_5_omni_vision_encoder':
      qwen25VisionTower(weights, section, 'visual.', textWidth);
      return true;
    case 'qwen2_5_omni_audio_encoder': {
      const { width } = whisperEncoder(weights, section, 'audio_tower.', { storesPositions: false });
      const out = section.sizeOr(textWidth, 'output_dim');
      weights
        .root('audio_tower.', 'projector')
        .embedding('audio_bos_eos_token', 2, out, 'replicated')
        .linear('proj', out, width, 'replicated', true);
      return true;
    }
    default:
      return false;
  }
}

/**
 * MiniMax M3: a tower of CLIP's layers with rotary positions, whose patches are frames deep, and two feed-forwards, before and after four
 * of its tokens become one. Source: vllm/models/minimax_m3/common/vision_tower.py of 0.31.0.
 */
export const minimaxM3Vl = wrap({
  names: ['MiniMaxM3SparseForConditionalGeneration'],
  modelTypes: ['minimax_m3_vl'],
  textNames: LLAVA_NAMES,
  fallback: minimaxM3,
  around: (weights, config, text) => {
    const tower = rotaryClipTower(weights, vision(config), 'vision_tower.vision_model.');
    const middle = config.sizeOr(text.hiddenSize, 'projector_hidden_size');
    const merge = config.objectOrEmpty('img_token_compression_config').sizeOr(2, 'spatial_merge_size');
    const projector = (prefix: string, from: number, bias: boolean) =>
      weights
        .root(prefix, 'projector')
        .linear('linear_1', middle, from, 'column', bias)
        .linear('linear_2', text.hiddenSize, middle, 'row', bias);
    projector('multi_modal_projector.', tower.width, config.flag('multimodal_projector_bias', true));
    projector('patch_merge_mlp.', text.hiddenSize * merge * merge, config.flag('patch_merge_bias', true));
  },
});

/** The decoder is exact; the towers around it are estimated from the sizes in the config. */
export const estimatedMultimodal = wrap({
  names: [
    'DeepseekVLV2ForCausalLM',
    'Gemma3nForConditionalGeneration',
    'GraniteSpeechForConditionalGeneration',
    'KimiVLForConditionalGeneration',
    'KimiK25ForConditionalGeneration',
    'MiniCPMO',
    'MiniCPMV',
    'NVLM_D',
    'NemotronH_Nano_VL_V2',
    'Ovis',
    'Ovis2_5',
    'Phi4MMForCausalLM',
    'Qwen2_5OmniModel',
    'Qwen2_5OmniForConditionalGeneration',
    'Qwen3OmniMoeForConditionalGeneration',
    'SkyworkR1VChatModel',
    'UltravoxModel',
    'Ernie4_5_VLMoeForConditionalGeneration',
  ],
  modelTypes: ['phi4mm', 'minicpmv', 'minicpmo', 'ultravox', 'kimi_vl'],
  textNames: LLAVA_NAMES,
  fallback: flatDecoder,
  around: (weights, config, text) => {
    const outer = config.object('thinker_config') ?? config;
    const estimated = ['vision_config', 'vit_config', 'audio_config'].filter((key) => {
      const section = outer.object(key);
      if (section === undefined || omniTower(weights, section, text.hiddenSize)) return false;
      estimatedTower(weights, withTypeDefaults(section), `${key}.`);
      return true;
    });
    if (estimated.length === 0) return [];
    return [
      'The decoder’s weights are exact; those of the image or audio towers are estimated from the config’s sizes.',
    ];
  },
});
