import { RequestError } from './request-error.mjs';

const bad = (message) => new RequestError(400, 'invalid_request_error', message);

/**
 * The body as an object.
 *
 * @param {Buffer} body
 * @returns {Record<string, unknown>}
 */
export function parseBody(body) {
  let value;
  try {
    value = JSON.parse(body.toString('utf8'));
  } catch (error) {
    throw bad(`the body is not JSON: ${error.message}`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw bad('the body is not a JSON object');
  return value;
}

/**
 * @param {Record<string, unknown>} fields
 * @param {string} name
 * @param {{ integer?: boolean, min?: number, max?: number }} limits
 * @returns {number | undefined}
 */
export function optionalNumber(fields, name, { integer = false, min = -Infinity, max = Infinity } = {}) {
  const value = fields[name] ?? undefined;
  if (value === undefined) return undefined;
  if (typeof value !== 'number' || (integer && !Number.isInteger(value)))
    throw bad(`"${name}" must be ${integer ? 'an integer' : 'a number'}, got ${JSON.stringify(value)}`);
  if (value < min || value > max) throw bad(`"${name}" must be between ${min} and ${max}, got ${value}`);
  return value;
}

/** `stop` is a string or a list of strings. */
export function stopStrings(value) {
  const list = value === undefined || value === null ? [] : Array.isArray(value) ? value : [value];
  if (!list.every((entry) => typeof entry === 'string')) throw bad('"stop" must be a string or a list of strings');
  return list.filter((entry) => entry !== '');
}

/**
 * Messages with their content as one string, as a text-only server sees them.
 *
 * @param {unknown} messages
 * @returns {{ role: string, content: string }[]}
 */
export function chatMessages(messages) {
  if (!Array.isArray(messages))
    throw bad(messages === undefined ? "'messages' is required" : "Expected 'messages' to be an array");
  if (messages.length === 0) throw bad("'messages' must not be empty");
  return messages.map((message, i) => {
    if (typeof message?.role !== 'string') throw bad(`messages[${i}]: missing 'role'`);
    return { ...message, content: textOf(message.content, i) };
  });
}

function textOf(content, i) {
  if (typeof content === 'string') return content;
  if (content === null || content === undefined) return '';
  if (!Array.isArray(content)) throw bad(`messages[${i}]: 'content' must be a string or a list of parts`);
  return content
    .map((part) => {
      if (part?.type !== 'text' || typeof part.text !== 'string')
        throw bad(`messages[${i}]: unsupported content type ${JSON.stringify(part?.type)}, this model reads text only`);
      return part.text;
    })
    .join('');
}
