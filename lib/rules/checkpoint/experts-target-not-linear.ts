import { asRecord } from '../../scheme/read';
import { isVllm, serverName } from '../helpers/engine';
import { found } from '../helpers/finding';
import { quantizesExperts } from '../helpers/layers';
import { compressedTensors, INT4_GROUPS, QWEN3_MOE, quantized, type Json } from '../helpers/samples';
import type { Rule, RuleContext } from '../types';

/** A checkpoint whose one group means these modules. */
const meaning = (targets: readonly string[], checkpoint: Json): Json => {
  const { group_0: group } = checkpoint.config_groups as { readonly group_0: Json };
  return { ...checkpoint, config_groups: { group_0: { ...group, targets } } };
};

const FP8 = compressedTensors(
  { num_bits: 8, type: 'float', symmetric: true, strategy: 'channel' },
  { num_bits: 8, type: 'float', symmetric: true, dynamic: true, strategy: 'token' },
  'float-quantized',
);
const NVFP4 = { num_bits: 4, type: 'float', symmetric: true, strategy: 'tensor_group', group_size: 16 };
const INT4 = compressedTensors(INT4_GROUPS);
const EXPERTS = ['re:.*self_attn.*', 're:.*mlp.experts.*'];

const example = (version: string, quantization: Json) => ({
  model: { config: quantized(QWEN3_MOE, quantization) },
  container: { family: 'vllm', version },
  options: { maxModelLen: 4096 },
});

/** Targets that may mean experts; another part's alone is not why experts cannot be read. */
const MAY_BE_EXPERTS = /expert|mlp|moe|ffn|feed_forward|(gate|up|down)_proj|\bw[123]\b/i;

/** From here on NVFP4 with quantized activations is read of the experts’ own group. */
const READS_NVFP4 = { since: '0.11.0' };

export const expertsTargetNotLinear: Rule = {
  id: 'EXPERTS_TARGET_NOT_LINEAR',
  severity: 'error',
  summary: 'a group of a compressed-tensors mixture means all linear layers, where the server looks for it',
  explanation:
    'Until 0.12 vLLM takes what experts are stored in from the group whose target is "Linear", whatever else it knows of them. A checkpoint whose groups name modules by patterns alone, as recipes for one part of the model do, stops it while it builds the layers: "KeyError: \'Linear\'". NVFP4 with quantized activations does without from 0.11 on.',
  source:
    'vllm/model_executor/layers/quantization/compressed_tensors/compressed_tensors_moe.py of 0.6.3 to 0.13.0, `target_scheme_map["Linear"]`; vllm-project/llm-compressor#2163',
  holdsFor: 'vLLM before 0.13.0',
  server: { engine: 'vllm', before: '0.13.0' },
  needs: ['experts'],
  examples: {
    passes: [
      example('0.13.0', meaning(EXPERTS, INT4)),
      example('0.12.0', INT4),
      example('0.12.0', meaning([...EXPERTS, 'Linear'], FP8)),
      example('0.12.0', meaning(['re:.*self_attn.*'], FP8)),
      example(
        '0.12.0',
        meaning(EXPERTS, compressedTensors(NVFP4, { ...NVFP4, dynamic: 'local' }, 'nvfp4-pack-quantized')),
      ),
    ],
    fails: [
      example('0.12.0', meaning(EXPERTS, INT4)),
      example('0.11.0', meaning(EXPERTS, FP8)),
      example(
        '0.10.2',
        meaning(EXPERTS, compressedTensors(NVFP4, { ...NVFP4, dynamic: 'local' }, 'nvfp4-pack-quantized')),
      ),
    ],
  },
  evaluate(context) {
    const { model, scheme } = context;
    if (model?.moe === undefined || scheme.layout !== 'compressed-tensors') return [];
    const targets = targetsOf(context);
    if (targets.includes('Linear') || !targets.some((target) => MAY_BE_EXPERTS.test(target))) return [];
    if (!quantizesExperts(context)) return [];
    const isNvfp4 = scheme.weightType === 'fp4' && scheme.activationBits < 16;
    if (isNvfp4 && isVllm(context, READS_NVFP4)) return [];
    return [
      found({
        what: `${serverName(context)} looks for the experts' quantization in the group whose target is Linear, and no group of the checkpoint has it (KeyError: 'Linear')`,
        got: `targets ${targets.slice(0, 3).join(', ')}`,
        allowed: 'vLLM 0.13.0 or newer for groups that name modules alone',
        fix: 'use an image with vLLM 0.13.0 or newer',
        path: '/container/version',
      }),
    ];
  },
};

function targetsOf({ model }: RuleContext): readonly string[] {
  const groups = Object.values(asRecord(model?.quantization?.raw.config_groups) ?? {});
  return groups.flatMap((group) => {
    const targets = asRecord(group)?.targets;
    return Array.isArray(targets) ? targets.filter((target) => typeof target === 'string') : [];
  });
}
