import { gpuOf } from '../helpers/accelerator';
import { isSglang, serverName } from '../helpers/engine';
import { shown } from '../helpers/environment';
import { anyOf, found } from '../helpers/finding';
import { LLAMA_8B, QWEN35_27B, type Json } from '../helpers/samples';
import { LINEAR_ATTENTION, SGLANG_SOURCE } from '../helpers/sglang-limits';
import type { Rule } from '../types';

const example = (config: Json, instanceType: string, environment: object, version?: string) => ({
  model: { config },
  container: { family: 'sglang', ...(version === undefined ? {} : { version }) },
  instanceType,
  options: { maxModelLen: 4096, tensorParallelSize: 4 },
  environment,
});

/** Models of gated delta nets and attention. Source: sglang/srt/configs/hybrid_arch.py, `hybrid_gdn_config`. */
const GATED_DELTA_NETS = /^(Qwen3Next|Qwen3_5|InternS2|JetNemotron|JetVLM)/;
const VARIABLES = [
  'SM_SGLANG_ATTENTION_BACKEND',
  'SM_SGLANG_PREFILL_ATTENTION_BACKEND',
  'SM_SGLANG_DECODE_ATTENTION_BACKEND',
];

export const hybridAttentionBackendNotOnGpu: Rule = {
  id: 'HYBRID_ATTENTION_BACKEND_NOT_ON_GPU',
  severity: 'error',
  summary: 'the attention backend that is named works beside gated delta nets on Blackwell',
  explanation:
    "Qwen3-Next and Qwen3.5 mix attention with gated delta nets. On Blackwell SGLang takes some attention backends beside them and stops at others: \"Only {'trtllm_mha', 'triton', 'fa4'} backends are supported on Blackwell GPUs for hybrid GDN models. Got prefill=flashinfer, decode=flashinfer.\" The list differs by version, and from 0.5.16 on between B200 or B300 and the RTX PRO 6000 of ml.g7e. Older GPUs take any.",
  source: `${SGLANG_SOURCE}; sgl-project/sglang#35080`,
  server: { engine: 'sglang' },
  holdsFor: 'SGLang 0.5.5 and later, from compute capability 10.0 on',
  examples: {
    passes: [
      example(QWEN35_27B, 'ml.p6-b300.48xlarge', { SM_SGLANG_ATTENTION_BACKEND: 'trtllm_mha' }),
      example(QWEN35_27B, 'ml.p6-b200.48xlarge', { SM_SGLANG_ATTENTION_BACKEND: 'flashinfer' }, '0.5.14'),
      example(QWEN35_27B, 'ml.g7e.24xlarge', { SM_SGLANG_ATTENTION_BACKEND: 'flashinfer' }),
      example(QWEN35_27B, 'ml.p5.48xlarge', { SM_SGLANG_ATTENTION_BACKEND: 'flashinfer' }),
      example(LLAMA_8B, 'ml.p6-b200.48xlarge', { SM_SGLANG_ATTENTION_BACKEND: 'flashinfer' }),
    ],
    fails: [
      example(QWEN35_27B, 'ml.p6-b300.48xlarge', { SM_SGLANG_ATTENTION_BACKEND: 'flashinfer' }),
      example(QWEN35_27B, 'ml.g7e.24xlarge', { SM_SGLANG_DECODE_ATTENTION_BACKEND: 'fa4' }),
    ],
  },
  evaluate(context) {
    const { model, spec } = context;
    const gpu = gpuOf(context);
    if (gpu === undefined || model === undefined || !GATED_DELTA_NETS.test(model.architecture)) return [];
    const row = LINEAR_ATTENTION.find((one) => gpu.sm >= one.least && gpu.sm <= one.most && isSglang(context, one));
    if (row === undefined) return [];
    return VARIABLES.flatMap((name) => {
      const value = spec.environment?.[name];
      if (value === undefined || value === '' || row.backends.includes(value)) return [];
      return [
        found({
          what: `${serverName(context)} does not take the attention backend ${value} beside the gated delta nets of ${model.architecture} on this GPU`,
          got: `${shown(name, value)} on ${gpu.text}`,
          allowed: anyOf(row.backends),
          fix: `set ${name} to triton, or leave it out`,
          path: `/environment/${name}`,
        }),
      ];
    });
  },
};
