import { visibleGpus } from '../../endpoint/visible-gpus';
import { findInstance } from '../../hardware';
import { shown } from '../helpers/environment';
import { found } from '../helpers/finding';
import { QWEN3_SMALL } from '../helpers/samples';
import type { Rule } from '../types';

const NAME = 'CUDA_VISIBLE_DEVICES';

const example = (value: string, instanceType = 'ml.g5.12xlarge', family = 'vllm') => ({
  model: { config: QWEN3_SMALL },
  container: { family },
  instanceType,
  options: { maxModelLen: 4096 },
  environment: { [NAME]: value },
});

export const gpusHidden: Rule = {
  id: 'GPUS_HIDDEN',
  severity: 'error',
  summary: 'the server sees the GPUs that are paid for',
  explanation:
    'CUDA_VISIBLE_DEVICES hides GPUs of the instance from the server: those it does not name, and all from the first index that is none. Weights and tensor parallelism must do with what is left, and the rest is paid for in vain. A server for GPUs that sees none stops.',
  source: 'NVIDIA, CUDA C++ programming guide, CUDA environment variables',
  examples: {
    passes: [
      example('0,1,2,3'),
      example('0', 'ml.g5.2xlarge'),
      example('GPU-8932f937'),
      example('0', 'ml.g5.12xlarge', 'lmi'),
      example('${Token[TOKEN.12]}'),
    ],
    fails: [example('0'), example('', 'ml.g5.2xlarge'), example('1', 'ml.g5.2xlarge'), example('-1', 'ml.g5.2xlarge')],
  },
  evaluate({ container, spec }) {
    const instance = spec.instanceType === undefined ? undefined : findInstance(spec.instanceType);
    const visible = visibleGpus(spec, instance);
    if (instance === undefined || visible === undefined || visible >= instance.acceleratorCount) return [];
    const all = Array.from({ length: instance.acceleratorCount }, (_, index) => index).join(',');
    return [
      found({
        what:
          visible === 0
            ? `${NAME} leaves the server no GPU of ${instance.instanceType}`
            : `${NAME} leaves the server ${visible} of the ${instance.acceleratorCount} GPUs of ${instance.instanceType}, and the others idle`,
        got: shown(NAME, spec.environment?.[NAME] ?? ''),
        allowed: all,
        fix: `remove ${NAME}`,
        path: `/environment/${NAME}`,
        severity: visible === 0 && container?.engine !== 'llama.cpp' ? undefined : 'warning',
      }),
    ];
  },
};
