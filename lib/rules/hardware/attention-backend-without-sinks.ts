import { gpuOf } from '../helpers/accelerator';
import { isVllm, serverName } from '../helpers/engine';
import { shown } from '../helpers/environment';
import { found } from '../helpers/finding';
import { GPT_OSS_20B } from '../helpers/samples';
import { attentionBackend } from '../helpers/switches';
import type { Rule, RuleContext } from '../types';

const example = (environment: Record<string, string>, version = '0.19.0', instanceType = 'ml.g6e.2xlarge') => ({
  model: { config: GPT_OSS_20B },
  container: { family: 'vllm', version },
  instanceType,
  options: { maxModelLen: 4096 },
  environment,
});

/** Architectures whose attention has sinks. Source: `sinks` in vllm/model_executor/models. */
const WITH_SINKS = new Set(['GptOssForCausalLM']);
const HOPPER = 90;
const BLACKWELL = 100;

/** Does a backend that is named by itself take sinks on this GPU? Undefined: not known. */
function takesSinks(context: RuleContext, backend: string, sm: number): boolean | undefined {
  const isHopper = sm >= HOPPER && sm < BLACKWELL;
  // FlashAttention 3 runs on Hopper only.
  if (/^FLASH_ATTN(_VLLM_V1)?$/.test(backend)) return sm < BLACKWELL ? isHopper : undefined;
  // Its TRT-LLM kernels run on data-centre Blackwell; later versions have others as well.
  if (/^FLASHINFER(_VLLM_V1)?$/.test(backend))
    return sm < BLACKWELL && isVllm(context, { before: '0.28.0' }) ? false : undefined;
  return undefined;
}

export const attentionBackendWithoutSinks: Rule = {
  id: 'ATTENTION_BACKEND_WITHOUT_SINKS',
  severity: 'error',
  summary: 'the attention backend that is named knows attention sinks, where the model has them',
  explanation:
    'gpt-oss gives each head a learned sink. vLLM picks a backend that knows them, and stops at one that does not: "Sinks are only supported in FlashAttention 3" (Hopper), "FLASHINFER: [sink setting not supported]" outside data-centre Blackwell. Triton has them on every GPU.',
  source: 'vllm/v1/attention/backends, `supports_sink` by version; vllm-project/vllm#22331, vllm-project/vllm#40153',
  holdsFor: 'vLLM 0.10.1 and later',
  server: { engine: 'vllm', since: '0.10.1' },
  needs: ['environment'],
  examples: {
    passes: [
      example({ SM_VLLM_ATTENTION_BACKEND: 'TRITON_ATTN' }),
      example({ VLLM_ATTENTION_BACKEND: 'FLASH_ATTN' }, '0.11.2', 'ml.p5.4xlarge'),
      example({}),
    ],
    fails: [
      example({ SM_VLLM_ATTENTION_BACKEND: 'FLASHINFER' }),
      example({ VLLM_ATTENTION_BACKEND: 'FLASH_ATTN' }, '0.11.2'),
    ],
  },
  evaluate(context) {
    const { model } = context;
    const gpu = gpuOf(context);
    if (model === undefined || gpu === undefined || !WITH_SINKS.has(model.architecture)) return [];
    const asked = attentionBackend(context);
    if (asked === undefined || takesSinks(context, asked.value.toUpperCase(), gpu.sm) !== false) return [];
    return [
      found({
        what: `the attention backend ${asked.value} of ${serverName(context)} does not know attention sinks on this GPU, and ${model.architecture} has them`,
        got: `${shown(asked.name, asked.value)} on ${gpu.text}`,
        allowed: 'TRITON_ATTN',
        fix: `leave ${asked.name} out`,
        path: `/environment/${asked.name}`,
      }),
    ];
  },
};
