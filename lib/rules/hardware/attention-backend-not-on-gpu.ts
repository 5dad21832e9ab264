import { lookup } from '../../text/lookup';
import { gpuOf } from '../helpers/accelerator';
import { inRange, serverName } from '../helpers/engine';
import { shown } from '../helpers/environment';
import { found } from '../helpers/finding';
import { QWEN3_SMALL } from '../helpers/samples';
import type { Rule, RuleContext } from '../types';

const example = (instanceType: string, environment: Record<string, string>, version?: string) => ({
  model: { config: QWEN3_SMALL },
  container: { family: 'sglang', ...(version === undefined ? {} : { version }) },
  instanceType,
  options: { maxModelLen: 4096 },
  environment,
});

interface Range {
  readonly least: number;
  readonly most: number;
  readonly text: string;
}

/** Compute capabilities × 10 that a backend of SGLang asserts. */
const BACKENDS: Readonly<Record<string, Range>> = {
  fa3: { least: 80, most: 90, text: 'compute capability 8.0 to 9.0' },
  trtllm_mha: { least: 90, most: 129, text: 'compute capability 9.0 or higher' },
  trtllm_mla: { least: 100, most: 129, text: 'Blackwell' },
};

/** Before 0.5.19 TensorRT-LLM’s kernels were taken for prefill on data-centre Blackwell only. */
const OLDER_TRTLLM_MHA: Range = { least: 100, most: 109, text: 'compute capability 10.x' };
const OLDER = { before: '0.5.19' };

function rangeOf({ container }: RuleContext, backend: string): Range | undefined {
  const version = container?.engineVersion;
  if (backend === 'trtllm_mha' && version !== undefined && inRange(version, OLDER)) return OLDER_TRTLLM_MHA;
  return lookup(BACKENDS, backend);
}

/** What sets prefill’s backend: others of the table may be had for decoding alone. */
const VARIABLES = ['SM_SGLANG_ATTENTION_BACKEND', 'SM_SGLANG_PREFILL_ATTENTION_BACKEND'];

export const attentionBackendNotOnGpu: Rule = {
  id: 'ATTENTION_BACKEND_NOT_ON_GPU',
  severity: 'error',
  summary: 'the attention backend that is named runs on the instance’s GPUs',
  explanation:
    'SGLang picks a backend that the GPU has, and stops at one that it has not: "FlashAttention v3 Backend requires SM>=80 and SM<=90", "TRTLLM MHA backend for prefill is only supported on Blackwell GPUs (SM100)", which 0.5.19 has widened to 9.0 and later.',
  source: 'sglang/srt/layers/attention/attention_registry.py, sglang/srt/server_args.py; sgl-project/sglang#23985',
  examples: {
    passes: [
      example('ml.g6e.2xlarge', { SM_SGLANG_ATTENTION_BACKEND: 'fa3' }),
      example('ml.g7e.2xlarge', { SM_SGLANG_ATTENTION_BACKEND: 'flashinfer' }),
      example('ml.p6-b200.48xlarge', { SM_SGLANG_ATTENTION_BACKEND: 'trtllm_mha' }),
      example('ml.p5.48xlarge', { SM_SGLANG_ATTENTION_BACKEND: 'trtllm_mha' }, '0.5.20'),
    ],
    fails: [
      example('ml.g7e.2xlarge', { SM_SGLANG_ATTENTION_BACKEND: 'fa3' }),
      example('ml.p5.48xlarge', { SM_SGLANG_PREFILL_ATTENTION_BACKEND: 'trtllm_mha' }, '0.5.18'),
      example('ml.g6e.2xlarge', { SM_SGLANG_ATTENTION_BACKEND: 'trtllm_mha' }),
    ],
  },
  evaluate(context) {
    const gpu = gpuOf(context);
    if (gpu === undefined || context.container?.engine !== 'sglang') return [];
    return VARIABLES.flatMap((name) => {
      const backend = context.spec.environment?.[name] ?? '';
      const range = rangeOf(context, backend);
      if (range === undefined || (gpu.sm >= range.least && gpu.sm <= range.most)) return [];
      return [
        found({
          what: `${serverName(context)} has the attention backend ${backend} for ${range.text} only`,
          got: `${shown(name, backend)} on ${gpu.text}`,
          allowed: 'flashinfer or triton',
          fix: `set ${name} to flashinfer, or leave it out`,
          path: `/environment/${name}`,
        }),
      ];
    });
  },
};
