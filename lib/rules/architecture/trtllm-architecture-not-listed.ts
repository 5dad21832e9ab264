import { found } from '../helpers/finding';
import { LLAMA_8B, QWEN3_MOE } from '../helpers/samples';
import { vllmHas } from '../helpers/vllm-models';
import type { Rule } from '../types';

const example = (config: object, environment?: object) => ({
  model: { config },
  container: { family: 'lmi-trtllm' },
  options: { maxModelLen: 4096 },
  ...(environment === undefined ? {} : { environment }),
});

/** Families whose engine LMI builds when the endpoint starts. */
const LISTED =
  /^(Llama|LLaMA|Falcon|RWFor|InternLM|Baichuan|BaiChuan|ChatGLM|GPTJ|Mistral|Mixtral|QWen|Qwen2For|GPT2|GPTBigCode|Starcoder2|StarCoder2|PhiFor|OPT|Gemma|T5)/;

/** Of July 2025: what vLLM did not know then, an image of June does not know either. */
const VLLM_OF_THE_TIME = [0, 10, 0];

const GPT_OSS = { ...QWEN3_MOE, architectures: ['GptOssForCausalLM'], model_type: 'gpt_oss', num_local_experts: 128 };

export const trtllmArchitectureNotListed: Rule = {
  id: 'TRTLLM_ARCHITECTURE_NOT_LISTED',
  severity: 'error',
  summary: 'LMI’s TensorRT-LLM image builds engines for the architecture',
  explanation:
    'The TensorRT-LLM image of LMI is frozen at 0.33 (TensorRT-LLM 0.21, June 2025). It compiles an engine at start for a list of families; for others it needs option.backend=pytorch, or an engine built ahead of time, which is a warning. What came later is not served at all: an error for architectures that vLLM did not know in July 2025 either.',
  source: 'djl-serving docs, lmi/user_guides/trt_llm_user_guide: supported model architectures for JIT compilation',
  examples: {
    passes: [example(LLAMA_8B), example(QWEN3_MOE, { OPTION_BACKEND: 'pytorch' })],
    fails: [example(QWEN3_MOE), example(GPT_OSS, { OPTION_BACKEND: 'pytorch' })],
  },
  evaluate({ container, model, spec }) {
    if (container?.engine !== 'tensorrt-llm' || model === undefined) return [];
    const { architecture } = model;
    if (model.kind === 'decoder' && vllmHas(architecture, 'served', VLLM_OF_THE_TIME) === 'not-yet')
      return [
        found({
          what: `${architecture} is younger than LMI’s TensorRT-LLM image, which is of June 2025 and the last`,
          got: architecture,
          allowed: 'architectures up to June 2025',
          fix: 'use the lmi or vllm container',
          path: '/container/family',
        }),
      ];
    if (LISTED.test(architecture) || spec.environment?.OPTION_BACKEND === 'pytorch') return [];
    return [
      found({
        what: `LMI’s TensorRT-LLM image is not documented to build an engine for ${architecture}`,
        got: architecture,
        allowed:
          'Llama, Falcon, InternLM, Baichuan, ChatGLM, GPT-J, Mistral, Mixtral, Qwen, GPT2, StarCoder, Phi-2, OPT, Gemma, T5',
        fix: 'use the lmi or vllm container, or set OPTION_BACKEND to pytorch',
        path: '/container/family',
        severity: 'warning',
      }),
    ];
  },
};
