import { serverName } from '../helpers/engine';
import { found } from '../helpers/finding';
import { GEMMA2_2B, LLAMA_8B, QWEN3_MOE } from '../helpers/samples';
import { tensorRtBuilds, tensorRtDocuments, vllmOfTensorRt } from '../helpers/server-support';
import { vllmHas } from '../helpers/vllm-models';
import type { Rule } from '../types';

const example = (config: object, environment?: object, version?: string) => ({
  model: { config },
  container: { family: 'lmi-trtllm', ...(version === undefined ? {} : { version }) },
  options: { maxModelLen: 4096 },
  ...(environment === undefined ? {} : { environment }),
});

const PHI3 = { ...LLAMA_8B, architectures: ['Phi3ForCausalLM'], model_type: 'phi3' };
const GPT_OSS = { ...QWEN3_MOE, architectures: ['GptOssForCausalLM'], model_type: 'gpt_oss', num_local_experts: 128 };

export const trtllmArchitectureNotListed: Rule = {
  id: 'TRTLLM_ARCHITECTURE_NOT_LISTED',
  severity: 'error',
  summary: 'LMI’s TensorRT-LLM image builds engines for the architecture',
  explanation:
    'The TensorRT-LLM image of LMI is frozen at 0.33 (TensorRT-LLM 0.21, June 2025). It compiles an engine at start for a list of families; for others it needs option.backend=pytorch, or an engine built ahead of time, which is a warning. Classes that TensorRT-LLM has no builder of at all, such as mixtures of Qwen3, end in "Unsupported model architecture", which is an error. Each image knows what was there when it was made: an architecture that vLLM did not know then either is an error.',
  source:
    'djl-serving docs, lmi/user_guides/trt_llm_user_guide: supported model architectures for JIT compilation; TensorRT-LLM tensorrt_llm/models/__init__.py, MODEL_MAP; NVIDIA/TensorRT-LLM#5978',
  server: { engine: 'tensorrt-llm' },
  examples: {
    passes: [example(LLAMA_8B), example(QWEN3_MOE, { OPTION_BACKEND: 'pytorch' })],
    fails: [
      example(QWEN3_MOE),
      example(PHI3),
      example(GPT_OSS, { OPTION_BACKEND: 'pytorch' }),
      example(GEMMA2_2B, undefined, '0.28.0'),
    ],
  },
  evaluate(context) {
    const { container, model, spec } = context;
    if (container === undefined || model === undefined) return [];
    const { architecture } = model;
    if (
      model.kind === 'decoder' &&
      vllmHas(architecture, 'served', vllmOfTensorRt(container.engineVersion)) === 'not-yet'
    )
      return [
        found({
          what: `${architecture} is younger than this image with ${serverName(context)}`,
          got: architecture,
          allowed: 'architectures that were known when the image was made',
          fix: 'use the lmi or vllm container',
          path: '/container/family',
        }),
      ];
    if (tensorRtDocuments(architecture) || spec.environment?.OPTION_BACKEND === 'pytorch') return [];
    const isBuilt = model.kind !== 'decoder' || tensorRtBuilds(architecture, container.engineVersion);
    return [
      found({
        what: isBuilt
          ? `LMI’s TensorRT-LLM image is not documented to build an engine for ${architecture}`
          : `no TensorRT-LLM of LMI builds an engine for ${architecture}`,
        got: architecture,
        allowed:
          'Llama, Falcon, InternLM, Baichuan, ChatGLM, GPT-J, Mistral, Mixtral, Qwen, GPT2, StarCoder, Phi-2, OPT, Gemma, T5',
        fix: 'use the lmi or vllm container, or set OPTION_BACKEND to pytorch',
        path: '/container/family',
        severity: isBuilt ? 'warning' : 'error',
      }),
    ];
  },
};
