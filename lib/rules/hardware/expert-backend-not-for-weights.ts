import { capability } from '../../scheme';
import { gpuOf } from '../helpers/accelerator';
import { serverName } from '../helpers/engine';
import { shown } from '../helpers/environment';
import { expertWeights, type ExpertWeights } from '../helpers/experts';
import { found } from '../helpers/finding';
import { FP8_BLOCK, GPT_OSS_20B, QWEN3_MOE, QWEN3_SMALL, QWEN35_27B, quantized, type Json } from '../helpers/samples';
import { speculationOf } from '../helpers/speculation';
import { argumentOf } from '../helpers/switches';
import { expertBackendGpus, expertBackendsOf, LIMITS_SOURCE } from '../helpers/vllm-limits';
import type { Rule, RuleContext, RuleFinding } from '../types';

const example = (
  config: Json,
  backend: string,
  version?: string,
  instanceType = 'ml.p5.48xlarge',
  rest: object = {},
) => ({
  model: { config },
  container: { family: 'vllm', ...(version === undefined ? {} : { version }) },
  instanceType,
  options: { maxModelLen: 4096 },
  environment: { SM_VLLM_MOE_BACKEND: backend },
  ...rest,
});

const MTP = { speculative: { method: 'mtp', tokens: 1 } };
/** ModelOpt leaves the layers that guess as they were. */
const NVFP4_WITHOUT_MTP = {
  quant_method: 'modelopt',
  quant_algo: 'NVFP4',
  group_size: 16,
  ignore: ['lm_head', 'mtp*'],
};
/** Qwen/Qwen3.5-35B-A3B, its experts */
const QWEN35_MOE = {
  ...QWEN35_27B,
  architectures: ['Qwen3_5MoeForConditionalGeneration'],
  model_type: 'qwen3_5_moe',
  text_config: {
    ...(QWEN35_27B.text_config as Json),
    model_type: 'qwen3_5_moe_text',
    moe_intermediate_size: 512,
    shared_expert_intermediate_size: 512,
    num_experts: 256,
    num_experts_per_tok: 8,
    mtp_num_hidden_layers: 1,
  },
};

const SHOWN: Readonly<Record<ExpertWeights, string>> = {
  plain: 'unquantized',
  fp8: 'FP8',
  nvfp4: 'NVFP4',
  mxfp4: 'MXFP4',
  int8: 'INT8',
  int4: 'INT4',
};

/** Does the checkpoint say that the layers of multi-token prediction are not quantized? */
function leavesMtpPlain({ model }: RuleContext): boolean {
  return model?.quantization?.ignored.some((name) => /(^|[.*])mtp/i.test(name)) ?? false;
}

/** The experts that the argument speaks of: the model’s, and those of the layers that guess, where they are stored otherwise. */
function concerned(context: RuleContext): readonly ExpertWeights[] {
  const own = expertWeights(context);
  if (own === undefined) return [];
  const guesses = /mtp/i.test(speculationOf(context)?.method ?? '') && leavesMtpPlain(context);
  const hasItsOwn = argumentOf(context, 'SPECULATIVE_CONFIG')?.value.includes('moe_backend') === true;
  return own !== 'plain' && guesses && !hasItsOwn ? [own, 'plain'] : [own];
}

/** Experts whose gate is clamped step by step (SwiGLU-Step), which FlashInfer’s kernels do not compute. Source: `_supports_activation`. */
const STEPPED_GATE = /^Step3p/;

function refusal(
  context: RuleContext,
  backend: string,
  weights: ExpertWeights,
): Omit<RuleFinding, 'message'> | undefined {
  const version = context.container?.engineVersion;
  const known = version === undefined ? undefined : expertBackendsOf(version, weights);
  if (known === undefined) return undefined;
  const isStepped = STEPPED_GATE.test(context.model?.architecture ?? '') && backend.startsWith('flashinfer');
  if (!known.includes(backend) || isStepped)
    return { allowed: known.filter((name) => !isStepped || !name.startsWith('flashinfer')).join(', ') };
  const gpu = gpuOf(context);
  const range = expertBackendGpus(backend, weights);
  if (gpu === undefined || range === undefined || (gpu.sm >= range.least && gpu.sm <= range.most)) return undefined;
  const to = range.most >= 120 && range.least < 120 ? 'and newer' : `to ${capability(range.most)}`;
  return { allowed: `compute capability ${capability(range.least)} ${to}`, got: gpu.text };
}

export const expertBackendNotForWeights: Rule = {
  id: 'EXPERT_BACKEND_NOT_FOR_WEIGHTS',
  severity: 'error',
  summary: 'the kernel that --moe-backend names computes with the experts as they are stored, on these GPUs',
  explanation:
    'vLLM picks a kernel for the experts by the way they are stored and by the GPU. `--moe-backend` names one, for every layer with experts, and the server stops at a layer that it is not for: "moe_backend=\'marlin\' is not supported for unquantized MoE", "NvFp4 MoE backend \'FLASHINFER_TRTLLM\' does not support the deployment configuration since kernel does not support current device". A checkpoint whose experts are quantized may bring layers for multi-token prediction that are not.',
  source: `${LIMITS_SOURCE}; fused_moe/experts/triton_moe.py, \`_supports_quant_scheme\`; QwenLM/Qwen3.8-Flash-Next#7; vllm-project/vllm#56832; flashinfer-ai/flashinfer#3486`,
  holdsFor: 'vLLM 0.17 and later',
  server: { engine: 'vllm', since: '0.17.0' },
  needs: ['environment', 'experts'],
  examples: {
    passes: [
      example(quantized(QWEN3_MOE, FP8_BLOCK), 'deep_gemm'),
      example(QWEN3_MOE, 'triton'),
      example(QWEN3_MOE, 'triton', undefined, 'ml.p4de.24xlarge'),
      example(quantized(QWEN3_MOE, FP8_BLOCK), 'triton', undefined, 'ml.g6e.12xlarge'),
      example(QWEN3_MOE, 'auto'),
      example(QWEN3_SMALL, 'marlin'),
      example(QWEN3_MOE, 'marlin', '0.14.1'),
      example(GPT_OSS_20B, 'marlin'),
      example(quantized(QWEN35_MOE, NVFP4_WITHOUT_MTP), 'marlin', undefined, 'ml.g7e.12xlarge'),
    ],
    fails: [
      example(QWEN3_MOE, 'marlin'),
      example(quantized(QWEN3_MOE, FP8_BLOCK), 'FLASHINFER-CUTEDSL'),
      example(quantized(QWEN3_MOE, FP8_BLOCK), 'flashinfer_trtllm'),
      example(quantized(QWEN3_MOE, FP8_BLOCK), 'triton', undefined, 'ml.p4de.24xlarge'),
      example(quantized(QWEN35_MOE, NVFP4_WITHOUT_MTP), 'marlin', undefined, 'ml.g7e.12xlarge', MTP),
    ],
  },
  evaluate(context) {
    if (context.model?.moe === undefined) return [];
    const asked = argumentOf(context, 'MOE_BACKEND');
    if (asked === undefined) return [];
    const backend = asked.value.trim().toLowerCase().replace(/-/g, '_');
    if (backend === '' || backend === 'auto' || backend.includes('$')) return [];
    const all = concerned(context);
    for (const weights of all) {
      const reason = refusal(context, backend, weights);
      if (reason === undefined) continue;
      const which = all.indexOf(weights) > 0 ? 'the layers that guess, whose experts are' : 'experts that are';
      return [
        found({
          what: `the --moe-backend ${backend} of ${serverName(context)} is not for ${which} ${SHOWN[weights]}${reason.got === undefined ? '' : ' on this GPU'}`,
          got: `${shown(asked.name, asked.value)}${reason.got === undefined ? '' : ` on ${reason.got}`}`,
          allowed: reason.allowed,
          fix: `leave ${asked.name} out`,
          path: `/environment/${asked.name}`,
        }),
      ];
    }
    return [];
  },
};
