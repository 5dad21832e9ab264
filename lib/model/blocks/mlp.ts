import type { WeightScope } from '../weights';

/** SwiGLU and its kin: gate, up, down. */
export function gatedMlp(
  scope: WeightScope,
  hidden: number,
  intermediate: number,
  bias = false,
  names: { readonly gate: string; readonly up: string; readonly down: string } = GATED,
): void {
  scope
    .linear(names.gate, intermediate, hidden, 'column', bias)
    .linear(names.up, intermediate, hidden, 'column', bias)
    .linear(names.down, hidden, intermediate, 'row', bias);
}

const GATED = { gate: 'gate_proj', up: 'up_proj', down: 'down_proj' };

/** Two layers with an activation between. */
export function plainMlp(
  scope: WeightScope,
  hidden: number,
  intermediate: number,
  bias: boolean,
  names: { readonly up: string; readonly down: string },
): void {
  scope.linear(names.up, intermediate, hidden, 'column', bias).linear(names.down, hidden, intermediate, 'row', bias);
}
