import { llamaServerVariables } from '../../container';
import { shown } from '../helpers/environment';
import { found } from '../helpers/finding';
import { onLlamaServer as example } from '../helpers/samples';
import type { Rule } from '../types';

const VARIABLES = llamaServerVariables('CHAT_TEMPLATE');

/** The entry point drops a variable that is false, so that only these turn Jinja off. */
function isJinjaOff(environment: Readonly<Record<string, string>>): boolean {
  const off = environment.SM_LLAMA_CPP_NO_JINJA;
  if (off !== undefined && /^(true)?$/i.test(off)) return true;
  return /^(0|false|off|disabled)$/i.test(environment.LLAMA_ARG_JINJA ?? '');
}

export const chatTemplateIsAName: Rule = {
  id: 'CHAT_TEMPLATE_IS_A_NAME',
  severity: 'warning',
  summary: 'the chat template is a template, not the name of one',
  explanation:
    'llama-server reads templates as Jinja unless that is switched off, and then takes --chat-template for the text of one. A name such as llama2 is a template that prints that word, whatever was asked, so that the answers have nothing to do with the conversation. chatml alone is known by name. Without the argument the template in the GGUF is used.',
  source: 'llama.cpp common/chat.cpp, common_chat_templates_init; common/arg.cpp, --chat-template',
  examples: {
    passes: [
      example({ SM_LLAMA_CPP_CHAT_TEMPLATE: 'chatml' }),
      example({ SM_LLAMA_CPP_CHAT_TEMPLATE: '{% for m in messages %}{{ m.content }}{% endfor %}' }),
      example({ SM_LLAMA_CPP_CHAT_TEMPLATE: 'llama2', SM_LLAMA_CPP_NO_JINJA: 'true' }),
      example({ SM_LLAMA_CPP_CHAT_TEMPLATE: '${Token[TOKEN.12]}' }),
    ],
    fails: [example({ SM_LLAMA_CPP_CHAT_TEMPLATE: 'llama2' }), example({ LLAMA_ARG_CHAT_TEMPLATE: 'mistral-v7' })],
  },
  evaluate({ container, spec }) {
    const { environment } = spec;
    if (container?.family !== 'llama-cpp' || environment === undefined || isJinjaOff(environment)) return [];
    return VARIABLES.flatMap((name) => {
      const value = environment[name]?.trim() ?? '';
      if (!/^[\w.-]+$/.test(value) || /^(chatml|true|false)$/i.test(value)) return [];
      return [
        found({
          what: 'llama-server takes the value for the text of a Jinja template, which prints this word in place of every conversation',
          got: shown(name, value),
          allowed: 'chatml, or a Jinja template',
          fix: `remove ${name}, so that the template in the GGUF is used, or set SM_LLAMA_CPP_NO_JINJA to true`,
          path: `/environment/${name}`,
        }),
      ];
    });
  },
};
