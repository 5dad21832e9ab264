import { capability } from '../../scheme';
import { gpuOf } from '../helpers/accelerator';
import { isSglang, serverName } from '../helpers/engine';
import { found } from '../helpers/finding';
import { INT4_GROUPS, LLAMA_8B, compressedTensors, quantized, type Json } from '../helpers/samples';
import { COMPRESSED_SOURCE, MISSING_COMPRESSED_SCHEMES } from '../helpers/sglang-limits';
import type { Rule } from '../types';

const example = (weights: Json, activations: Json | null, format: string, version: string, instanceType?: string) => ({
  model: { config: quantized(LLAMA_8B, compressedTensors(weights, activations, format)) },
  container: { family: 'sglang', version },
  ...(instanceType === undefined ? {} : { instanceType }),
  options: { maxModelLen: 4096 },
});

const INT8: Json = { num_bits: 8, type: 'int', symmetric: true, strategy: 'channel' };
const FP8: Json = { ...INT8, type: 'float' };
const FP4: Json = { num_bits: 4, type: 'float', symmetric: true, strategy: 'tensor_group', group_size: 16 };
const ASYMMETRIC: Json = { ...INT4_GROUPS, symmetric: false };
const token = (weights: Json): Json => ({ ...weights, strategy: 'token', dynamic: true });

export const sglangCompressedSchemeMissing: Rule = {
  id: 'SGLANG_COMPRESSED_SCHEME_MISSING',
  severity: 'error',
  summary: 'this SGLang has code of its own for how a compressed-tensors checkpoint is made',
  explanation:
    'Up to 0.4.4.post1 SGLang left compressed-tensors checkpoints to vLLM, which it installed. Since then it reads them itself, FP8 alone at first: INT8 weights with INT8 activations came with 0.5.3 ("name \'CompressedTensorsW8A8Int8\' is not defined" before), INT4 and INT8 weights alone with 0.5.4 ("vllm is not installed, to use … CompressedTensorsWNA16, please install vllm", which its images do not have), NVFP4 with 0.5.7. FP8 weights alone came with 0.5.4 too, and with them all FP8 on GPUs below compute capability 8.9, which read its weights alone ("name \'CompressedTensorsW8A16Fp8\' is not defined", later "vllm is not installed"). INT4 weights with zero points came with 0.5.13, and NVFP4 as weights alone with 0.5.22: until then a checkpoint of NVFP4 weights alone is read nowhere, and one with NVFP4 activations from compute capability 10.0 on ("Current platform does not support w4a4 nvfp4 quantization.").',
  source: `${COMPRESSED_SOURCE}; vllm-project/llm-compressor#1330, sgl-project/sglang#9838, #5135, #25291, #40022`,
  holdsFor: 'SGLang 0.4.4.post2 to 0.5.6; zero points: to 0.5.12; NVFP4 as weights alone: to 0.5.21',
  examples: {
    passes: [
      example(INT8, token(INT8), 'int-quantized', '0.5.3'),
      example(INT8, token(INT8), 'int-quantized', '0.4.4'),
      example(FP8, token(FP8), 'float-quantized', '0.4.6'),
      example(FP8, token(FP8), 'float-quantized', '0.5.1', 'ml.g6.2xlarge'),
      example(FP8, token(FP8), 'float-quantized', '0.5.4', 'ml.g5.2xlarge'),
      example(FP8, null, 'float-quantized', '0.5.4'),
      example(INT4_GROUPS, null, 'pack-quantized', '0.5.4'),
      example(FP4, FP4, 'nvfp4-pack-quantized', '0.5.7'),
      example(FP4, FP4, 'nvfp4-pack-quantized', '0.5.20', 'ml.p6-b200.48xlarge'),
      example(FP4, FP4, 'nvfp4-pack-quantized', '0.5.22', 'ml.p5.4xlarge'),
      example(FP4, null, 'nvfp4-pack-quantized', '0.5.22'),
      example(ASYMMETRIC, null, 'pack-quantized', '0.5.13'),
    ],
    fails: [
      example(INT8, token(INT8), 'int-quantized', '0.5.2'),
      example(FP8, token(FP8), 'float-quantized', '0.5.1', 'ml.g5.2xlarge'),
      example(FP8, null, 'float-quantized', '0.5.3'),
      example(INT4_GROUPS, null, 'pack-quantized', '0.4.6'),
      example(FP4, FP4, 'nvfp4-pack-quantized', '0.5.5'),
      example(FP4, FP4, 'nvfp4-pack-quantized', '0.5.20', 'ml.p5.4xlarge'),
      example(FP4, null, 'nvfp4-pack-quantized', '0.5.20'),
      example(ASYMMETRIC, null, 'pack-quantized', '0.5.11'),
    ],
  },
  evaluate(context) {
    const { scheme } = context;
    if (scheme.layout !== 'compressed-tensors' || scheme.origin !== 'checkpoint') return [];
    const gpu = gpuOf(context);
    const missing = MISSING_COMPRESSED_SCHEMES.find(
      (row) =>
        row.weights === scheme.weightType &&
        row.activationBits === scheme.activationBits &&
        (row.weightBits ?? scheme.weightBits) === scheme.weightBits &&
        (row.scheme ?? scheme.name) === scheme.name &&
        (row.symmetric ?? scheme.symmetric) === scheme.symmetric &&
        (row.below === undefined || (gpu !== undefined && gpu.sm < row.below)) &&
        isSglang(context, row),
    );
    if (missing === undefined) return [];
    return [
      found({
        what: `${serverName(context)} has no code of its own for how this compressed-tensors checkpoint is made (${scheme.name})${missing.below === undefined ? '' : ` below compute capability ${capability(missing.below)}`}: "${missing.error}"`,
        got: `config_groups of ${scheme.name}${missing.below === undefined ? '' : ` on ${gpu?.text}`}`,
        allowed: `SGLang ${missing.before} or newer${missing.withVllm === true ? ', or an image with vLLM in it' : ''}${missing.below === undefined ? '' : `, or compute capability ${capability(missing.below)} or higher`}`,
        fix: `use an image with SGLang ${missing.before} or newer${missing.weights === 'fp8' ? '' : ', or quantize again to FP8'}`,
        path: '/model/config/quantization_config',
      }),
    ];
  },
};
