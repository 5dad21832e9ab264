import type { ModelDescription } from '../../model/types';
import type { RuleContext } from '../types';
import { argumentOf } from './switches';

/**
 * The architecture that vLLM looks up in its registry: that of config.json, or the one that it makes out of Mistral's params.json.
 * Source: vllm/transformers_utils/config.py, `load_params_config`, from 0.8.5 on configs/mistral.py.
 */
export function lookedUpArchitecture(context: RuleContext, model: ModelDescription): string {
  if (argumentOf(context, 'CONFIG_FORMAT')?.value !== 'mistral') return model.architecture;
  if (model.config.vision_config !== undefined) return 'PixtralForConditionalGeneration';
  return model.moe === undefined ? 'MistralForCausalLM' : 'MixtralForCausalLM';
}
