import type { HubArchitecture } from './architecture';
import { gemma, gemma2, gemma3 } from './gemma';
import { llama, mistral, mixtral } from './llama';
import { phi2, phi3, phiMoe } from './phi';
import { olmoe, qwen, qwenMoe } from './qwen';

/** By the name in `architectures` of config.json. */
export const HUB_ARCHITECTURES: Readonly<Record<string, HubArchitecture>> = {
  LlamaForCausalLM: llama,
  MistralForCausalLM: mistral,
  MixtralForCausalLM: mixtral,
  Qwen2ForCausalLM: qwen('qwen2', {}),
  Qwen2MoeForCausalLM: qwenMoe('qwen2moe', {
    num_key_value_heads: 16,
    num_experts: 60,
    num_experts_per_tok: 4,
    moe_intermediate_size: 1408,
    shared_expert_intermediate_size: 5632,
  }),
  Qwen3ForCausalLM: qwen('qwen3', { head_dim: 128 }),
  Qwen3MoeForCausalLM: qwenMoe('qwen3moe', {
    num_key_value_heads: 4,
    num_experts: 128,
    num_experts_per_tok: 8,
    moe_intermediate_size: 768,
  }),
  OlmoeForCausalLM: olmoe,
  GemmaForCausalLM: gemma,
  Gemma2ForCausalLM: gemma2,
  Gemma3ForCausalLM: gemma3,
  Gemma3ForConditionalGeneration: gemma3,
  PhiForCausalLM: phi2,
  Phi3ForCausalLM: phi3,
  PhiMoEForCausalLM: phiMoe,
};
