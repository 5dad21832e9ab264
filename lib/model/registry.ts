import type { Architecture } from './architecture';
import { bert, distilbert, modernBert, roberta } from './architectures/encoder';
import { bart, t5, whisper } from './architectures/encoder-decoder';
import { gemma4 } from './architectures/gemma4';
import { llama4 } from './architectures/llama4';
import { mllama } from './architectures/mllama';
import * as multimodal from './architectures/multimodal';
import { index, TEXT_ARCHITECTURES } from './families';

const ARCHITECTURES: readonly Architecture[] = [
  ...TEXT_ARCHITECTURES,
  bert,
  roberta,
  distilbert,
  modernBert,
  t5,
  bart,
  whisper,
  llama4,
  mllama,
  gemma4,
  multimodal.llava,
  multimodal.llavaNext,
  multimodal.mistral3,
  multimodal.gemma3,
  multimodal.paligemma,
  multimodal.qwen2Vl,
  multimodal.qwen25Vl,
  multimodal.qwen3Vl,
  multimodal.internVlChat,
  multimodal.fuyu,
  multimodal.idefics3,
  multimodal.internVl,
  multimodal.cohereVision,
  multimodal.glm4v,
  multimodal.qwen2Audio,
  multimodal.voxtral,
  multimodal.phi3Vision,
  multimodal.minimaxM3Vl,
  multimodal.estimatedMultimodal,
];

/** The family that reads this config: by class name first, then by `model_type`. */
export const findArchitecture = index(ARCHITECTURES);

/** Every class name that is described. */
export function architectureNames(): readonly string[] {
  return ARCHITECTURES.flatMap((entry) => entry.names);
}
