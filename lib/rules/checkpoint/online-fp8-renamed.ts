import { serverName } from '../helpers/engine';
import { found } from '../helpers/finding';
import { flagPath } from '../helpers/flag';
import { FP8_BLOCK, LLAMA_8B, quantized } from '../helpers/samples';
import type { Rule } from '../types';

const example = (config: object, version: string, SM_VLLM_QUANTIZATION: string) => ({
  model: { config },
  container: { family: 'vllm', version },
  options: { maxModelLen: 4096 },
  environment: { SM_VLLM_QUANTIZATION },
});

export const onlineFp8Renamed: Rule = {
  id: 'ONLINE_FP8_RENAMED',
  severity: 'error',
  summary: '--quantization fp8 on a full-precision checkpoint is written fp8_per_tensor from vLLM 0.31 on',
  explanation:
    'Up to 0.30 --quantization fp8 quantized a full-precision checkpoint while loading it. From 0.31 on it only loads FP8 checkpoints: "The `fp8` quantization method no longer supports online quantization. Please use `--quantization fp8_per_tensor` instead."',
  source: 'vllm/model_executor/layers/quantization/fp8.py of 0.31.0, Fp8Config.__init__',
  holdsFor: 'vLLM >= 0.31',
  server: { engine: 'vllm', since: '0.31.0' },
  examples: {
    passes: [
      example(LLAMA_8B, '0.31.0', 'fp8_per_tensor'),
      example(quantized(LLAMA_8B, FP8_BLOCK), '0.31.0', 'fp8'),
      example(LLAMA_8B, '0.30.0', 'fp8'),
    ],
    fails: [example(LLAMA_8B, '0.31.0', 'fp8')],
  },
  evaluate(context) {
    const { model, options, spec } = context;
    if (options.quantizationFlag !== 'fp8' || model === undefined || model.quantization !== undefined) return [];
    if (spec.quantization !== undefined) return [];
    return [
      found({
        what: `${serverName(context)} no longer quantizes a full-precision checkpoint under the name fp8`,
        got: '--quantization fp8 on an unquantized checkpoint',
        allowed: 'fp8_per_tensor, fp8_per_channel or fp8_per_block',
        fix: 'write fp8_per_tensor',
        path: flagPath(context),
      }),
    ];
  },
};
