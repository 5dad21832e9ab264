import type { Architecture } from './architecture';
import * as deepseek from './architectures/deepseek';
import { deepseekV4 } from './architectures/deepseek-v4';
import * as dense from './architectures/dense';
import { gemma, gemma2, gemma3Text } from './architectures/gemma';
import { gemma3nText, gemma4Text } from './architectures/gemma-text';
import * as gpt from './architectures/gpt';
import { bamba, falconH1, jamba, nemotronH } from './architectures/hybrid';
import { baichuan, internlm, internlm2, llama, llamaKin, mistral, qwen1, qwen2, qwen3 } from './architectures/llama';
import { mamba, mamba2 } from './architectures/mamba';
import * as mixtures from './architectures/mixtures';
import { kimiLinear } from './architectures/kimi-linear';
import { lfm2 } from './architectures/lfm2';
import { mimoV2 } from './architectures/mimo-v2';
import { minimax } from './architectures/minimax';
import { minimaxM3 } from './architectures/minimax-m3';
import { recurrentGemma } from './architectures/recurrent-gemma';
import { zamba2 } from './architectures/zamba2';
import * as newer from './architectures/newer-mixtures';
import { longcatFlash } from './architectures/longcat';
import { nemotronNas } from './architectures/nas';
import { phi, phi3 } from './architectures/phi';
import { qwen35Text, qwen3Next } from './architectures/qwen-next';

/** Decoders that read text and nothing else; multimodal models are built around one of them. */
export const TEXT_ARCHITECTURES: readonly Architecture[] = [
  llama,
  mistral,
  qwen2,
  qwen3,
  internlm,
  internlm2,
  baichuan,
  qwen1,
  ...llamaKin,
  mixtures.mixtral,
  mixtures.phimoe,
  mixtures.qwen2Moe,
  mixtures.qwen3Moe,
  mixtures.gptOss,
  mixtures.minimaxM2,
  mixtures.olmoe,
  mixtures.llama4Text,
  mixtures.dbrx,
  mixtures.graniteMoe,
  mixtures.ernieMoe,
  deepseek.deepseek,
  deepseek.deepseekV32,
  deepseek.deepseekV1,
  deepseek.minicpm3,
  deepseek.glm4Moe,
  deepseek.dots1,
  deepseekV4,
  qwen3Next,
  qwen35Text,
  gemma,
  gemma2,
  gemma3Text,
  gemma3nText,
  gemma4Text,
  phi,
  phi3,
  gpt.gpt2,
  gpt.gptBigCode,
  gpt.gptNeo,
  gpt.gptJ,
  gpt.codegen,
  gpt.gptNeoX,
  gpt.bloom,
  gpt.falcon,
  gpt.opt,
  gpt.mpt,
  gpt.starcoder2,
  gpt.nemotron,
  gpt.persimmon,
  dense.cohere,
  dense.cohere2,
  dense.olmo,
  dense.olmo2,
  dense.stablelm,
  dense.granite,
  dense.chatglm,
  dense.glm,
  dense.exaone,
  dense.exaone4,
  dense.apertus,
  dense.arcee,
  mamba,
  mamba2,
  jamba,
  bamba,
  falconH1,
  nemotronH,
  nemotronNas,
  longcatFlash,
  newer.exaoneMoe,
  newer.hunyuanMoe,
  newer.bailingMoe,
  lfm2,
  kimiLinear,
  minimax,
  minimaxM3,
  recurrentGemma,
  zamba2,
  mimoV2,
];

/** Looks architectures up by class name, then by `model_type`. */
export function index(
  architectures: readonly Architecture[],
): (name: string | undefined, modelType: string | undefined) => Architecture | undefined {
  const byName = new Map(architectures.flatMap((entry) => entry.names.map((name) => [name, entry] as const)));
  const byType = new Map(architectures.flatMap((entry) => entry.modelTypes.map((type) => [type, entry] as const)));
  return (name, modelType) =>
    (name === undefined ? undefined : byName.get(name)) ??
    (modelType === undefined ? undefined : byType.get(modelType));
}

/** The decoder that a `text_config` describes. */
export const findTextArchitecture = index(TEXT_ARCHITECTURES);
