import type { Architecture } from '../architecture';
import { fusedAttention, separateAttention } from '../blocks/attention';
import { decoder } from '../blocks/decoder';
import { plainMlp } from '../blocks/mlp';
import { windowEverywhere } from '../blocks/windows';

/** Before transformers knew Phi, its checkpoints had queries, keys and values in one projection. */
const FUSED_TYPES: ReadonlySet<string> = new Set(['phi-msft', 'mixformer-sequential']);

/** Phi 1, 1.5 and 2: parallel attention and feed-forward behind one norm, biases everywhere. */
export const phi: Architecture = {
  names: ['PhiForCausalLM', 'MixFormerSequentialForCausalLM'],
  modelTypes: ['phi', 'phi-msft', 'mixformer-sequential'],
  describe: decoder({
    geometry: (config) => {
      const hidden = config.size('hidden_size', 'n_embd');
      return { intermediate: config.sizeOr(4 * hidden, 'intermediate_size', 'n_inner') };
    },
    names: { norm: 'final_layernorm' },
    norms: ['input_layernorm'],
    normBias: true,
    attention: (layer, g, config) => {
      if (FUSED_TYPES.has(config.text('model_type') ?? '')) {
        fusedAttention(layer.under('mixer.'), g, { qkv: 'Wqkv', o: 'out_proj' }, { qkv: true, o: true });
        return;
      }
      const scope = layer.under('self_attn.');
      separateAttention(scope, g, { qkvBias: true, outBias: true, names: { o: 'dense' } });
      if (config.flag('qk_layernorm', false)) {
        scope.norm('q_layernorm', g.headDim, true).norm('k_layernorm', g.headDim, true);
      }
    },
    mlp: (layer, g) => plainMlp(layer.under('mlp.'), g.hidden, g.intermediate, true, { up: 'fc1', down: 'fc2' }),
    headBias: () => true,
  }),
};

/** Phi 3, 3.5 and 4: fused projections, no biases. */
export const phi3: Architecture = {
  names: ['Phi3ForCausalLM'],
  modelTypes: ['phi3'],
  describe: decoder({
    attention: (layer, g) => fusedAttention(layer.under('self_attn.'), g, { qkv: 'qkv_proj', o: 'o_proj' }),
    mlp: (layer, g) =>
      layer
        .under('mlp.')
        .linear('gate_up_proj', 2 * g.intermediate, g.hidden, 'column')
        .linear('down_proj', g.hidden, g.intermediate, 'row'),
    windows: windowEverywhere,
  }),
};
