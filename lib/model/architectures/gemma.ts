import type { Architecture } from '../architecture';
import { decoder } from '../blocks/decoder';
import { windowByPattern } from '../blocks/windows';
import { attentionBias } from './llama';

const SANDWICH = [
  'input_layernorm',
  'post_attention_layernorm',
  'pre_feedforward_layernorm',
  'post_feedforward_layernorm',
];

export const gemma: Architecture = {
  names: ['GemmaForCausalLM'],
  modelTypes: ['gemma'],
  describe: decoder({ tiedByDefault: true, attentionTraits: attentionBias }),
};

/** Gemma 2: norms before and after each block, sliding and full layers in turn. */
export const gemma2: Architecture = {
  names: ['Gemma2ForCausalLM', 'VaultGemmaForCausalLM'],
  modelTypes: ['gemma2'],
  describe: decoder({
    tiedByDefault: true,
    attentionTraits: attentionBias,
    norms: SANDWICH,
    windows: (config, layers) => windowByPattern(config, layers, 2),
  }),
};

/** Gemma 3: a norm on each query and key head, five sliding layers to a full one. */
export const gemma3Text: Architecture = {
  names: ['Gemma3ForCausalLM', 'Gemma3TextModel'],
  modelTypes: ['gemma3_text'],
  describe: decoder({
    tiedByDefault: true,
    attentionTraits: (config) => ({ ...attentionBias(config), qkNorm: 'head' }),
    norms: SANDWICH,
    windows: (config, layers) => windowByPattern(config, layers, 6),
  }),
};
