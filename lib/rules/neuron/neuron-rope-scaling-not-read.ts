import { inRange } from '../helpers/engine';
import { found } from '../helpers/finding';
import { LLAMA_8B } from '../helpers/samples';
import type { Rule } from '../types';

const example = (config: object, version: string) => ({
  model: { config },
  container: { family: 'lmi-neuron', version },
  instanceType: 'ml.inf2.24xlarge',
  options: { tensorParallelSize: 8, sequenceLength: 4096, batchSize: 4 },
});

const linear = { ...LLAMA_8B, rope_scaling: { type: 'linear', factor: 4 } };
const plain = { ...LLAMA_8B, rope_scaling: null };

/** Neuron SDK whose transformers-neuronx reads `rope_scaling`, in LMI 0.30. */
const READ_SINCE = '2.20';
const READ: readonly unknown[] = ['default', 'llama3'];

export const neuronRopeScalingNotRead: Rule = {
  id: 'NEURON_ROPE_SCALING_NOT_READ',
  severity: 'warning',
  summary: 'LMI’s Neuron image rotates positions as the model was trained',
  explanation:
    'transformers-neuronx reads rope_scaling from Neuron SDK 2.20 on, and of its kinds llama3 only. LMI up to 0.29 has an older one that ignores it: Llama 3.1 starts, and writes garbage. Newer ones refuse other kinds: "Only default and llama3 ropes scaling types are currently supported".',
  source:
    'deepjavalibrary/djl-serving#2354; transformers-neuronx src/transformers_neuronx/llama/config.py of SDK 2.19 and 2.21',
  holdsFor: 'llama3: LMI < 0.30; other kinds: all',
  examples: {
    passes: [
      example(LLAMA_8B, '0.30.0-neuronx-sdk2.20.1'),
      example(plain, '0.29.0-neuronx-sdk2.19.1'),
      { ...example(LLAMA_8B, ''), container: { family: 'lmi-neuron' } },
    ],
    fails: [example(LLAMA_8B, '0.29.0-neuronx-sdk2.19.1'), example(linear, '0.30.0-neuronx-sdk2.20.1')],
  },
  evaluate({ container, model, spec }) {
    // Without a version the newest image is meant, whichever that is.
    if (spec.container?.version === undefined) return [];
    if (container?.engine !== 'transformers-neuronx' || model?.config.model_type !== 'llama') return [];
    const scaling = model.config.rope_scaling as Readonly<Record<string, unknown>> | null | undefined;
    const kind = typeof scaling === 'object' && scaling !== null ? (scaling.rope_type ?? scaling.type) : undefined;
    if (typeof kind !== 'string' || kind === 'default' || container.engineVersion === undefined) return [];
    const isIgnored = inRange(container.engineVersion, { before: READ_SINCE });
    if (!isIgnored && READ.includes(kind)) return [];
    return [
      found({
        what: isIgnored
          ? `the transformers-neuronx of this image ignores rope_scaling, with which Llama 3.1 is reported to write garbage`
          : `transformers-neuronx refuses rope_scaling of type ${kind}`,
        got: `rope_scaling ${kind.slice(0, 40)}`,
        allowed: 'llama3 from LMI 0.30 on',
        fix:
          isIgnored && kind === 'llama3'
            ? 'use version 0.30.0-neuronx-sdk2.20.1, or the hf-vllm-neuron container'
            : 'use the hf-vllm-neuron container, or a model without rope_scaling',
        path: '/container/version',
      }),
    ];
  },
};
