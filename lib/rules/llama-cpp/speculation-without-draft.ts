import { found } from '../helpers/finding';
import { draftOf, speculationTypes } from '../helpers/llama-cpp-draft';
import { onLlamaServer as example } from '../helpers/samples';
import type { Rule } from '../types';

const NEEDS_DRAFT = /^draft-(simple|eagle3|dflash|dspark)$/;

export const speculationWithoutDraft: Rule = {
  id: 'SPECULATION_WITHOUT_DRAFT',
  severity: 'warning',
  summary: 'speculation with a draft names the draft',
  explanation:
    'Every type of speculation that begins with draft-, but draft-mtp, guesses with a model of its own. Without one llama-server answers without speculation: it logs "draft-simple requires a draft context" and drops the other types as well, or says nothing.',
  source: 'llama.cpp common/speculative.cpp, common_speculative_init; tools/server/server-context.cpp',
  examples: {
    passes: [
      example({ SM_LLAMA_CPP_SPEC_TYPE: 'draft-simple', SM_LLAMA_CPP_MODEL_DRAFT: '/opt/ml/model/draft.gguf' }),
      example({ SM_LLAMA_CPP_SPEC_TYPE: 'ngram-mod' }),
      example({ SM_LLAMA_CPP_SPEC_TYPE: '${Token[TOKEN.12]}' }),
    ],
    fails: [example({ SM_LLAMA_CPP_SPEC_TYPE: 'draft-simple' }), example({ LLAMA_ARG_SPEC_TYPE: 'draft-eagle3' })],
  },
  evaluate({ container, spec }) {
    if (container?.engine !== 'llama.cpp' || spec.speculative?.model !== undefined) return [];
    const { name, types } = speculationTypes(spec);
    const type = types.find((one) => NEEDS_DRAFT.test(one));
    if (type === undefined || draftOf(spec) !== undefined) return [];
    return [
      found({
        what: `${type} guesses with a draft model, and without one llama-server answers without speculation`,
        got: `${name}=${types.join(',')} and no draft model`,
        allowed: 'the path of a draft GGUF in SM_LLAMA_CPP_MODEL_DRAFT',
        fix: `set SM_LLAMA_CPP_MODEL_DRAFT, or ${name} to ngram-mod`,
        path: `/environment/${name}`,
      }),
    ];
  },
};
