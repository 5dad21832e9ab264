import { buildSpan, isGoneBy, llamaCppBuild, llamaCppRemoved } from '../../container';
import type { ResolvedContainer } from '../../container/types';
import { shown, variablesOf } from '../helpers/environment';
import { found } from '../helpers/finding';
import { LLAMA_8B } from '../helpers/samples';
import type { Rule, RuleFinding } from '../types';

const example = (environment: Record<string, string>) => ({
  model: { config: LLAMA_8B },
  quantization: 'gguf:Q4_K_M',
  container: { family: 'llama-cpp' },
  options: { maxModelLen: 4096 },
  environment,
});

/** Does the build that is named still have it? */
function stillHas(container: ResolvedContainer, argument: string): boolean {
  const build = llamaCppBuild(container);
  const span = buildSpan('arguments', argument);
  return build !== undefined && span?.firstAfter !== undefined && !isGoneBy(span, build);
}

export const argumentRemoved: Rule = {
  id: 'ARGUMENT_REMOVED',
  severity: 'error',
  summary: 'no argument is named that llama-server has dropped',
  explanation:
    'llama-server still reads the names of some arguments that it no longer has, to stop with their successor: "the argument has been removed. use --spec-draft-n-max or --spec-ngram-mod-n-max". Most guides to speculation with a draft model still name --draft-max and --draft-min. An argument that is false is not handed on.',
  source: 'llama.cpp common/arg.cpp, the handlers that call arg_removed; ggml-org/llama.cpp#22938',
  examples: {
    passes: [
      example({ SM_LLAMA_CPP_SPEC_DRAFT_N_MAX: '16', SM_LLAMA_CPP_SPEC_DRAFT_N_MIN: '1' }),
      example({ SM_LLAMA_CPP_DRAFT_MAX: 'false' }),
      { ...example({ SM_LLAMA_CPP_DRAFT_MAX: '16' }), container: { family: 'llama-cpp', version: 'b8390' } },
    ],
    fails: [example({ SM_LLAMA_CPP_DRAFT_MAX: '16' }), example({ SM_LLAMA_CPP_SPEC_NGRAM_SIZE_N: '8' })],
  },
  evaluate({ container, spec }) {
    if (container?.family !== 'llama-cpp' || spec.environment === undefined) return [];
    const { prefix, find } = variablesOf(container);
    const findings: RuleFinding[] = [];
    for (const [name, value] of Object.entries(spec.environment)) {
      if (prefix === undefined || !name.startsWith(prefix) || /^(false|"false"|'false')$/i.test(value)) continue;
      const argument = find(name)?.argument;
      if (argument !== undefined && stillHas(container, argument)) continue;
      const advice = argument === undefined ? undefined : llamaCppRemoved(argument);
      if (advice === undefined) continue;
      const successor = /--[a-z0-9*-]+/.exec(advice)?.[0] ?? '';
      const isOne = !successor.includes('*');
      findings.push(
        found({
          what: `llama-server no longer has --${argument}, and stops at it`,
          got: shown(name, value),
          allowed: advice,
          fix: isOne
            ? `write ${prefix}${successor.slice(2).toUpperCase().replaceAll('-', '_')}, or leave it out`
            : `leave ${name} out, or ${advice}`,
          path: `/environment/${name}`,
        }),
      );
    }
    return findings;
  },
};
