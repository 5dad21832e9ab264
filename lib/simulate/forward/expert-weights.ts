import { unsupported, type DecoderShape } from './decoder-shape';
import type { MixtureShape } from './mixture-shape';
import {
  decoderPrefix,
  readBlockAttention,
  readLinear,
  readShaped,
  type BlockAttention,
  type GatedMlp,
  type Linear,
  type WeightSource,
} from './weights';

/** The expert that every token passes. */
export interface SharedExpert extends GatedMlp {
  /** `[1, hidden]`: how much of it each token takes, before the sigmoid. */
  readonly sharedGate: Linear;
}

/** A block whose feed-forward is a mixture of experts. These are many, and are read as they are wanted. */
export interface MixtureBlock extends BlockAttention {
  /** `[experts, hidden]`. */
  readonly router: Float32Array;
  readonly readExpert: (expert: number) => Promise<GatedMlp>;
  readonly readShared?: () => Promise<SharedExpert>;
}

/** Names of a mixture's tensors, without `.weight`. */
interface MixtureNames {
  readonly router: string;
  readonly expert: (expert: number) => { readonly gate: string; readonly up: string; readonly down: string };
  readonly shared: { readonly gate: string; readonly up: string; readonly down: string; readonly sharedGate: string };
}

/**
 * Reads a block's attention and router; its experts can be read then.
 *
 * @throws SimulationError `FORWARD_PASS_UNSUPPORTED` where all experts lie in one tensor, and as `readShaped`
 */
export async function readMixtureBlock(
  source: WeightSource,
  shape: DecoderShape,
  mixture: MixtureShape,
  layer: number,
): Promise<MixtureBlock> {
  assertSeparateExperts(source, shape);
  const names = mixtureNames(source, layer);
  const { hidden } = shape;
  const read = async ({ gate, up, down }: ReturnType<MixtureNames['expert']>, width: number): Promise<GatedMlp> => ({
    gate: await readLinear(source, gate, width, hidden),
    up: await readLinear(source, up, width, hidden),
    down: await readLinear(source, down, hidden, width),
  });
  return {
    ...(await readBlockAttention(source, shape, layer)),
    router: (await readShaped(source, `${names.router}.weight`, [mixture.experts, hidden])).values,
    readExpert: (expert) => read(names.expert(expert), mixture.intermediate),
    readShared:
      mixture.sharedIntermediate === 0
        ? undefined
        : async () => ({
            ...(await read(names.shared, mixture.sharedIntermediate)),
            sharedGate: await readLinear(source, names.shared.sharedGate, 1, hidden),
          }),
  };
}

/** Weights of a layer's experts that read what enters them, in the order of the experts, the shared one last. */
export function expertNames(
  source: WeightSource,
  { experts, sharedIntermediate }: MixtureShape,
  layer: number,
): readonly (Readonly<Record<'gate' | 'up' | 'down', string>> & { readonly sharedGate?: string })[] {
  const names = mixtureNames(source, layer);
  const all = Array.from({ length: experts }, (_, expert) => names.expert(expert));
  const listed = sharedIntermediate > 0 ? [...all, names.shared] : all;
  return listed.map(
    (expert) =>
      Object.fromEntries(Object.entries(expert).map(([key, name]) => [key, `${name}.weight`])) as ReturnType<
        typeof expertNames
      >[number],
  );
}

/** Name of a layer's router. */
export function routerName(source: WeightSource, layer: number): string {
  return `${mixtureNames(source, layer).router}.weight`;
}

/** @throws SimulationError `FORWARD_PASS_UNSUPPORTED` where all experts lie in one tensor, which cannot be read one by one */
export function assertSeparateExperts(source: WeightSource, { mixture, architecture }: DecoderShape): void {
  const layer = mixture?.sparse.indexOf(true) ?? -1;
  if (layer < 0) return;
  const prefix = `${decoderPrefix(source)}layers.${layer}.mlp.experts.`;
  if (['gate_up_proj', 'gate_proj', 'up_proj'].some((name) => source.has(`${prefix}${name}`)))
    throw unsupported(`${architecture} with all experts of a layer in one tensor`);
}

/** Mixtral has names of its own. */
function mixtureNames(source: WeightSource, layer: number): MixtureNames {
  const prefix = `${decoderPrefix(source)}layers.${layer}.`;
  const isMixtral = source.has(`${prefix}block_sparse_moe.gate.weight`);
  const module = `${prefix}${isMixtral ? 'block_sparse_moe' : 'mlp'}.`;
  const [gate, up, down] = isMixtral ? ['w1', 'w3', 'w2'] : ['gate_proj', 'up_proj', 'down_proj'];
  const under = (at: string) => ({ gate: `${at}${gate}`, up: `${at}${up}`, down: `${at}${down}` });
  return {
    router: `${module}gate`,
    expert: (expert) => under(`${module}experts.${expert}.`),
    shared: { ...under(`${module}shared_expert.`), sharedGate: `${module}shared_expert_gate` },
  };
}
