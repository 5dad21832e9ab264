import { smOf } from '../helpers/accelerator';
import { found } from '../helpers/finding';
import { splitLayers } from '../helpers/layers';
import { AWQ, GPTQ, LLAMA_8B, quantized, type Json } from '../helpers/samples';
import { TGI, tgiAtLeast, tgiGpus, tgiTag } from '../helpers/tgi';
import type { Rule, RuleContext } from '../types';

/** deepseek-ai/deepseek-coder-33b-instruct */
const CODER_33B: Json = {
  ...LLAMA_8B,
  ...{ hidden_size: 7168, intermediate_size: 19_200, num_attention_heads: 56, num_hidden_layers: 62 },
  ...{ num_key_value_heads: 8, vocab_size: 32_256 },
};

const example = (quantization: Json, gpus: string, release = '1.3.3', instanceType = 'ml.g5.12xlarge') => ({
  model: { config: quantized(CODER_33B, quantization) },
  container: {
    family: 'custom',
    image: `763104351884.dkr.ecr.us-east-1.amazonaws.com/${TGI}:2.1.1-tgi${release}-gpu-py310-cu121-ubuntu20.04`,
  },
  instanceType,
  environment: { SM_NUM_GPUS: gpus },
});

/** ExLlama, whose weights are cut by groups, needs compute capability 8.0; before it GPTQ leaves its groups whole. Source: `CAN_EXLLAMA` of server/text_generation_server/utils/layers.py. */
const EXLLAMA_SM = 80;

/** Releases that also cut the one group of a checkpoint without groups. Source: `get_multi_weights_row` of utils/weights.py in 1.2.0 to 1.3.3. */
const CUTS_ONE_GROUP = { since: '1.2.0', before: '1.4.0' };

/** Input features of a group; `whole`: one group of all of them, which is cut too. Undefined where the groups stay whole. */
function cutGroup(context: RuleContext): number | 'whole' | undefined {
  const { model, scheme } = context;
  const { groupSize = -1, layout, weightBits } = scheme;
  if (layout === 'awq') return groupSize > 0 ? groupSize : undefined;
  const sm = smOf(context);
  if (layout !== 'gptq' || weightBits !== 4 || (sm !== undefined && sm < EXLLAMA_SM)) return undefined;
  if (groupSize > 0) return model?.quantization?.raw.desc_act === true ? undefined : groupSize;
  const release = tgiTag(context);
  if (release === undefined) return undefined;
  const cutsIt = tgiAtLeast(release, CUTS_ONE_GROUP.since) && !tgiAtLeast(release, CUTS_ONE_GROUP.before);
  return cutsIt ? 'whole' : undefined;
}

/** The first matrix cut along its inputs whose groups the GPUs do not divide. */
function firstBroken(
  context: RuleContext,
  group: number | 'whole',
  gpus: number,
): { readonly layer: string; readonly groups: number } | undefined {
  for (const { quantized: isQuantized, split, name, inFeatures } of splitLayers(context)) {
    if (!isQuantized || split !== 'row') continue;
    const groups = group === 'whole' ? 1 : inFeatures / group;
    if (groups % gpus !== 0) return { layer: name, groups };
  }
  return undefined;
}

export const tgiGroupsNotDivisible: Rule = {
  id: 'TGI_GROUPS_NOT_DIVISIBLE',
  severity: 'error',
  summary: 'the GPUs of text-generation-inference divide the quantization groups',
  explanation:
    'text-generation-inference cuts scales and zero points of AWQ, and of GPTQ without activation order, by whole groups over the GPUs (SM_NUM_GPUS): down_proj of deepseek-coder-33b has 19,200 / 128 = 150 of them. Where the GPUs do not divide them it stops: "AssertionError: The choosen size 150 is not compatible with sharding on 4 shards". Its releases 1.2 and 1.3 cut the one group of a GPTQ checkpoint without groups as well.',
  source:
    'server/text_generation_server/utils/weights.py of 1.1.0 to 2.0.2 and layers/gptq/__init__.py since, `get_sharded`; huggingface/text-generation-inference#1441, #1355',
  examples: {
    passes: [
      example(AWQ, '2'),
      example(AWQ, '1'),
      example({ ...GPTQ, desc_act: true }, '4'),
      example({ ...GPTQ, desc_act: false }, '4', '1.3.3', 'ml.g4dn.12xlarge'),
      example({ ...GPTQ, group_size: -1 }, '4', '1.4.0'),
      example(AWQ, '${Token[TOKEN.12]}'),
    ],
    fails: [
      example(AWQ, '4'),
      example(AWQ, '4', '3.3.6'),
      example({ ...GPTQ, desc_act: false }, '4'),
      example({ ...GPTQ, group_size: -1, desc_act: true }, '4'),
    ],
  },
  evaluate(context) {
    const { container, instance } = context;
    if (container?.repository !== TGI) return [];
    const group = cutGroup(context);
    const { variable, gpus } = tgiGpus(context);
    const broken = group === undefined ? undefined : firstBroken(context, group, gpus);
    if (group === undefined || broken === undefined) return [];
    const most = Math.min(gpus, instance?.acceleratorCount ?? gpus);
    const fitting = Array.from({ length: most }, (_, index) => most - index).find(
      (count) => firstBroken(context, group, count) === undefined,
    );
    return [
      found({
        what: `text-generation-inference cuts weights by whole quantization groups, and ${broken.layer} has ${broken.groups} of them for ${gpus} GPUs`,
        got: `${variable}=${gpus}`,
        allowed: `a number of GPUs that divides ${broken.groups}`,
        fix: `set ${variable} to ${fitting ?? 1}, or take a checkpoint with other groups`,
        path: `/environment/${variable}`,
      }),
    ];
  },
};
