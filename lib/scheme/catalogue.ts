import type { Scheme } from './types';

/** A scheme without where it came from. */
export type SchemeDefinition = Omit<Scheme, 'origin'>;

type Body = Omit<SchemeDefinition, 'name'>;

const plain = (weightBits: number): Body => ({
  weightBits,
  weightType: 'float',
  activationBits: weightBits,
  activationScales: 'none',
  symmetric: true,
  layout: 'plain',
});

const weightOnly = (weightBits: number, rest: Partial<Body> & Pick<Body, 'weightType' | 'layout'>): Body => ({
  weightBits,
  activationBits: 16,
  activationScales: 'none',
  symmetric: true,
  ...rest,
});

const int8PerChannel = { weightBits: 8, weightType: 'int', groupSize: -1, symmetric: true } as const;
const fp8 = {
  weightBits: 8,
  weightType: 'fp8',
  activationBits: 8,
  symmetric: true,
  layout: 'compressed-tensors',
} as const;

/**
 * The named schemes of the endpoint spec with their defaults; `gguf:NAME` and `gguf-tensor:NAME` are made from the
 * llama.cpp types. Sources: AutoAWQ 0.2.9, GPTQModel 7.7, llm-compressor 0.14 presets (W8A16, INT8, FP8, FP8_DYNAMIC,
 * FP8_BLOCK), neuronx-distributed quantization, bitsandbytes NF4, OCP MX, NVIDIA ModelOpt NVFP4.
 */
const bodies: Readonly<Record<string, Body>> = {
  none: plain(16),
  fp16: plain(16),
  bf16: plain(16),
  fp32: plain(32),
  awq: weightOnly(4, { weightType: 'int', groupSize: 128, symmetric: false, layout: 'awq' }),
  gptq: weightOnly(4, { weightType: 'int', groupSize: 128, layout: 'gptq' }),
  'int4-rtn': weightOnly(4, { weightType: 'int', groupSize: 128, symmetric: false, layout: 'awq' }),
  'int8-weight-only': weightOnly(8, { ...int8PerChannel, layout: 'compressed-tensors' }),
  'int8-w8a8': {
    ...int8PerChannel,
    activationBits: 8,
    activationScales: 'dynamic-token',
    layout: 'compressed-tensors',
  },
  'int8-w8a8-static': {
    ...int8PerChannel,
    activationBits: 8,
    activationScales: 'static-tensor',
    layout: 'compressed-tensors',
  },
  smoothquant: {
    ...int8PerChannel,
    activationBits: 8,
    activationScales: 'dynamic-token',
    layout: 'compressed-tensors',
  },
  fp8: { ...fp8, activationScales: 'dynamic-token', groupSize: -1 },
  'fp8-static': { ...fp8, activationScales: 'static-tensor' },
  'fp8-block': { ...fp8, activationScales: 'dynamic-group', groupSize: 128, blockSize: [128, 128] },
  'fp8-weight-only': { ...fp8, activationBits: 16, activationScales: 'none', groupSize: -1 },
  'neuron-int8': weightOnly(8, { ...int8PerChannel, layout: 'neuron' }),
  'neuron-fp8': weightOnly(8, { weightType: 'fp8', groupSize: -1, layout: 'neuron' }),
  'bitsandbytes-nf4': weightOnly(4, { weightType: 'nf4', groupSize: 64, layout: 'bitsandbytes' }),
  'bitsandbytes-int8': {
    ...int8PerChannel,
    activationBits: 8,
    activationScales: 'dynamic-token',
    layout: 'bitsandbytes',
  },
  mxfp4: weightOnly(4, { weightType: 'fp4', groupSize: 32, layout: 'mxfp4' }),
  nvfp4: {
    weightBits: 4,
    weightType: 'fp4',
    activationBits: 4,
    activationScales: 'dynamic-group',
    groupSize: 16,
    symmetric: true,
    layout: 'compressed-tensors',
  },
};

/** Names of the schemes that are not GGUF types, in the order the documentation lists them. */
export const schemeNames: readonly string[] = Object.keys(bodies);

/** The scheme of that name with its default group size, or `undefined`. */
export function findDefinition(name: string): SchemeDefinition | undefined {
  return Object.hasOwn(bodies, name) ? { name, ...bodies[name] } : undefined;
}
