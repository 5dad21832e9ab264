import { llamaCppWords } from '../../container';
import { nearestNames } from '../../text/nearest';
import { shown, variablesOf } from '../helpers/environment';
import { anyOf, found } from '../helpers/finding';
import { LLAMA_8B } from '../helpers/samples';
import type { Rule, RuleFinding } from '../types';

const example = (environment: Record<string, string>) => ({
  model: { config: LLAMA_8B },
  quantization: 'gguf:Q4_K_M',
  container: { family: 'llama-cpp' },
  options: { maxModelLen: 4096 },
  environment,
});

/** Of several with commas between them each counts. */
const LISTS = new Set(['spec-type']);

/** The entry point makes a bare flag of `true` and nothing of `false`; an empty value, quotes and what is not known yet are other rules’ matter. */
const LEFT_ALONE = /^$|^["']|^(true|false)$|\$\{/i;

export const argumentValueUnknown: Rule = {
  id: 'ARGUMENT_VALUE_UNKNOWN',
  severity: 'error',
  summary: 'an argument of llama-server that takes words gets one of them',
  explanation:
    'llama-server compares some arguments with a list of words, and stops at any other before it loads the model: "error while handling argument "--split-mode": invalid value". A word of another server, such as dynamic for the RoPE scaling, is one of the ways there; so are the types of speculation before they were renamed, such as eagle3 for draft-eagle3 ("unknown speculative type"). KV types and flash attention are looked at as options.',
  source:
    'llama.cpp common/arg.cpp, the handlers that throw "invalid value" or "unknown value"; common/chat.cpp, common_reasoning_format_from_name; common/speculative.cpp, common_speculative_types_from_names',
  examples: {
    passes: [
      example({ SM_LLAMA_CPP_SPLIT_MODE: 'row', SM_LLAMA_CPP_NUMA: 'distribute', SM_LLAMA_CPP_FIT: 'off' }),
      example({ SM_LLAMA_CPP_SPEC_TYPE: 'ngram-mod,ngram-simple' }),
      example({ SM_LLAMA_CPP_POOLING: '${Token[TOKEN.12]}' }),
    ],
    fails: [
      example({ SM_LLAMA_CPP_SPLIT_MODE: 'columns' }),
      example({ SM_LLAMA_CPP_ROPE_SCALING: 'dynamic' }),
      example({ SM_LLAMA_CPP_POOLING: 'avg' }),
      example({ SM_LLAMA_CPP_REASONING_FORMAT: 'deepseek-r1' }),
      example({ SM_LLAMA_CPP_SPEC_TYPE: 'eagle3' }),
    ],
  },
  evaluate({ container, spec }) {
    if (container?.family !== 'llama-cpp' || spec.environment === undefined) return [];
    const { prefix, find } = variablesOf(container);
    const findings: RuleFinding[] = [];
    for (const [name, value] of Object.entries(spec.environment)) {
      if (prefix === undefined || !name.startsWith(prefix) || LEFT_ALONE.test(value)) continue;
      const argument = find(name)?.argument;
      const words = argument === undefined || argument === 'flash-attn' ? undefined : llamaCppWords(argument);
      const parts = argument !== undefined && LISTS.has(argument) ? value.split(',') : [value];
      const unknown = parts.find((part) => words?.includes(part) === false);
      if (words === undefined || unknown === undefined) continue;
      findings.push(
        found({
          what: `llama-server knows no such value of --${argument}`,
          got: shown(name, value),
          allowed: anyOf(words),
          fix: `write ${meant(unknown, words)}, or leave it out`,
          path: `/environment/${name}`,
        }),
      );
    }
    return findings;
  },
};

/** `draft-eagle3` for eagle3, `draft-simple` for draft: a part of a word is meant for the word. */
function meant(unknown: string, words: readonly string[]): string {
  return (
    words.find((word) => word.endsWith(`-${unknown}`) || word.startsWith(`${unknown}-`)) ??
    nearestNames(unknown, words)[0] ??
    words[0]
  );
}
