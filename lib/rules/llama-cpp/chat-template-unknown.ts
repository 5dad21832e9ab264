import { llamaCppTemplates } from '../../container';
import { nearestNames } from '../../text/nearest';
import { shown } from '../helpers/environment';
import { found } from '../helpers/finding';
import { onLlamaServer as example } from '../helpers/samples';
import type { Rule } from '../types';

const NAME = 'SM_LLAMA_CPP_CHAT_TEMPLATE';

export const chatTemplateUnknown: Rule = {
  id: 'CHAT_TEMPLATE_UNKNOWN',
  severity: 'error',
  summary: 'without Jinja, the chat template that is named is one of llama.cpp’s own',
  explanation:
    'With --no-jinja llama-server formats conversations by templates of its own, and takes --chat-template for the name of one. Of another name it says "the supplied chat template is not supported", and stops.',
  source: 'llama.cpp src/llama-chat.cpp, LLM_CHAT_TEMPLATES; common/arg.cpp, common_chat_verify_template',
  examples: {
    passes: [
      example({ SM_LLAMA_CPP_NO_JINJA: 'true', SM_LLAMA_CPP_CHAT_TEMPLATE: 'llama3' }),
      example({ SM_LLAMA_CPP_CHAT_TEMPLATE: 'llama-3-instruct' }),
      example({ SM_LLAMA_CPP_NO_JINJA: 'true', SM_LLAMA_CPP_CHAT_TEMPLATE: '{{ messages }} <|im_start|>' }),
    ],
    fails: [example({ SM_LLAMA_CPP_NO_JINJA: 'true', SM_LLAMA_CPP_CHAT_TEMPLATE: 'llama-3-instruct' })],
  },
  evaluate({ container, spec }) {
    const { environment } = spec;
    if (container?.family !== 'llama-cpp' || !/^(true)?$/i.test(environment?.SM_LLAMA_CPP_NO_JINJA ?? 'no')) return [];
    const value = environment?.[NAME]?.trim() ?? '';
    if (!/^[\w.-]+$/.test(value) || /^(true|false)$/i.test(value) || llamaCppTemplates.includes(value)) return [];
    return [
      found({
        what: 'llama-server has no chat template of this name, and without Jinja stops at it',
        got: shown(NAME, value),
        allowed: llamaCppTemplates.slice(0, 5).join(', ') + ' …',
        fix: `set ${NAME} to ${nearestNames(value, llamaCppTemplates)[0] ?? 'chatml'}, or remove SM_LLAMA_CPP_NO_JINJA and ${NAME}`,
        path: `/environment/${NAME}`,
      }),
    ];
  },
};
