import { findInstance, instanceTypes } from '../hardware';
import type { Instance } from '../hardware/types';
import type { ModelDescription } from '../model/types';
import type { ContainerFamily, EndpointSpec } from '../spec/types';
import { guidedSchemes } from './guide';
import type { Combination } from './types';

const GPU_FAMILIES: readonly ContainerFamily[] = ['vllm', 'lmi', 'sglang'];
/** Of encoders with a decoder vLLM and SGLang serve next to none; TensorRT-LLM, which AWS publishes no newer image of, has those of text. */
const ENCODER_DECODER_FAMILIES: readonly ContainerFamily[] = [...GPU_FAMILIES, 'lmi-trtllm'];
/** The Hugging Face image takes 16-bit weights only; INT8 is for the two others. */
const NEURON_FAMILIES: readonly ContainerFamily[] = ['hf-vllm-neuron'];
const NEURON_INT8_FAMILIES: readonly ContainerFamily[] = ['lmi-neuron', 'vllm-neuron'];
const SIXTEEN_BITS: readonly string[] = ['none', 'bf16', 'fp16'];

/** Every combination worth looking at: what the spec fixes is not varied. */
export function combinations(spec: EndpointSpec, model: ModelDescription): readonly Combination[] {
  const types = spec.instanceType === undefined ? instanceTypes() : [spec.instanceType];
  const schemes = schemesOf(spec, model);
  const found: Combination[] = [];
  for (const type of types) {
    const instance = findInstance(type);
    if (instance === undefined || instance.kind === 'gaudi') continue;
    for (const quantization of schemes)
      for (const container of familiesOf(spec, instance, quantization, model))
        for (const tensorParallelSize of degreesOf(spec, instance, container, model))
          found.push({ instanceType: type, quantization, container, tensorParallelSize });
  }
  return found;
}

/** A checkpoint that is quantized already is served as it is: quantizing it again would lose more. */
function schemesOf(spec: EndpointSpec, model: ModelDescription): readonly string[] {
  if (spec.quantization !== undefined) return [spec.quantization];
  return model.quantization === undefined ? guidedSchemes(model) : [CHECKPOINT];
}

/** Stands for the checkpoint's own scheme, where the spec names none. */
export const CHECKPOINT = 'checkpoint';

function familiesOf(
  spec: EndpointSpec,
  instance: Instance,
  quantization: string,
  { kind }: ModelDescription,
): readonly ContainerFamily[] {
  if (spec.container !== undefined) return [spec.container.family];
  if (quantization.startsWith('gguf')) return instance.kind === 'neuron' ? [] : ['llama-cpp'];
  const forNeuron = quantization.startsWith('neuron-');
  if (instance.kind === 'neuron') {
    if (quantization === CHECKPOINT) return [...NEURON_FAMILIES, ...NEURON_INT8_FAMILIES];
    if (forNeuron) return NEURON_INT8_FAMILIES;
    return SIXTEEN_BITS.includes(quantization) ? NEURON_FAMILIES : [];
  }
  if (instance.kind !== 'gpu' || forNeuron) return [];
  return kind === 'encoder-decoder' ? ENCODER_DECODER_FAMILIES : GPU_FAMILIES;
}

/** Powers of two up to the accelerators there are; llama.cpp spreads layers by itself, Neuron counts cores. */
function degreesOf(
  spec: EndpointSpec,
  instance: Instance,
  family: ContainerFamily,
  model: ModelDescription,
): readonly number[] {
  if (spec.options?.tensorParallelSize !== undefined) return [spec.options.tensorParallelSize];
  if (family === 'llama-cpp') return [Math.max(1, instance.acceleratorCount)];
  const most = instance.acceleratorCount * (instance.kind === 'neuron' ? (instance.accelerator?.neuronCores ?? 1) : 1);
  const degrees: number[] = [];
  for (let degree = 1; degree <= most; degree *= 2)
    if (model.numAttentionHeads <= 0 || model.numAttentionHeads % degree === 0) degrees.push(degree);
  return degrees;
}
