import { found } from '../helpers/finding';
import { BITSANDBYTES, GPTQ, LLAMA_8B, quantized, type Json } from '../helpers/samples';
import { hasOwnCode, TGI, tgiTag } from '../helpers/tgi';
import type { Rule, RuleContext } from '../types';

const example = (config: Json, release = '3.1.1', quantize?: string) => ({
  model: { config },
  container: {
    family: 'custom',
    image: `763104351884.dkr.ecr.us-east-1.amazonaws.com/${TGI}:2.6.0-tgi${release}-gpu-py311-cu124-ubuntu22.04`,
  },
  environment: quantize === undefined ? {} : { HF_MODEL_QUANTIZE: quantize },
});

/** Widths that its kernels for GPTQ unpack. Source: `QuantLinear` of layers/gptq/triton.py, before 3.0 quant_linear.py. */
const GPTQ_BITS: readonly number[] = [2, 4, 8];

/** What its own model code cannot read of the checkpoint; undefined where it reads it, or Transformers does. */
function unread(
  context: RuleContext,
): { readonly what: string; readonly got: string; readonly fix: string } | undefined {
  const { model, scheme } = context;
  const release = tgiTag(context);
  const modelType = model?.config.model_type;
  if (release === undefined || typeof modelType !== 'string' || !hasOwnCode(release, modelType)) return undefined;
  const method = model?.quantization?.method;
  if (method === 'bitsandbytes')
    return {
      what: `text-generation-inference ${release} quantizes with bitsandbytes on loading, and reads no weights that are stored so`,
      got: 'quant_method bitsandbytes',
      fix: 'use the checkpoint in 16 bit with HF_MODEL_QUANTIZE=bitsandbytes-nf4, or one in AWQ or GPTQ',
    };
  if (method === 'gptq' && !GPTQ_BITS.includes(scheme.weightBits))
    return {
      what: `text-generation-inference ${release} has no kernel for GPTQ weights of that many bits`,
      got: `${scheme.weightBits} bits`,
      fix: 'use a checkpoint quantized to 4 bits',
    };
  return undefined;
}

export const tgiCheckpointNotRead: Rule = {
  id: 'TGI_CHECKPOINT_NOT_READ',
  severity: 'error',
  summary: 'text-generation-inference reads weights that are stored so',
  explanation:
    'The model code of text-generation-inference knows bitsandbytes as something to do while loading: weights already packed by it are taken for plain ones of another shape ("AssertionError: The choosen size 1 is not compatible with sharding on 2 shards", or a failing matrix product at warm-up). Of GPTQ it unpacks 2, 4 and 8 bits: "NotImplementedError: Only 2,4,8 bits are supported."',
  source:
    'server/text_generation_server/models/__init__.py and layers/gptq of 1.0.3 to 3.3.6; huggingface/text-generation-inference#3005, #1407',
  examples: {
    passes: [
      example(LLAMA_8B, '3.1.1', 'bitsandbytes-nf4'),
      example(quantized(LLAMA_8B, GPTQ)),
      example(quantized(LLAMA_8B, { ...GPTQ, bits: 8 })),
      example(quantized({ ...LLAMA_8B, model_type: 'olmo2', architectures: ['Olmo2ForCausalLM'] }, BITSANDBYTES)),
    ],
    fails: [
      example(quantized(LLAMA_8B, BITSANDBYTES)),
      example(quantized(LLAMA_8B, BITSANDBYTES), '2.4.0', 'bitsandbytes-nf4'),
      example(quantized(LLAMA_8B, { ...GPTQ, bits: 3 }), '1.3.3', 'gptq'),
    ],
  },
  evaluate(context) {
    if (context.container?.repository !== TGI) return [];
    const unreadable = unread(context);
    if (unreadable === undefined) return [];
    return [
      found({ ...unreadable, allowed: 'weights in 16 bit, AWQ, or GPTQ in 2, 4 or 8 bits', path: '/model/config' }),
    ];
  },
};
