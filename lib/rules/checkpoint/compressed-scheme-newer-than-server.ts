import type { Scheme } from '../../scheme/types';
import { isVllm, serverName } from '../helpers/engine';
import { found } from '../helpers/finding';
import { INT4_GROUPS, LLAMA_8B, compressedTensors, quantized, type Json } from '../helpers/samples';
import type { Rule } from '../types';

const example = (weights: Json, activations: Json | null, format: string, version: string) => ({
  model: { config: quantized(LLAMA_8B, compressedTensors(weights, activations, format)) },
  container: { family: 'vllm', version },
  options: { maxModelLen: 4096 },
});

const ASYMMETRIC: Json = { ...INT4_GROUPS, symmetric: false };
const FP4: Json = { num_bits: 4, type: 'float', symmetric: true, strategy: 'tensor_group', group_size: 16 };
const INT8: Json = { num_bits: 8, type: 'int', symmetric: true, strategy: 'channel' };
const INT8_TOKEN: Json = { num_bits: 8, type: 'int', symmetric: true, strategy: 'token', dynamic: true };
const PACKED = 'pack-quantized';
const NVFP4 = 'nvfp4-pack-quantized';

interface Need {
  /** First vLLM that matches the combination; undefined: none does. */
  readonly since?: string;
  readonly what: string;
}

/** Source: `_get_scheme_from_parts` of compressed_tensors.py in vLLM’s wheels; vllm-project/vllm#18312 (NVFP4). */
function needOf({ name, weightType, weightBits, activationBits, symmetric }: Scheme): Need | undefined {
  if (weightType === 'int' && activationBits === 16)
    return symmetric
      ? undefined
      : { since: '0.8.5', what: `asymmetric INT${weightBits} weights (W${weightBits}A16_ASYM)` };
  if (weightType === 'int' && weightBits === 8 && activationBits === 8 && !symmetric)
    return { what: 'asymmetric INT8 weights with INT8 activations' };
  if (name === 'w4a8-int8') return { since: '0.23.0', what: 'INT4 weights with INT8 activations on a GPU' };
  if (name !== 'nvfp4') return undefined;
  return activationBits === 16
    ? { since: '0.9.0', what: 'NVFP4 weights with 16-bit activations' }
    : { since: '0.9.2', what: 'NVFP4 weights with NVFP4 activations' };
}

export const compressedSchemeNewerThanServer: Rule = {
  id: 'COMPRESSED_SCHEME_NEWER_THAN_SERVER',
  severity: 'error',
  summary: 'this version has a scheme for how a compressed-tensors checkpoint is made',
  explanation:
    'vLLM matches the weights and activations that config_groups describes with the schemes it has, and stops where none fits: "NotImplementedError: No compressed-tensors compatible scheme was found." Asymmetric INT4 (AWQ as llm-compressor writes it, W4A16_ASYM) came with 0.8.5, NVFP4 without quantized activations with 0.9.0, with them with 0.9.2. INT8 weights with INT8 activations are symmetric in every version. INT4 weights with INT8 activations have a kernel on Arm alone, until Humming came with 0.23: "Failed to find a kernel that can implement the WNA16 linear layer".',
  source:
    'vllm/model_executor/layers/quantization/compressed_tensors/compressed_tensors.py by version; vllm-project/llm-compressor#1427, vllm-project/llm-compressor#1550, #2693, vllm-project/vllm#19853',
  holdsFor: 'asymmetric INT4: vLLM < 0.8.5; NVFP4: vLLM < 0.9.2; W4A8 in integers: vLLM < 0.23',
  server: { engine: 'vllm', since: '0.5.0' },
  examples: {
    passes: [
      example(ASYMMETRIC, null, PACKED, '0.8.5'),
      example(INT4_GROUPS, null, PACKED, '0.6.3'),
      example(FP4, null, NVFP4, '0.9.0'),
      example(FP4, FP4, NVFP4, '0.9.2'),
      example(INT8, INT8_TOKEN, 'int-quantized', '0.6.3'),
      example(INT4_GROUPS, INT8_TOKEN, 'int-quantized', '0.23.0'),
    ],
    fails: [
      example(ASYMMETRIC, null, PACKED, '0.8.4'),
      example(FP4, FP4, NVFP4, '0.9.1'),
      example(FP4, null, NVFP4, '0.8.5'),
      example({ ...INT8, symmetric: false }, INT8_TOKEN, 'int-quantized', '0.24.0'),
      example(INT4_GROUPS, INT8_TOKEN, 'int-quantized', '0.20.1'),
    ],
  },
  evaluate(context) {
    const { scheme } = context;
    if (scheme.layout !== 'compressed-tensors' || scheme.origin !== 'checkpoint') return [];
    const need = needOf(scheme);
    if (need === undefined || (need.since !== undefined && isVllm(context, { since: need.since }))) return [];
    return [
      found({
        what: `${serverName(context)} has no compressed-tensors scheme for ${need.what}`,
        got: `config_groups of ${scheme.name}`,
        allowed: need.since === undefined ? 'symmetric weights' : `vLLM ${need.since} or newer`,
        fix:
          need.since === undefined
            ? 'quantize the weights symmetrically'
            : `use an image with vLLM ${need.since} or newer, or quantize again${scheme.symmetric ? ' to another scheme' : ' with symmetric weights'}`,
        path: '/model/config/quantization_config',
      }),
    ];
  },
};
