import { llamaCppHas, llamaCppName, llamaServerVariables } from '../../container';
import { found } from '../helpers/finding';
import { LLAMA_8B } from '../helpers/samples';
import type { Rule } from '../types';

const example = (instanceType: string, mode = 'row', version?: string) => ({
  model: { config: LLAMA_8B },
  quantization: 'gguf:Q4_K_M',
  container: { family: 'llama-cpp', ...(version === undefined ? {} : { version }) },
  instanceType,
  options: { maxModelLen: 4096, slots: 1 },
  environment: { SM_LLAMA_CPP_SPLIT_MODE: mode },
});

const NAMES = llamaServerVariables('SPLIT_MODE');

export const splitModeRow: Rule = {
  id: 'SPLIT_MODE_ROW',
  severity: 'error',
  summary: 'tensors are not split over GPUs by rows, which CUDA builds of llama.cpp no longer can',
  explanation:
    'llama-server still takes the word row for --split-mode, and asks the GPU for split buffers then. Its CUDA backend has had none since they were removed for the mode tensor, so that loading ends with "device CUDA0 does not support split buffers", on one GPU as on several. The mode layer spreads whole layers over the GPUs, which is what llama-server does where nobody says otherwise.',
  source:
    'llama.cpp src/llama-model.cpp, make_gpu_buft_list; ggml-org/llama.cpp#24216 (removed), #27465 (reported with b10524)',
  holdsFor: 'the newest images, and builds from b10068 on',
  examples: {
    passes: [
      example('ml.g6.12xlarge', 'layer'),
      example('ml.g6.12xlarge', 'tensor'),
      example('ml.c7i.4xlarge'),
      example('ml.g6.12xlarge', 'row', 'b9522'),
      example('ml.g6.12xlarge', '${Token[TOKEN.12]}'),
    ],
    fails: [example('ml.g6.12xlarge'), example('ml.g6.xlarge')],
  },
  evaluate({ container, instance, spec }) {
    if (container?.engine !== 'llama.cpp' || instance?.kind !== 'gpu' || spec.environment === undefined) return [];
    const { environment } = spec;
    const name = NAMES.find((one) => environment[one] !== undefined);
    if (name === undefined || environment[name] !== 'row' || llamaCppHas(container, 'noSplitBuffers') !== true)
      return [];
    return [
      found({
        what: `${llamaCppName(container)} can split no tensors by rows over CUDA GPUs any more, and stops at loading ("device CUDA0 does not support split buffers")`,
        got: `${name}=row`,
        allowed: 'layer, or tensor',
        fix: `set ${name} to layer`,
        path: `/environment/${name}`,
      }),
    ];
  },
};
