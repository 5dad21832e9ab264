import { servedDtype } from '../helpers/dtype';
import { serverName } from '../helpers/engine';
import { found } from '../helpers/finding';
import { INT4_GROUPS, QWEN3_MOE, compressedTensors, quantized } from '../helpers/samples';
import type { Rule } from '../types';

const example = (dtype: string, version: string) => ({
  model: { config: quantized(QWEN3_MOE, compressedTensors(INT4_GROUPS)) },
  container: { family: 'vllm', version },
  options: { maxModelLen: 4096, dtype },
});

export const expertsNeedFloat16: Rule = {
  id: 'EXPERTS_NEED_FLOAT16',
  severity: 'error',
  summary: 'packed experts of compressed-tensors are served in float16 on old versions',
  explanation:
    'From 0.7 to 0.8 the fused kernel for packed INT4/INT8 experts of compressed-tensors takes float16 only: "float16 is required for MoE compressed models. Set dtype=torch.float16".',
  source: 'vllm/model_executor/layers/quantization/compressed_tensors/compressed_tensors_moe.py of 0.7.0 to 0.8.5',
  holdsFor: 'vLLM 0.7 and 0.8',
  server: { engine: 'vllm', since: '0.7.0', before: '0.9.0' },
  needs: ['experts'],
  examples: {
    passes: [example('float16', '0.8.5'), example('bfloat16', '0.9.0')],
    fails: [example('bfloat16', '0.8.5'), example('auto', '0.8.5')],
  },
  evaluate(context) {
    const { model, scheme } = context;
    if (
      model?.moe === undefined ||
      scheme.layout !== 'compressed-tensors' ||
      scheme.weightType !== 'int' ||
      scheme.activationBits !== 16
    )
      return [];
    const served = servedDtype(context);
    if (served === undefined || served === 'float16') return [];
    return [
      found({
        what: `${serverName(context)} serves packed MoE experts of compressed-tensors in float16 only`,
        got: `dtype ${context.options.dtype} (${served})`,
        allowed: 'float16',
        fix: 'set dtype to float16, or use an image with vLLM 0.9 or newer',
        path: '/options/dtype',
      }),
    ];
  },
};
