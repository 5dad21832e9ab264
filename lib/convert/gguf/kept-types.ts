import { SimulationError } from '../../errors';
import type { GgmlType } from '../../plan/gguf/ggml-type';
import type { KeptLayers } from '../../simulate/write/keep';
import type { GgufModel } from './model';

/** Linear layers as the hub names them, and as a GGUF file does. */
const MODULES: Readonly<Record<string, string>> = {
  'self_attn.q_proj': 'attn_q',
  'self_attn.k_proj': 'attn_k',
  'self_attn.v_proj': 'attn_v',
  'self_attn.qkv_proj': 'attn_qkv',
  'self_attn.o_proj': 'attn_output',
  'mlp.gate_proj': 'ffn_gate',
  'mlp.up_proj': 'ffn_up',
  'mlp.gate_up_proj': 'ffn_up',
  'mlp.down_proj': 'ffn_down',
};

/**
 * The types of kept layers by their names in the file: Q8_0 for INT8, else the type that they have now.
 *
 * @throws SimulationError `KEPT_LAYER_UNKNOWN`
 */
export function keptTensorTypes({ tensors }: GgufModel, keep: KeptLayers): ReadonlyMap<string, GgmlType> {
  const types = new Map(tensors.map(({ name, storedType }) => [name, storedType]));
  return new Map(
    keep.weights.map((weight) => {
      const name = ggufName(weight);
      const stored = types.get(name);
      if (stored === undefined) throw unknown(weight, name);
      return [name, (keep.as === 'int8' ? 'Q8_0' : stored) as GgmlType];
    }),
  );
}

/** `blk.0.attn_q.weight` of `model.layers.0.self_attn.q_proj.weight`; a name that a GGUF file has already stays. */
function ggufName(weight: string): string {
  const match = /layers\.(\d+)\.(.+)\.weight$/.exec(weight);
  const module = match === null ? undefined : MODULES[match[2]];
  return module === undefined ? weight : `blk.${match![1]}.${module}.weight`;
}

function unknown(weight: string, name: string): SimulationError {
  return new SimulationError('KEPT_LAYER_UNKNOWN', `the model has no layer ${weight}`, {
    path: weight,
    got: name === weight ? weight : `${weight} (${name})`,
    allowed: 'a linear layer of a block',
    fix: 'name layers of this model, or give a report that was made of it',
  });
}
