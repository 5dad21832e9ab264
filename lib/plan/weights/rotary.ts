import type { EngineName } from '../../container/types';
import type { ModelDescription } from '../../model/types';
import { isJsonObject, type JsonObject } from '../../text/json';
import { allocatedBytes } from './allocator';

/** Keys by which a config says that positions rotate. */
const ROTARY_KEYS = [
  'rope_theta',
  'rope_scaling',
  'rope_parameters',
  'rotary_dim',
  'rotary_pct',
  'rotary_emb_base',
  'partial_rotary_factor',
];

/** Positions of multimodal models are those of a video's frames too, for which vLLM makes room. */
const VIDEO_POSITIONS = 4;

/** Their positions have sections for time, height and width, also where a copy of the config has lost them. */
const WITH_SECTIONS = /^qwen(2|2_5|3)_vl/;

/**
 * The cosine and sine of every position, shared by all layers that rotate alike, in the model's dtype (float32 for latent attention, and in
 * SGLang since 0.4.3 for all but LongRoPE, as `precise` says). How
 * many positions a table has depends on how they are scaled: linear and dynamic scaling multiply those of the config, YaRN those before
 * scaling, LongRoPE keeps both, and multimodal sections are four times as long in vLLM. Gemma 3 and 4 and DeepSeek V4 have a table for each
 * kind of layer.
 * Sources: vllm/model_executor/layers/rotary_embedding (`get_rope`, linear_scaling_rope.py, dynamic_ntk_scaling_rope.py,
 * yarn_scaling_rope.py, phi3_long_rope_scaled_rope.py, mrope.py); vllm/model_executor/models/gemma3.py, gemma4.py;
 * vllm/models/deepseek_v4/common/rope.py; sglang/srt/layers/rotary_embedding.py of 0.4.2 and 0.4.3, rotary_embedding/base.py of 0.5.20.
 */
export function rotaryTableBytes(
  model: ModelDescription,
  engine: EngineName,
  plainBytes: number,
  precise = false,
): number {
  const { maxPositionEmbeddings: positions, textConfig, kind, mla } = model;
  if (engine !== 'vllm' && engine !== 'sglang') return 0;
  if (kind !== 'decoder' || positions === undefined || ROTARY_KEYS.every((key) => textConfig[key] === undefined))
    return 0;
  const latentDim = mla?.ropeHeadDim ?? compressedDim(textConfig);
  return tablesOf(model).reduce((total, { scaling, headDim }) => {
    const stretched = isUnscaled(model, engine) ? {} : scaling;
    const bytes = latentDim !== undefined || (precise && !isLongRope(scaling)) ? 4 : plainBytes;
    const rows = tablePositions(positions, stretched, textConfig) * videoFactor(model, scaling, engine);
    return total + allocatedBytes(rows * (latentDim ?? rotaryDimension(headDim, scaling, textConfig)) * bytes);
  }, 0);
}

/** SGLang stretches no positions of Gemma 3. Source: sglang/srt/models/gemma3_causal.py of 0.5.10 and 0.5.20. */
function isUnscaled({ modelType }: ModelDescription, engine: EngineName): boolean {
  return engine === 'sglang' && /^gemma3(_text)?$/.test(modelType);
}

interface Table {
  readonly scaling: JsonObject;
  readonly headDim: number;
}

function tablesOf(model: ModelDescription): readonly Table[] {
  const { textConfig, headDim } = model;
  const parameters: JsonObject = [textConfig.rope_parameters, textConfig.rope_scaling].find(isJsonObject) ?? {};
  const kinds = Object.entries(parameters).flatMap(([kind, value]) =>
    isJsonObject(value) ? [{ kind, scaling: value }] : [],
  );
  const globalDim = typeof textConfig.global_head_dim === 'number' ? textConfig.global_head_dim : headDim;
  if (kinds.length > 0) {
    return kinds.map(({ kind, scaling }) => ({
      scaling,
      headDim: kind === 'full_attention' ? globalDim : headDim,
    }));
  }
  const first = { scaling: parameters, headDim };
  const alike = textConfig.rope_local_base_freq === undefined && compressedDim(textConfig) === undefined;
  return alike ? [first] : [first, { scaling: {}, headDim }];
}

/** What rotates of DeepSeek V4's heads, whose compressed entries turn at another pace than the others. */
function compressedDim({ compress_rope_theta: pace, qk_rope_head_dim: dimension }: JsonObject): number | undefined {
  return typeof pace === 'number' && typeof dimension === 'number' ? dimension : undefined;
}

function videoFactor({ modelType }: ModelDescription, scaling: JsonObject, engine: EngineName): number {
  return engine === 'vllm' && (scaling.mrope_section !== undefined || WITH_SECTIONS.test(modelType))
    ? VIDEO_POSITIONS
    : 1;
}

const isLongRope = (scaling: JsonObject): boolean => /^(longrope|su)$/.test(String(scaling.rope_type ?? scaling.type));

function tablePositions(positions: number, scaling: JsonObject, textConfig: JsonObject): number {
  const kind = scaling.rope_type ?? scaling.type;
  const factor = typeof scaling.factor === 'number' && scaling.factor >= 1 ? scaling.factor : 1;
  const before = scaling.original_max_position_embeddings ?? textConfig.original_max_position_embeddings;
  const original = typeof before === 'number' && before > 0 ? before : positions;
  switch (kind) {
    case 'linear':
    case 'dynamic':
      return Math.floor(positions * factor);
    case 'yarn':
    case 'deepseek_yarn':
      return Math.floor(original * factor);
    case 'longrope':
    case 'su':
      return positions + (original < positions ? original : 0);
    default:
      return positions;
  }
}

function rotaryDimension(headDim: number, scaling: JsonObject, textConfig: JsonObject): number {
  // Gemma 4 pads what does not rotate.
  if (scaling.rope_type === 'proportional') return headDim;
  const dimension = textConfig.rotary_dim;
  if (typeof dimension === 'number' && dimension > 0) return Math.min(dimension, headDim);
  const part = [scaling.partial_rotary_factor, textConfig.partial_rotary_factor, textConfig.rotary_pct].find(
    (share) => typeof share === 'number' && share > 0 && share <= 1,
  );
  return typeof part === 'number' ? Math.floor(headDim * part) : headDim;
}
