import { serverName } from '../helpers/engine';
import { isVllmOrSglang } from '../helpers/flag';
import { found } from '../helpers/finding';
import { BITSANDBYTES, LLAMA_8B, quantized } from '../helpers/samples';
import type { Rule } from '../types';

const example = (storage: string | undefined, version = '0.6.6', family = 'vllm') => ({
  model: {
    config: quantized(LLAMA_8B, {
      ...BITSANDBYTES,
      ...(storage === undefined ? {} : { bnb_4bit_quant_storage: storage }),
    }),
  },
  container: { family, version },
  options: { maxModelLen: 4096, loadFormat: 'bitsandbytes' },
});

export const bitsandbytesStorageNotBytes: Rule = {
  id: 'BITSANDBYTES_STORAGE_NOT_BYTES',
  severity: 'error',
  summary: 'the 4-bit weights of bitsandbytes are stored as bytes',
  explanation:
    'bitsandbytes packs two weights into a byte, and can store the bytes as numbers of another type (bnb_4bit_quant_storage, which FSDP training wants in bfloat16). Servers read uint8 alone: "Unsupported bnb_4bit_quant_storage: bfloat16", and before vLLM 0.6.5 an assertion on the shape of the first weight.',
  source:
    'vllm/model_executor/layers/quantization/bitsandbytes.py of 0.6.5 to 0.27, sglang/srt/layers/quantization/bitsandbytes.py of 0.5.15 and 0.5.20; vllm-project/vllm#10590, #10642',
  examples: {
    passes: [example(undefined), example('uint8'), example('uint8', '0.5.20', 'sglang')],
    fails: [example('bfloat16'), example('bfloat16', '0.6.4'), example('float16', '0.5.20', 'sglang')],
  },
  evaluate(context) {
    const quantization = context.model?.quantization;
    if (quantization?.method !== 'bitsandbytes' || !isVllmOrSglang(context)) return [];
    const storage = quantization.raw.bnb_4bit_quant_storage;
    if (quantization.raw.load_in_4bit !== true || typeof storage !== 'string' || storage === 'uint8') return [];
    return [
      found({
        what: `${serverName(context)} reads 4-bit weights of bitsandbytes that are stored as bytes, and no others`,
        got: `bnb_4bit_quant_storage ${storage}`.slice(0, 80),
        allowed: 'uint8',
        fix: 'save the checkpoint again with bnb_4bit_quant_storage uint8, or quantize it to awq or fp8',
        path: '/model/config/quantization_config/bnb_4bit_quant_storage',
      }),
    ];
  },
};
