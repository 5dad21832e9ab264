import { ParameterList, commonParameters } from '../parameters';
import type { HubArchitecture } from './architecture';

export function qwen(name: string, defaults: Readonly<Record<string, number>>): HubArchitecture {
  return {
    gguf: name,
    defaults: () => ({
      num_key_value_heads: 32,
      max_position_embeddings: 32768,
      rms_norm_eps: 1e-6,
      rope_theta: 10000,
      ...defaults,
    }),
    interleaves: false,
    normsFromOne: false,
    vocabularies: ['sentence-piece', 'byte-pair'],
    parameters(config, rope) {
      const list = new ParameterList(name);
      commonParameters(list, config, rope);
      return list.metadata;
    },
  };
}

/** Qwen2 and Qwen3 with experts, whose width is not that of a dense layer. */
export function qwenMoe(name: string, defaults: Readonly<Record<string, number>>): HubArchitecture {
  return {
    ...qwen(name, defaults),
    parameters(config, rope) {
      const list = new ParameterList(name);
      commonParameters(list, config, rope);
      list.count('expert_feed_forward_length', config.number('moe_intermediate_size'));
      list.count('expert_shared_feed_forward_length', config.number('shared_expert_intermediate_size'));
      return list.metadata;
    },
  };
}

export const olmoe: HubArchitecture = {
  ...qwen('olmoe', {
    num_key_value_heads: 16,
    max_position_embeddings: 4096,
    num_experts: 64,
    num_experts_per_tok: 8,
  }),
  vocabularies: ['byte-pair'],
  parameters(config, rope) {
    const list = new ParameterList('olmoe');
    commonParameters(list, config, rope);
    // Whatever the config says.
    list.real('attention.layer_norm_rms_epsilon', 1e-5);
    return list.metadata;
  },
};
