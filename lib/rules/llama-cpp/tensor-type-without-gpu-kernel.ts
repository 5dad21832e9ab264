import { found } from '../helpers/finding';
import { mainTensorType } from '../helpers/gguf-type';
import { LLAMA_8B } from '../helpers/samples';
import type { Rule } from '../types';

const example = (quantization: string, instanceType: string) => ({
  model: { config: LLAMA_8B },
  quantization,
  container: { family: 'llama-cpp' },
  instanceType,
  options: { maxModelLen: 4096, slots: 1 },
});

/** Types whose matrices CUDA does not multiply. Source: ggml/src/ggml-cuda/ggml-cuda.cu, `ggml_backend_cuda_device_supports_op`. */
const CPU_ONLY = new Set(['TQ1_0', 'TQ2_0']);

export const tensorTypeWithoutGpuKernel: Rule = {
  id: 'TENSOR_TYPE_WITHOUT_GPU_KERNEL',
  severity: 'warning',
  summary: 'the GPU multiplies the type that the GGUF is stored in',
  explanation:
    'llama.cpp’s CUDA backend multiplies every type but the ternary ones. Layers in TQ1_0 or TQ2_0 stay in host memory, whatever --n-gpu-layers says, and are computed by the CPU while the GPU waits.',
  source: 'llama.cpp v0.5.0 ggml/src/ggml-cuda/ggml-cuda.cu, `ggml_backend_cuda_device_supports_op`, MUL_MAT',
  examples: {
    passes: [example('gguf:TQ1_0', 'ml.c7i.4xlarge'), example('gguf:IQ2_XXS', 'ml.g6.xlarge')],
    fails: [example('gguf:TQ1_0', 'ml.g6.xlarge'), example('gguf-tensor:TQ2_0', 'ml.g6.xlarge')],
  },
  evaluate({ container, instance, scheme }) {
    if (container?.engine !== 'llama.cpp' || instance?.kind !== 'gpu') return [];
    const type = mainTensorType(scheme);
    if (type === undefined || !CPU_ONLY.has(type)) return [];
    return [
      found({
        what: `llama.cpp has no CUDA kernel for ${type}, so that the CPU computes these layers and the GPU waits`,
        got: `${scheme.name} on ${instance.instanceType}`,
        allowed: 'a type with CUDA kernels, or an instance without GPU',
        fix: 'use gguf:IQ2_XXS or gguf:Q2_K, which CUDA multiplies',
        path: '/quantization',
      }),
    ];
  },
};
