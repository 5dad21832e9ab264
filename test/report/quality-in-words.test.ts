import { partName } from '../../lib/report';
import { partNames } from '../../lib/report/quality-in-words';

const expert = (layer: number, number: number) =>
  ['gate_proj', 'up_proj', 'down_proj'].map((name) => `model.layers.${layer}.mlp.experts.${number}.${name}.weight`);

describe('names of parts', () => {
  test('say once what the names share', () => {
    const names = ['q', 'k', 'v'].map((letter) => `model.layers.1.self_attn.${letter}_proj.weight`);
    expect(partName(names)).toBe('model.layers.1.self_attn.q_proj, k_proj, v_proj');
  });

  test('take the experts of a layer together, and leave one alone its number', () => {
    const all = Array.from({ length: 128 }, (_, number) => expert(3, number)).flat();
    expect(partName(all)).toBe('model.layers.3.mlp.experts.*.gate_proj, up_proj, down_proj');
    expect(partName(expert(3, 7))).toBe('model.layers.3.mlp.experts.7.gate_proj, up_proj, down_proj');
    expect(partNames([...all, ...expert(4, 7)])).toEqual([
      'model.layers.3.mlp.experts.*.gate_proj, up_proj, down_proj',
      'model.layers.4.mlp.experts.7.gate_proj, up_proj, down_proj',
    ]);
  });
});
