import { serverName } from '../helpers/engine';
import { found } from '../helpers/finding';
import { AWQ, GPTQ, QWEN2_VL, quantized, type Json } from '../helpers/samples';
import type { Rule, RuleContext } from '../types';

const example = (quantization: Json, version?: string) => ({
  model: { config: quantized(QWEN2_VL, quantization) },
  container: { family: 'sglang', ...(version === undefined ? {} : { version }) },
  options: { maxModelLen: 4096 },
});

/** Classes that build the encoder as the checkpoint is quantized, and stop at a name that they do not find then. */
const BUILT_QUANTIZED: ReadonlySet<string> = new Set(['Qwen2VLForConditionalGeneration']);
const BUILT_SINCE = { since: '0.4.5.post1' };

/** Does the checkpoint name modules that are not quantized? */
function hasExclusions({ model }: RuleContext): boolean {
  const said = model?.config.quantization_config as Json | null | undefined;
  const dynamic = said?.dynamic;
  return typeof dynamic === 'object' && dynamic !== null && Object.keys(dynamic).some((name) => name.startsWith('-:'));
}

export const sglangVisionEncoderQuantized: Rule = {
  id: 'SGLANG_VISION_ENCODER_QUANTIZED',
  severity: 'error',
  summary: 'SGLang builds the vision encoder as the checkpoint has it',
  explanation:
    'Tools that quantize to GPTQ leave the vision encoder in 16 bit, and the config does not say so. From 0.4.5.post1 on SGLang builds that of Qwen2-VL with the quantization of the language model, and stops with a KeyError at its first weight: "visual.blocks.0.attn.qkv_proj.weight". AWQ checkpoints name what is not quantized.',
  source:
    'sglang/srt/models/qwen2_vl.py of 0.4.5 to 0.5.23, `quant_config` of the vision transformer and `load_weights`; sgl-project/sglang#14503',
  holdsFor: 'SGLang 0.4.5.post1 and later',
  server: { engine: 'sglang', ...BUILT_SINCE },
  examples: {
    passes: [
      example(GPTQ, '0.4.5'),
      example({ ...GPTQ, dynamic: { '-:visual': {} } }),
      example({ ...AWQ, modules_to_not_convert: ['visual'] }),
    ],
    fails: [example(GPTQ), example({ ...GPTQ, bits: 8 }, '0.4.5.post1')],
  },
  evaluate(context) {
    const { model, scheme } = context;
    if (model === undefined || scheme.layout !== 'gptq' || !BUILT_QUANTIZED.has(model.architecture)) return [];
    if (hasExclusions(context)) return [];
    return [
      found({
        what: `${serverName(context)} builds the vision encoder of ${model.architecture} with GPTQ weights, which the checkpoint has in 16 bit, and stops at the first of them`,
        got: 'a GPTQ checkpoint that names nothing as not quantized',
        allowed: 'AWQ, FP8 or 16 bit, or a checkpoint whose `dynamic` excludes the encoder',
        fix: 'take the AWQ checkpoint of the model, or vLLM',
        path: '/model/config/quantization_config',
      }),
    ];
  },
};
