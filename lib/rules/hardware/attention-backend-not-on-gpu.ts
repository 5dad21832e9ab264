import { capability } from '../../scheme';
import { gpuOf } from '../helpers/accelerator';
import { isSglang, serverName } from '../helpers/engine';
import { shown } from '../helpers/environment';
import { found } from '../helpers/finding';
import { DEEPSEEK_V3, QWEN3_SMALL, type Json } from '../helpers/samples';
import { ATTENTION_BACKENDS, SGLANG_SOURCE, type BackendRange } from '../helpers/sglang-limits';
import type { Rule, RuleContext } from '../types';

const example = (
  instanceType: string,
  environment: Record<string, string>,
  version?: string,
  config: Json = QWEN3_SMALL,
) => ({
  model: { config },
  container: { family: 'sglang', ...(version === undefined ? {} : { version }) },
  instanceType,
  options: { maxModelLen: 4096 },
  environment,
});

function rangeOf(context: RuleContext, backend: string): BackendRange | undefined {
  const isLatent = context.model?.mla !== undefined;
  return ATTENTION_BACKENDS.find(
    (range) => range.name === backend && (range.latent ?? isLatent) === isLatent && isSglang(context, range),
  );
}

const VARIABLES = ['SM_SGLANG_ATTENTION_BACKEND', 'SM_SGLANG_PREFILL_ATTENTION_BACKEND'];

/** What asks for the GPU itself when it is made, whatever it is for; the others are looked at where they are to read prompts. */
const MADE_FOR_ANY = 'fa3';
const DECODE = 'SM_SGLANG_DECODE_ATTENTION_BACKEND';

export const attentionBackendNotOnGpu: Rule = {
  id: 'ATTENTION_BACKEND_NOT_ON_GPU',
  severity: 'error',
  summary: 'the attention backend that is named runs on the instance’s GPUs',
  explanation:
    'SGLang picks a backend that the GPU has, and stops at one that it has not: "FlashAttention v3 Backend requires SM>=80 and SM<=90", "TRTLLM MHA backend for prefill is only supported on Blackwell GPUs (SM100)", which 0.5.19 has widened to 9.0 and later. FlashAttention 3 was for Hopper alone up to 0.4.6, and is so for latent attention (DeepSeek) still.',
  source: `${SGLANG_SOURCE}; sgl-project/sglang#23985`,
  server: { engine: 'sglang' },
  holdsFor: 'each backend has its own range of versions',
  needs: ['environment'],
  examples: {
    passes: [
      example('ml.g6e.2xlarge', { SM_SGLANG_ATTENTION_BACKEND: 'fa3' }),
      example('ml.g7e.2xlarge', { SM_SGLANG_ATTENTION_BACKEND: 'flashinfer' }),
      example('ml.p6-b200.48xlarge', { SM_SGLANG_ATTENTION_BACKEND: 'trtllm_mha' }),
      example('ml.p5.48xlarge', { SM_SGLANG_ATTENTION_BACKEND: 'trtllm_mha' }, '0.5.20'),
      example('ml.p5.48xlarge', { SM_SGLANG_ATTENTION_BACKEND: 'fa3' }, '0.5.6', DEEPSEEK_V3),
      example('ml.g5.2xlarge', { SM_SGLANG_ATTENTION_BACKEND: '${Token[TOKEN.12]}' }, '0.4.5'),
    ],
    fails: [
      example('ml.g7e.2xlarge', { SM_SGLANG_ATTENTION_BACKEND: 'fa3' }),
      example('ml.p5.48xlarge', { SM_SGLANG_PREFILL_ATTENTION_BACKEND: 'trtllm_mha' }, '0.5.18'),
      example('ml.g6e.2xlarge', { SM_SGLANG_ATTENTION_BACKEND: 'trtllm_mha' }),
      example('ml.g6e.2xlarge', { SM_SGLANG_ATTENTION_BACKEND: 'fa3' }, '0.4.5'),
      example('ml.p4de.24xlarge', { SM_SGLANG_DECODE_ATTENTION_BACKEND: 'fa3' }, '0.5.6', DEEPSEEK_V3),
    ],
  },
  evaluate(context) {
    const gpu = gpuOf(context);
    const { environment } = context.spec;
    if (gpu === undefined || environment === undefined) return [];
    const names = environment[DECODE] === MADE_FOR_ANY ? [...VARIABLES, DECODE] : VARIABLES;
    return names.flatMap((name) => {
      const backend = environment[name] ?? '';
      const range = rangeOf(context, backend);
      if (range === undefined || (gpu.sm >= range.least && gpu.sm <= range.most)) return [];
      return [
        found({
          what: `${serverName(context)} has the attention backend ${backend}${range.latent === true ? ' of latent attention' : ''} for ${spanText(range)} only`,
          got: `${shown(name, backend)} on ${gpu.text}`,
          allowed: 'flashinfer or triton',
          fix: `set ${name} to flashinfer, or leave it out`,
          path: `/environment/${name}`,
        }),
      ];
    });
  },
};

/** The newest GPUs there are. */
const NEWEST = 129;

function spanText({ least, most }: BackendRange): string {
  if (most >= NEWEST) return `compute capability ${capability(least)} or higher`;
  return least === most
    ? `compute capability ${capability(least)}`
    : `compute capability ${capability(least)} to ${capability(most)}`;
}
