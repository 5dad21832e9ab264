import { isSglang, serverName } from '../helpers/engine';
import { found } from '../helpers/finding';
import { INT4_GROUPS, LLAMA_8B, compressedTensors, quantized, type Json } from '../helpers/samples';
import { COMPRESSED_SOURCE, MISSING_COMPRESSED_SCHEMES } from '../helpers/sglang-limits';
import type { Rule } from '../types';

const example = (weights: Json, activations: Json | null, format: string, version: string) => ({
  model: { config: quantized(LLAMA_8B, compressedTensors(weights, activations, format)) },
  container: { family: 'sglang', version },
  options: { maxModelLen: 4096 },
});

const INT8: Json = { num_bits: 8, type: 'int', symmetric: true, strategy: 'channel' };
const FP8: Json = { ...INT8, type: 'float' };
const FP4: Json = { num_bits: 4, type: 'float', symmetric: true, strategy: 'tensor_group', group_size: 16 };
const token = (weights: Json): Json => ({ ...weights, strategy: 'token', dynamic: true });

export const sglangCompressedSchemeMissing: Rule = {
  id: 'SGLANG_COMPRESSED_SCHEME_MISSING',
  severity: 'error',
  summary: 'this SGLang has code of its own for how a compressed-tensors checkpoint is made',
  explanation:
    'Up to 0.4.4.post1 SGLang left compressed-tensors checkpoints to vLLM, which it installed. Since then it reads them itself, FP8 alone at first: INT8 weights with INT8 activations came with 0.5.3 ("name \'CompressedTensorsW8A8Int8\' is not defined" before), INT4 and INT8 weights alone with 0.5.4 ("vllm is not installed, to use … CompressedTensorsWNA16, please install vllm", which its images do not have), NVFP4 with 0.5.7.',
  source: `${COMPRESSED_SOURCE}; vllm-project/llm-compressor#1330, sgl-project/sglang#9838`,
  holdsFor: 'SGLang 0.4.4.post2 to 0.5.6',
  examples: {
    passes: [
      example(INT8, token(INT8), 'int-quantized', '0.5.3'),
      example(INT8, token(INT8), 'int-quantized', '0.4.4'),
      example(FP8, token(FP8), 'float-quantized', '0.4.6'),
      example(INT4_GROUPS, null, 'pack-quantized', '0.5.4'),
      example(FP4, FP4, 'nvfp4-pack-quantized', '0.5.7'),
    ],
    fails: [
      example(INT8, token(INT8), 'int-quantized', '0.5.2'),
      example(INT4_GROUPS, null, 'pack-quantized', '0.4.6'),
      example(FP4, FP4, 'nvfp4-pack-quantized', '0.5.5'),
    ],
  },
  evaluate(context) {
    const { scheme } = context;
    if (scheme.layout !== 'compressed-tensors' || scheme.origin !== 'checkpoint') return [];
    const missing = MISSING_COMPRESSED_SCHEMES.find(
      (row) =>
        row.weights === scheme.weightType &&
        row.activationBits === scheme.activationBits &&
        (row.weightBits ?? scheme.weightBits) === scheme.weightBits &&
        isSglang(context, row),
    );
    if (missing === undefined) return [];
    return [
      found({
        what: `${serverName(context)} has no code of its own for how this compressed-tensors checkpoint is made (${scheme.name}): "${missing.error}"`,
        got: `config_groups of ${scheme.name}`,
        allowed: `SGLang ${missing.before} or newer${missing.withVllm === true ? ', or an image with vLLM in it' : ''}`,
        fix: `use an image with SGLang ${missing.before} or newer, or quantize again to FP8`,
        path: '/model/config/quantization_config',
      }),
    ];
  },
};
