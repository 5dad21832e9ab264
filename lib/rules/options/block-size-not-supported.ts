import { gpuOf } from '../helpers/accelerator';
import { isVllm, serverName } from '../helpers/engine';
import { shown } from '../helpers/environment';
import { anyOf, found } from '../helpers/finding';
import { LLAMA_8B } from '../helpers/samples';
import { argumentOf } from '../helpers/switches';
import { blockSizesOf, LIMITS_SOURCE } from '../helpers/vllm-limits';
import type { Rule, RuleContext } from '../types';

const example = (size: string, version?: string, instanceType = 'ml.g6.2xlarge') => ({
  model: { config: LLAMA_8B },
  container: { family: 'vllm', ...(version === undefined ? {} : { version }) },
  instanceType,
  options: { maxModelLen: 4096 },
  environment: { SM_VLLM_BLOCK_SIZE: size },
});

/** Both attention backends of the V1 engine read whole blocks of 16 tokens. */
const STEP = 16;
const AMPERE = 80;

/** The V1 engine, and full attention or a sliding window: latent attention and recurrent states have block sizes of their own. */
function needsWholeSteps(context: RuleContext): boolean {
  const gpu = gpuOf(context);
  const isPlain = context.model?.kv.every(({ kind }) => kind === 'full' || kind === 'sliding') ?? false;
  return isPlain && gpu !== undefined && gpu.sm >= AMPERE && isVllm(context, { since: '0.10.0' });
}

export const blockSizeNotSupported: Rule = {
  id: 'BLOCK_SIZE_NOT_SUPPORTED',
  severity: 'error',
  summary: 'the size of a KV-cache block is one that the version and its attention take',
  explanation:
    'Up to 0.17 vLLM’s argument parser takes a few sizes only, others each version ("argument --block-size: invalid choice"). What the parser takes, the attention backend may still refuse: FlashAttention and Triton read whole blocks of 16 tokens, so 1 and 8 stop the server when it sets the cache up ("Block size must be a multiple of 16", "No common block size for 8").',
  source: `${LIMITS_SOURCE}; vllm/v1/attention/backends/flash_attn.py, \`get_kv_cache_shape\`; vllm-project/vllm#42510`,
  holdsFor: 'choices: vLLM up to 0.17; multiples of 16: vLLM 0.10 and later',
  server: { engine: 'vllm' },
  needs: ['environment'],
  examples: {
    passes: [example('32'), example('64', '0.8.5'), example('8', '0.5.4', 'ml.p3.2xlarge'), example('48', '0.20.1')],
    fails: [
      example('64', '0.5.4'),
      example('48', '0.8.5'),
      example('8', '0.20.1'),
      example('1', '0.11.2'),
      example('many'),
    ],
  },
  evaluate(context) {
    const version = context.container?.engineVersion;
    const set = argumentOf(context, 'BLOCK_SIZE');
    if (set === undefined || version === undefined || set.value === '') return [];
    const sizes = blockSizesOf(version);
    const size = Number(set.value);
    const isWhole = Number.isInteger(size) && size > 0;
    const isChoice = isWhole && (sizes === null || sizes.includes(size));
    const inSteps = needsWholeSteps(context);
    if (isChoice && (!inSteps || size % STEP === 0)) return [];
    const taken = sizes?.filter((choice) => !inSteps || choice % STEP === 0);
    return [
      found({
        what: isChoice
          ? `the attention of ${serverName(context)} reads KV-cache blocks of whole multiples of ${STEP} tokens`
          : `${serverName(context)} takes no KV-cache block of this size`,
        got: shown(set.name, set.value),
        allowed: taken === undefined ? `a multiple of ${STEP}` : anyOf(taken),
        fix: `set ${set.name} to ${STEP}, or leave it out`,
        path: `/environment/${set.name}`,
      }),
    ];
  },
};
