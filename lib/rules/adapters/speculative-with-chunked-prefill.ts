import { isVllm, serverName, type VersionRange } from '../helpers/engine';
import { found } from '../helpers/finding';
import { LLAMA2_7B, LLAMA_8B } from '../helpers/samples';
import { isDraftModel, speculationOf, type Speculation } from '../helpers/speculation';
import { chunkedPrefillAsked } from '../helpers/switches';
import type { Rule, RuleContext } from '../types';

const example = (version: string, enableChunkedPrefill: boolean, rest: object = {}) => ({
  model: { config: LLAMA2_7B },
  container: { family: 'vllm', version },
  options: { maxModelLen: 2048, enableChunkedPrefill },
  speculative: { method: 'ngram', tokens: 4 },
  ...rest,
});

const draftOverGpus = (size?: string) => ({
  options: { maxModelLen: 2048, enableChunkedPrefill: true, tensorParallelSize: 4 },
  speculative: undefined,
  environment: {
    SM_VLLM_SPECULATIVE_MODEL: 'TinyLlama/TinyLlama-1.1B-Chat-v1.0',
    SM_VLLM_NUM_SPECULATIVE_TOKENS: '4',
    ...(size === undefined ? {} : { SM_VLLM_SPECULATIVE_DRAFT_TENSOR_PARALLEL_SIZE: size }),
  },
});

/** More than 32 K of context: prefill would be cut by itself, were there no speculation. */
const LONG = { model: { config: LLAMA_8B }, options: {} };

const MEDUSA = { speculative: { method: 'medusa', model: 'abhigoyal/vllm-medusa-vicuna-7b-v1.3', tokens: 4 } };

interface Refusal extends VersionRange {
  readonly what: string;
  readonly allowed: string;
  readonly isMeant: (context: RuleContext, speculation: Speculation) => boolean;
}

/** Heads that guess from the hidden states of the model. */
const HEADS = /^(?:medusa|mlp_speculator|eagle)$/;

const REFUSALS: readonly Refusal[] = [
  {
    ...{ since: '0.4.1', before: '0.6.4' },
    what: 'speculative decoding and chunked prefill exclude each other',
    allowed: 'one of the two',
    isMeant: () => true,
  },
  {
    ...{ since: '0.6.4', before: '0.6.5' },
    what: 'chunked prefill needs a draft model on one GPU',
    allowed: 'a draft model with tensor parallel size 1, or no chunked prefill',
    isMeant: ({ options: { tensorParallelSize } }, speculation) =>
      (speculation.draftTensorParallelSize ?? (isDraftModel(speculation) ? tensorParallelSize : 1)) > 1,
  },
  {
    ...{ since: '0.6.4', before: '0.7.1' },
    what: 'chunked prefill excludes heads that guess from hidden states',
    allowed: 'one of the two',
    isMeant: (_, { method, config }) => HEADS.test(String(method ?? config?.model_type ?? '')),
  },
];

export const speculativeWithChunkedPrefill: Rule = {
  id: 'SPECULATIVE_WITH_CHUNKED_PREFILL',
  severity: 'error',
  summary: 'speculative decoding and chunked prefill meet a version that can do both',
  explanation:
    'Up to vLLM 0.6.3: "Speculative decoding and chunked prefill are currently mutually exclusive". 0.6.4 takes both "only for draft models with tensor parallel size 1", and up to 0.7.0 "Chunked prefill and hidden-state based draft models are not compatible", which Medusa, EAGLE and MLP speculators are. vLLM cuts the prefill of more than 32 K of context by itself, and leaves it whole where it speculates.',
  source:
    'vllm/config.py of 0.4.1 to 0.7.1, `maybe_create_spec_config`; vllm/engine/arg_utils.py, `use_spec_decode`; vllm-project/vllm#9565, #10136',
  holdsFor: 'vLLM 0.4.1 to 0.6.3; drafts over several GPUs: 0.6.4; heads: 0.6.4 to 0.7.0',
  examples: {
    passes: [
      example('0.6.3', false),
      example('0.6.3', false, LONG),
      example('0.7.0', false, { ...LONG, ...MEDUSA }),
      example('0.6.4', true),
      example('0.4.0', true),
      { ...example('0.6.3', true), speculative: undefined },
      example('0.6.4', true, draftOverGpus('1')),
      example('0.6.5', true, draftOverGpus('4')),
      example('0.7.1', true, MEDUSA),
    ],
    fails: [
      example('0.6.3', true),
      example('0.4.1', true),
      example('0.6.4', true, draftOverGpus('4')),
      example('0.7.0', true, MEDUSA),
      example('0.6.4', true, draftOverGpus()),
    ],
  },
  evaluate(context) {
    const speculation = speculationOf(context);
    if (speculation === undefined || chunkedPrefillAsked(context) !== true) return [];
    const refusal = REFUSALS.find((one) => isVllm(context, one) && one.isMeant(context, speculation));
    if (refusal === undefined) return [];
    return [
      found({
        what: `${refusal.what} in ${serverName(context)}`,
        got: 'speculative with enableChunkedPrefill',
        allowed: refusal.allowed,
        fix: `set enableChunkedPrefill to false, or use an image with vLLM ${refusal.before} or newer`,
        path: '/options/enableChunkedPrefill',
      }),
    ];
  },
};
