import { Template } from '@huggingface/jinja';
import { RequestError } from './request-error.mjs';

/** What llama-server falls back on when neither the model nor the command line brings a template. */
const CHATML =
  "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n' }}" +
  "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}";

const BUILT_IN = { chatml: CHATML };

/**
 * @param {{ template?: string, bos: string, eos: string }} model `template`: the one given on the command line, else the model's
 * @returns {(messages: readonly object[]) => string} messages to prompt
 */
export function chatPrompt({ template, bos, eos }) {
  const compiled = new Template(BUILT_IN[template] ?? template ?? CHATML);
  return (messages) => {
    try {
      return compiled.render({ messages, bos_token: bos, eos_token: eos, add_generation_prompt: true });
    } catch (error) {
      throw new RequestError(400, 'invalid_request_error', `the chat template refuses the messages: ${error.message}`);
    }
  };
}
