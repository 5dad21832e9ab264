import { isVllm, serverName } from '../helpers/engine';
import { anyOf, found } from '../helpers/finding';
import { AWQ, GPTQ, LLAMA_8B, compressedTensors, quantized } from '../helpers/samples';
import type { Rule, RuleContext } from '../types';

const example = (quantization: Readonly<Record<string, unknown>>, version = '0.8.5') => ({
  model: { config: quantized(LLAMA_8B, quantization) },
  container: { family: 'vllm', version },
  options: { maxModelLen: 4096 },
});

/** From here on GPTQ has Marlin kernels alone: what ExLlama took in 2 and 3 bits is refused. Source: vllm-project/vllm#38288. */
const MARLIN_ALONE = '0.22.0';

function gptqBits(context: RuleContext): readonly number[] {
  if (isVllm(context, { before: '0.3.3' })) return [4];
  return isVllm(context, { since: MARLIN_ALONE }) ? [4, 8] : [2, 3, 4, 8];
}

/** Weight bits that this vLLM has kernels for; undefined for formats that fix them. */
function allowedBits(context: RuleContext): readonly number[] | undefined {
  const { scheme } = context;
  if (scheme.weightType !== 'int' || scheme.activationBits !== 16) return undefined;
  // AWQ in 8 bits only has a Marlin kernel, which came with 0.6.3 and lost its 8 bits with 0.9.
  if (scheme.layout === 'awq') return isVllm(context, { since: '0.6.3', before: '0.9.0' }) ? [4, 8] : [4];
  if (scheme.layout === 'gptq') return gptqBits(context);
  if (scheme.layout !== 'compressed-tensors') return undefined;
  return isVllm(context, { since: '0.25.0' }) ? [2, 3, 4, 5, 6, 7, 8] : [4, 8];
}

export const quantizationBitsNotSupported: Rule = {
  id: 'QUANTIZATION_BITS_NOT_SUPPORTED',
  severity: 'error',
  summary: 'the server has a kernel for weights of that many bits',
  explanation:
    'AWQ kernels are written for 4 bits (Marlin from 0.6.3 to 0.8 also for 8), GPTQ’s for 2, 3, 4 and 8 up to vLLM 0.21 and for 4 and 8 since, compressed-tensors’ for 4 and 8 up to vLLM 0.24. Other widths stop the server: "Currently, only 4-bit weight quantization is supported for AWQ, but got 3 bits.", "Unsupported quantization config: bits=3, sym=True".',
  source:
    'vLLM wheels, layers/quantization/{awq,gptq,awq_marlin,auto_gptq}.py and compressed_tensors_wNa16.py by version; vllm-project/vllm#38288',
  server: { engine: 'vllm' },
  examples: {
    passes: [
      example({ ...AWQ, bits: 8 }),
      example({ ...GPTQ, bits: 3 }),
      example({ ...GPTQ, bits: 8 }),
      example(AWQ),
      example({ ...GPTQ, bits: 3 }, '0.21.0'),
    ],
    fails: [
      example({ ...AWQ, bits: 3 }),
      example({ ...AWQ, bits: 8 }, '0.10.0'),
      example({ ...GPTQ, bits: 5 }),
      example({ ...GPTQ, bits: 8 }, '0.2.7'),
      example({ ...GPTQ, bits: 3 }, '0.22.0'),
      example(compressedTensors({ num_bits: 3, type: 'int', strategy: 'group', group_size: 128 })),
    ],
  },
  evaluate(context) {
    const bits = context.scheme.weightBits;
    const allowed = allowedBits(context);
    if (allowed === undefined || allowed.includes(bits)) return [];
    return [
      found({
        what: `${serverName(context)} has no kernel for ${context.scheme.layout} weights of that many bits`,
        got: `${bits} bits`,
        allowed: `${anyOf(allowed)} bits`,
        fix: `use a checkpoint quantized to ${allowed.includes(4) ? 4 : allowed[0]} bits`,
        path: '/model/config/quantization_config/bits',
      }),
    ];
  },
};
