/** Cheap, repeatable damage to specs: what a hurried or hostile hand might make of a good one. */

type Json = Record<string, unknown> | unknown[];
type Path = readonly (string | number)[];

/** A linear congruential generator: one seed, the same specs on every machine. */
export class Dice {
  constructor(private state: number) {}

  /** An integer from 0 to `sides - 1`. */
  roll(sides: number): number {
    this.state = (Math.imul(this.state, 1664525) + 1013904223) >>> 0;
    return Math.floor((this.state / 2 ** 32) * sides);
  }

  pick<T>(items: readonly T[]): T {
    return items[this.roll(items.length)];
  }
}

/** Values that break something somewhere: wrong types, borders of ranges, names that nearly exist, and some that do. */
const VALUES: readonly (() => unknown)[] = [
  () => null,
  () => undefined,
  () => '',
  () => 'x',
  () => '__proto__',
  () => 'a'.repeat(5000),
  () => '128',
  () => -1,
  () => 0,
  () => 1,
  () => 3,
  () => 7,
  () => 128,
  () => 4097,
  () => 1e6,
  () => 2 ** 31,
  () => Number.MAX_SAFE_INTEGER,
  () => 1e308,
  () => 0.5,
  () => NaN,
  () => Infinity,
  () => true,
  () => false,
  () => [],
  () => [null],
  () => [1, 'a', {}],
  () => ({}),
  () => ({ a: { b: [{}] } }),
  () => ({ constructor: 1, toString: 2 }),
  () => 'ml.g5.2xlarge',
  () => 'ml.p5.48xlarge',
  () => 'ml.inf2.48xlarge',
  () => 'ml.c7g.4xlarge',
  () => 'ml.trn2.48xlarge',
  () => 'ml.g5.3xlarge',
  () => 'awq',
  () => 'gptq',
  () => 'fp8-block',
  () => 'gguf:Q4_K_M',
  () => 'gguf:Q9_9',
  () => 'gguf-tensor:Q6_K',
  () => 'nvfp4',
  () => 'neuron-int8',
  () => 'bitsandbytes-nf4',
  () => 'float16',
  () => 'bfloat16',
  () => 'fp8',
  () => '0.2.0',
  () => '0.6.3.post1',
  () => '0.8.5',
  () => '99.99.99',
  () => 'latest',
  () => 'eu-west-1',
  () => 'MixtralForCausalLM',
  () => 'DeepseekV3ForCausalLM',
  () => 'T5ForConditionalGeneration',
  () => ({
    quant_method: 'compressed-tensors',
    config_groups: { g: { weights: { num_bits: 4, type: 'int', group_size: 0 } } },
  }),
  () => ({ quant_method: 'fp8', weight_block_size: [0, 0] }),
  () => ({ rope_type: 'yarn', factor: -4 }),
];

/** Keys that specs have elsewhere, and keys that no object should be asked for. */
const KEYS = [
  'speculative',
  'instancePools',
  'workload',
  'groupSize',
  'unknownKey',
  '__proto__',
  'constructor',
  'quantization_config',
  'text_config',
  'rope_scaling',
  'moe_intermediate_size',
  'num_experts',
  'sliding_window',
  'layer_types',
];

const FAMILIES = [
  'lmi',
  'lmi-trtllm',
  'lmi-neuron',
  'vllm',
  'sglang',
  'llama-cpp',
  'hf-vllm-neuron',
  'vllm-neuron',
  'custom',
];

/** A copy of `text`'s value with one to four things wrong (or merely changed). */
export function mutated(text: string, dice: Dice): unknown {
  if (dice.roll(500) === 0) return dice.pick(VALUES)();
  const spec = JSON.parse(text) as Json;
  for (let count = 1 + dice.roll(4); count > 0; count--) mutateOnce(spec, dice);
  return spec;
}

function mutateOnce(spec: Json, dice: Dice): void {
  if (!Array.isArray(spec) && dice.roll(6) === 0) {
    spec.container = { family: dice.pick(FAMILIES), ...(dice.roll(2) === 0 ? {} : { version: dice.pick(VALUES)() }) };
    return;
  }
  const { owner, key } = place(spec, dice);
  const kind = dice.roll(8);
  if (kind === 0) remove(owner, key);
  else if (kind === 1 && !Array.isArray(owner)) put(owner, dice.pick(KEYS), dice.pick(VALUES)());
  else put(owner, key, dice.pick(VALUES)());
}

/** Somewhere in the value, deeper parts as likely as shallow ones. */
function place(spec: Json, dice: Dice): { readonly owner: Json; readonly key: Path[number] } {
  let owner = spec;
  for (;;) {
    const keys: readonly (string | number)[] = Array.isArray(owner)
      ? owner.map((_, index) => index)
      : Object.keys(owner);
    if (keys.length === 0) return { owner, key: Array.isArray(owner) ? 0 : 'x' };
    const key = dice.pick(keys);
    const child = (owner as Record<string | number, unknown>)[key];
    if (typeof child !== 'object' || child === null || dice.roll(3) === 0) return { owner, key };
    owner = child as Json;
  }
}

function put(owner: Json, key: Path[number], value: unknown): void {
  // As JSON.parse does it: an own property, even for __proto__.
  Object.defineProperty(owner, key, { value, writable: true, enumerable: true, configurable: true });
}

function remove(owner: Json, key: Path[number]): void {
  if (Array.isArray(owner)) owner.splice(Number(key), 1);
  else delete owner[key];
}
