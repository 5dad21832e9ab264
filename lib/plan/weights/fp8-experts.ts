import { isSince } from '../../endpoint/version';
import type { ModelDescription, WeightGroup } from '../../model/types';
import type { Scheme } from '../../scheme/types';
import { rememberedOfModel } from '../remember';
import type { Loader } from './loader';
import { isDown, type Shard } from './shard';

/** How a model's routed experts are made. */
export interface ExpertMake {
  /** Width of what goes in: the hidden state, or a narrower latent. */
  readonly input: number;
  /** Is one product multiplied by another before the last? */
  readonly gated: boolean;
}

/** Undefined without experts. */
export function expertMake(model: ModelDescription): ExpertMake | undefined {
  return rememberedOfModel(model, 'experts', () => {
    const matrices = model.weights.filter(isExpertMatrix);
    const down = matrices.find(({ name }) => isDown(name));
    if (down === undefined) return undefined;
    const alongside = matrices.filter(({ layers }) => layers[0] === down.layers[0]);
    const elements = alongside.reduce((sum, { shape: [rows, columns] }) => sum + rows * columns, 0);
    const [input, intermediate] = down.shape;
    return { input, gated: elements > 2 * input * intermediate };
  });
}

/**
 * Does FlashInfer compute these FP8 experts? From 0.15 vLLM prefers it for those of one scale, given for the activations too, on Hopper and
 * Blackwell, and for blocks on Hopper; from 0.17 for blocks only where ranks have whole experts.
 * Sources: vllm/model_executor/layers/fused_moe/oracle/fp8.py, `select_fp8_moe_backend`, and flashinfer_cutlass_moe.py,
 * `_supports_quant_scheme`, of 0.14.0, 0.15.0, 0.16.0, 0.17.0 and 0.30.0.
 */
export function takesFlashInfer(
  { experts, ...whole }: Scheme,
  { sm, apart, since }: { sm: number; apart: boolean; since: (...least: number[]) => boolean },
): boolean {
  const scheme = experts ?? whole;
  if (scheme.weightType !== 'fp8' || sm < HOPPER || !since(0, 15)) return false;
  if (scheme.blockSize !== undefined) return sm === HOPPER && (apart || !since(0, 17));
  return scheme.activationScales === 'static-tensor' && scheme.groupSize === undefined;
}

/**
 * Multiple to which vLLM pads the middle of FP8 experts of one scale for FlashInfer; undefined: to none.
 * Source: vllm/model_executor/layers/quantization/utils/flashinfer_utils.py of 0.16.0 and 0.17.0, `prepare_fp8_moe_layer_for_fi`.
 */
export function middleMultiple(
  { engine, version, sm = 0, loras, parallelism }: Loader,
  model: ModelDescription,
  scheme: Scheme,
): number | undefined {
  if (engine !== 'vllm' || model.moe === undefined || loras !== undefined) return undefined;
  const since = (...least: number[]) => isSince(version, ...least);
  if ((scheme.experts ?? scheme).blockSize !== undefined) return undefined;
  if (!takesFlashInfer(scheme, { sm, apart: parallelism.experts, since })) return undefined;
  return expertMake(model)?.gated === false && since(0, 17) ? 128 : 16;
}

/** What a rank holds of a group, an expert's middle padded. */
export function withPaddedMiddle(shard: Shard, group: WeightGroup, multiple: number): Shard {
  if (!isExpertMatrix(group)) return shard;
  const [rows, columns] = shard.shape;
  const pad = (size: number) => Math.ceil(size / multiple) * multiple;
  // Gate and up may be one matrix, each padded for itself.
  const halves = /gate_up|w13/.test(group.name) ? 2 : 1;
  const shape = isDown(group.name) ? [rows, pad(columns)] : [halves * pad(rows / halves), columns];
  return { ...shard, shape };
}

function isExpertMatrix({ role, shape }: WeightGroup): boolean {
  return role === 'expert' && shape.length === 2;
}

const HOPPER = 90;
