import { isVllm, serverName } from '../helpers/engine';
import { found } from '../helpers/finding';
import { BITSANDBYTES, LLAMA_8B, quantized } from '../helpers/samples';
import type { Rule } from '../types';

const EIGHT_BITS = { quant_method: 'bitsandbytes', load_in_8bit: true, load_in_4bit: false };

const example = (config: object, version: string, rest: object = {}) => ({
  model: { config },
  container: { family: 'vllm', version },
  options: { maxModelLen: 4096, loadFormat: 'bitsandbytes' },
  ...rest,
});

/** First vLLM whose loader reads what bitsandbytes has stored. */
const READ_SINCE = { 4: '0.5.4', 8: '0.6.0' };

export const bitsandbytesCheckpointNotRead: Rule = {
  id: 'BITSANDBYTES_CHECKPOINT_NOT_READ',
  severity: 'error',
  summary: 'this version reads weights that bitsandbytes has already stored',
  explanation:
    'vLLM 0.5.0 could quantize with bitsandbytes while it loads 16-bit weights, and nothing else: weights that are stored in 4 bits are read from 0.5.4 on, those in 8 bits from 0.6.0 on. Before, the loader quantizes what is quantized already: "Blockwise quantization only supports 16/32-bit floats, but got torch.uint8".',
  source:
    'vllm/model_executor/model_loader/loader.py of 0.5.3 (no `pre_quant`), 0.5.4 and 0.6.0 (`load_8bit`); vllm-project/vllm#5569',
  holdsFor: '4 bits: vLLM 0.5.0 to 0.5.3; 8 bits: vLLM 0.5',
  server: { engine: 'vllm' },
  examples: {
    passes: [
      example(quantized(LLAMA_8B, BITSANDBYTES), '0.5.4'),
      example(quantized(LLAMA_8B, EIGHT_BITS), '0.6.0'),
      example(LLAMA_8B, '0.5.1', { quantization: 'bitsandbytes-nf4' }),
    ],
    fails: [example(quantized(LLAMA_8B, BITSANDBYTES), '0.5.3'), example(quantized(LLAMA_8B, EIGHT_BITS), '0.5.5')],
  },
  evaluate(context) {
    const { model, scheme } = context;
    if (model?.quantization?.method !== 'bitsandbytes') return [];
    const bits = scheme.weightBits === 8 ? 8 : 4;
    const since = READ_SINCE[bits];
    if (!isVllm(context, { since: '0.5.0', before: since })) return [];
    return [
      found({
        what: `${serverName(context)} cannot read weights that bitsandbytes stored in ${bits} bits`,
        got: `quant_method bitsandbytes, ${bits} bits`,
        allowed: `vLLM ${since} or newer`,
        fix: `use an image with vLLM ${since} or newer`,
        path: '/container/version',
      }),
    ];
  },
};
