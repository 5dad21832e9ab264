import { isVllm, serverName } from '../helpers/engine';
import { anyOf, found } from '../helpers/finding';
import { GEMMA2_2B, LLAMA_8B, QWEN3_MOE } from '../helpers/samples';
import { speculationOf } from '../helpers/speculation';
import type { Rule, RuleContext } from '../types';

const example = (config: object, version: string) => ({
  model: { config },
  container: { family: 'vllm', version },
  options: { maxModelLen: 4096 },
  speculative: { method: 'eagle3', model: 'head', tokens: 3 },
});

/** Families by `model_type`. Source: vllm/config, `eagle3_target_supported`. */
function familiesOf(context: RuleContext): readonly string[] {
  if (isVllm(context, { before: '0.10.1' })) return ['llama'];
  return ['llama', 'qwen'];
}

export const eagle3NotForArchitecture: Rule = {
  id: 'EAGLE3_NOT_FOR_ARCHITECTURE',
  severity: 'error',
  summary: 'EAGLE 3 is used on a model family that this version prepared for it',
  explanation:
    'EAGLE 3 reads hidden states of several layers, which each model must hand out: "Eagle3 is only supported for Llama models." From 0.10.1 also Qwen; the list grew from 0.11 on.',
  source: 'vllm/config.py of 0.8.5 to 0.10.1, SpeculativeConfig',
  holdsFor: 'vLLM 0.8.5 to 0.10',
  examples: {
    passes: [
      example(LLAMA_8B, '0.9.2'),
      example(QWEN3_MOE, '0.10.1'),
      example(GEMMA2_2B, '0.11.0'),
      example(GEMMA2_2B, '0.8.4'),
      { ...example(GEMMA2_2B, '0.9.2'), speculative: { method: 'ngram', tokens: 3 } },
    ],
    fails: [example(QWEN3_MOE, '0.10.0'), example(GEMMA2_2B, '0.10.2'), example(GEMMA2_2B, '0.8.5')],
  },
  evaluate(context) {
    const { model } = context;
    if (
      speculationOf(context)?.method !== 'eagle3' ||
      model === undefined ||
      !isVllm(context, { since: '0.8.5', before: '0.11.0' })
    )
      return [];
    const families = familiesOf(context);
    if (families.some((family) => model.modelType.includes(family))) return [];
    return [
      found({
        what: `${serverName(context)} supports EAGLE 3 for some families only`,
        got: `model_type ${model.modelType}`,
        allowed: anyOf(families),
        fix: 'use ngram, or a newer image',
        path: '/speculative/method',
      }),
    ];
  },
};
