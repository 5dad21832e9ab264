import { gpuOf } from '../helpers/accelerator';
import { isSglang, isVllm, serverName } from '../helpers/engine';
import { found } from '../helpers/finding';
import { newerGpu } from '../helpers/newer-gpu';
import { DEEPSEEK_V32 } from '../helpers/samples';
import { isSparse } from '../helpers/sparse';
import type { Rule, RuleContext, RuleFinding } from '../types';

const example = (instanceType: string, version = '0.24.0') => ({
  model: { config: DEEPSEEK_V32 },
  container: { family: 'vllm', version },
  instanceType,
  options: { maxModelLen: 4096, tensorParallelSize: 8 },
});

const onSglang = (instanceType: string, version: string, environment: object = {}) => ({
  ...example(instanceType, version),
  model: { config: { ...DEEPSEEK_V32, architectures: ['GlmMoeDsaForCausalLM'], model_type: 'glm_moe_dsa' } },
  container: { family: 'sglang', version },
  environment,
});

/** Workstation Blackwell, whose FP8 cache SGLang hands to a kernel of data-centre Blackwell before 0.5.17. */
const WORKSTATION = { least: 120, before: 130 };

/** Does SGLang choose TensorRT-LLM's kernel for both phases by itself? Source: sglang/srt/server_args.py of 0.5.10 to 0.5.16, `_set_default_dsa_backends`. */
function takesTrtllm({ model, spec }: RuleContext): boolean {
  const names = Object.keys(spec.environment ?? {});
  const isChosen = names.some((name) =>
    /^SM_SGLANG_(DSA|NSA)_(PREFILL|DECODE)_BACKEND$|^SM_SGLANG_KV_CACHE_DTYPE$/.test(name),
  );
  return model?.architecture === 'GlmMoeDsaForCausalLM' && !isChosen && spec.options?.kvCacheDtype === undefined;
}

function onWorkstation(context: RuleContext): readonly RuleFinding[] {
  const gpu = gpuOf(context);
  if (gpu === undefined || gpu.sm < WORKSTATION.least || gpu.sm >= WORKSTATION.before) return [];
  if (!isSglang(context, { since: '0.5.10', before: '0.5.17' }) || !takesTrtllm(context)) return [];
  return [
    found({
      what: `${serverName(context)} takes a kernel of data-centre Blackwell for the sparse attention of ${context.model?.architecture}, which compute capability 12.0 does not have`,
      got: gpu.text,
      allowed: 'SGLang 0.5.17 or newer, or compute capability 9.0 or 10.0',
      fix: 'use an image with SGLang 0.5.17 or newer',
      path: '/container/version',
    }),
  ];
}

/** The first compute capability × 10 whose kernels vLLM has. */
const LEAST_SM = 90;

export const sparseAttentionNeedsHopper: Rule = {
  id: 'SPARSE_ATTENTION_NEEDS_HOPPER',
  severity: 'error',
  summary: 'a model of sparse latent attention is on GPUs that have kernels for it',
  explanation:
    'DeepSeek-V3.2 and V4 and GLM-5 choose the tokens they attend to, in kernels that vLLM has for Hopper and Blackwell only (FlashMLA, DeepGEMM, FlashInfer). On an A100 no attention backend is valid, or DeepGEMM stops with "Unsupported architecture". Ports to Ampere are asked for and not released. SGLang before 0.5.17 sends GLM-5 on an RTX PRO 6000 (12.0) to a kernel of TensorRT-LLM that is for 10.0: "Unsupported architecture".',
  source:
    'vllm/v1/attention/backends/mla/flashmla_sparse.py, `supports_compute_capability`; vllm-project/vllm#40851, vllm-project/vllm#57144; sgl-project/sglang#29562, #29580',
  holdsFor: 'every vLLM up to 0.33; GLM-5 on compute capability 12.0: SGLang 0.5.10 to 0.5.16',
  examples: {
    passes: [
      example('ml.p5.48xlarge'),
      example('ml.p6-b200.48xlarge'),
      onSglang('ml.g7e.48xlarge', '0.5.17'),
      onSglang('ml.g7e.48xlarge', '0.5.14', { SM_SGLANG_DSA_DECODE_BACKEND: 'tilelang' }),
      onSglang('ml.p5.48xlarge', '0.5.14'),
    ],
    fails: [example('ml.p4de.24xlarge'), example('ml.g6e.48xlarge'), onSglang('ml.g7e.48xlarge', '0.5.14')],
  },
  evaluate(context) {
    const { model } = context;
    if (!isVllm(context)) return onWorkstation(context);
    const gpu = gpuOf(context);
    if (model === undefined || gpu === undefined || gpu.sm >= LEAST_SM || !isSparse(model)) return [];
    return [
      found({
        what: `the sparse attention of ${model.architecture} needs compute capability 9.0 or higher in ${serverName(context)}`,
        got: gpu.text,
        allowed: 'Hopper or Blackwell GPUs (ml.p5, ml.p6)',
        fix: `use ${newerGpu(context, LEAST_SM)}`,
        path: '/instanceType',
      }),
    ];
  },
};
