import type { Architecture } from '../architecture';
import { decoder } from '../blocks/decoder';
import { windowEverywhere, windowWhenUsed } from '../blocks/windows';

/** Llama 1 to 3 and everything that loads as Llama: Yi, DeepSeek LLM and Coder, SmolLM, Vicuna, TinyLlama. */
export const llama: Architecture = {
  names: ['LlamaForCausalLM', 'LLaMAForCausalLM', 'AquilaModel', 'AquilaForCausalLM', 'YiForCausalLM', 'LlamaModel'],
  modelTypes: ['llama', 'aquila', 'Yi', 'code_llama', 'deepseek'],
  describe: decoder({
    attentionTraits: (config) => {
      const bias = config.flag('attention_bias', config.flag('bias', false));
      return { qkvBias: bias, outBias: bias };
    },
    mlpBias: (config) => config.flag('mlp_bias', false),
  }),
};

export const mistral: Architecture = {
  names: ['MistralForCausalLM', 'MistralModel'],
  modelTypes: ['mistral'],
  describe: decoder({ windows: windowEverywhere }),
};

/** Qwen 1.5, 2, 2.5 and QwQ: biases on query, key and value only. */
export const qwen2: Architecture = {
  names: ['Qwen2ForCausalLM', 'Qwen2Model'],
  modelTypes: ['qwen2'],
  describe: decoder({ attentionTraits: () => ({ qkvBias: true }), windows: windowWhenUsed }),
};

/** Qwen 3: no biases, a norm on each query and key head. */
export const qwen3: Architecture = {
  names: ['Qwen3ForCausalLM', 'Qwen3Model'],
  modelTypes: ['qwen3'],
  describe: decoder({
    attentionTraits: (config) => {
      const bias = config.flag('attention_bias', false);
      return { qkvBias: bias, outBias: bias, qkNorm: 'head' };
    },
    windows: windowWhenUsed,
  }),
};
