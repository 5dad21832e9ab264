import { found } from '../helpers/finding';
import { LLAMA_8B } from '../helpers/samples';
import { TGI, tgiGpus } from '../helpers/tgi';
import type { Rule } from '../types';

const example = (kvHeads: number, gpus: string, repository = TGI) => ({
  model: { config: { ...LLAMA_8B, num_key_value_heads: kvHeads } },
  container: {
    family: 'custom',
    image: `763104351884.dkr.ecr.us-east-1.amazonaws.com/${repository}:2.7.0-tgi3.3.6-gpu-py311-cu124-ubuntu22.04`,
  },
  instanceType: 'ml.g5.12xlarge',
  environment: { SM_NUM_GPUS: gpus },
});

export const tgiKvHeadsFewerThanGpus: Rule = {
  id: 'TGI_KV_HEADS_FEWER_THAN_GPUS',
  severity: 'error',
  summary: 'each GPU of text-generation-inference has a key-value head',
  explanation:
    'text-generation-inference gives every GPU (SM_NUM_GPUS) its part of the key-value heads and copies none. A model with fewer of them, such as Gemma 2B with one, ends its shards: "ZeroDivisionError: integer division or modulo by zero".',
  source:
    'huggingface/text-generation-inference server/text_generation_server/models/custom_modeling; huggingface/text-generation-inference#1987',
  examples: {
    passes: [example(8, '4'), example(1, '1'), example(1, '${Token[TOKEN.12]}'), example(1, '4', 'own-server')],
    fails: [example(1, '4'), example(2, '4')],
  },
  evaluate(context) {
    const { container, model } = context;
    if (container?.repository !== TGI || model === undefined) return [];
    const { variable, gpus } = tgiGpus(context);
    if (gpus <= model.numKvHeads) return [];
    return [
      found({
        what: `text-generation-inference copies no key-value (KV) heads, and the model has ${model.numKvHeads} for ${gpus} GPUs`,
        got: `${variable}=${gpus}`,
        allowed: `at most ${model.numKvHeads}`,
        fix: `set ${variable} to ${model.numKvHeads}`,
        path: `/environment/${variable}`,
      }),
    ];
  },
};
