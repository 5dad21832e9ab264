import type { RuleContext } from '../types';

/** AWS Neuron's vLLM image, or one built upon it under its name; the tag says its SDK: `0.16.0-neuronx-py312-sdk2.29.0-ubuntu24.04`. */
const IMAGE = /(^|\/)pytorch-inference-vllm-neuronx$/;

/** Minor version of the Neuron SDK 2 in AWS Neuron's vLLM image; undefined for other images, and where neither version nor tag says it. */
export function vllmNeuronSdk({ container, spec }: Pick<RuleContext, 'container' | 'spec'>): number | undefined {
  if (container === undefined) return undefined;
  const isOwn = container.family === 'custom' && IMAGE.test(container.repository ?? '');
  const named = isOwn ? spec.container?.image : container.family === 'vllm-neuron' ? container.version : undefined;
  const minor = /sdk2\.(\d{1,3})/.exec(named ?? '')?.[1];
  return minor === undefined ? undefined : Number(minor);
}
