import { servedScheme } from '../../plan/online';
import { gpuOf, supportOf } from '../helpers/accelerator';
import { serverName } from '../helpers/engine';
import { found } from '../helpers/finding';
import { QWEN3_SMALL } from '../helpers/samples';
import type { Rule } from '../types';

const example = (quantization: string, instanceType: string) => ({
  model: { config: QWEN3_SMALL },
  quantization,
  container: { family: 'sglang' },
  instanceType,
  options: { maxModelLen: 4096, tensorParallelSize: 1 },
});

export const quantizationNotVerifiedOnGpu: Rule = {
  id: 'QUANTIZATION_NOT_VERIFIED_ON_GPU',
  severity: 'warning',
  summary: 'the scheme is known to run on this GPU in this server',
  explanation:
    'For some pairs of scheme and GPU no document, source or report says whether the server has a kernel: what SGLang does below the compute capability a scheme is native on, or TensorRT-LLM on a GPU that its table does not have. Such a pair may start, fall back or be refused.',
  source: 'absence of a source',
  examples: { passes: [example('awq', 'ml.g6.xlarge')], fails: [example('awq', 'ml.g4dn.xlarge')] },
  evaluate(context) {
    const { container } = context;
    const scheme = servedScheme(context);
    const gpu = gpuOf(context);
    if (gpu === undefined || container === undefined || container.engine === 'unknown') return [];
    const { level, reason } = supportOf(context);
    if (level !== 'unknown' || reason === undefined) return [];
    return [
      found({
        what: `${scheme.name} is not known to run in ${serverName(context)} on this GPU: ${reason}`,
        got: gpu.text,
        fix: 'try it on one instance first, or choose a scheme that is known to run there, such as fp8 or awq',
        path: '/quantization',
      }),
    ];
  },
};
