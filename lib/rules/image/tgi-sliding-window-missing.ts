import { found } from '../helpers/finding';
import { LLAMA_8B, MIXTRAL } from '../helpers/samples';
import { needsSlidingWindow, TGI, TGI_SOURCE, tgiRelease } from '../helpers/tgi';
import type { Rule } from '../types';

const example = (release: string, config: object) => ({
  model: { config: { ...LLAMA_8B, model_type: 'mistral', architectures: ['MistralForCausalLM'], ...config } },
  container: {
    family: 'custom',
    image: `763104351884.dkr.ecr.us-east-1.amazonaws.com/${TGI}:2.0.1-tgi${release}-gpu-py39-cu118-ubuntu20.04`,
  },
});

const WINDOWED: ReadonlySet<unknown> = new Set(['mistral', 'mixtral']);

export const tgiSlidingWindowMissing: Rule = {
  id: 'TGI_SLIDING_WINDOW_MISSING',
  severity: 'error',
  summary: 'text-generation-inference serves a Mistral model without a window',
  explanation:
    "Mistral 7B v0.1 attends through a window of 4,096 tokens. Up to 1.3.1, text-generation-inference divides by it without looking, and later Mistral and Mixtral models have none: \"unsupported operand type(s) for /: 'NoneType' and 'int'\", and the shard does not start.",
  source: `${TGI_SOURCE}, flash_mistral.py; huggingface.co/mistralai/Mistral-7B-Instruct-v0.2/discussions/45, mistralai/Mixtral-8x7B-Instruct-v0.1/discussions/53`,
  examples: {
    passes: [
      example('1.3.3', { sliding_window: null }),
      example('1.1.0', { sliding_window: 4096 }),
      example('1.1.0', {}),
      example('1.1.0', { model_type: 'llama', sliding_window: null }),
    ],
    fails: [example('1.1.0', { sliding_window: null }), example('1.3.1', { ...MIXTRAL, sliding_window: null })],
  },
  evaluate(context) {
    const config = context.model?.config;
    if (config?.sliding_window !== null || !WINDOWED.has(config.model_type)) return [];
    const release = tgiRelease(context);
    if (release === undefined || !needsSlidingWindow(release)) return [];
    return [
      found({
        what: `text-generation-inference ${release} divides by the sliding window of a ${String(config.model_type)} model, and this one has none`,
        got: `tgi${release}`,
        allowed: 'tgi1.3.3 or newer',
        fix: 'use an image of tgi1.3.3 or newer, or the lmi container',
        path: '/container/image',
      }),
    ];
  },
};
