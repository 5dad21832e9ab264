import type { Random } from './random';

const encoder = new TextEncoder();

/** Values that a reader of JSON meets in the wild or from an attacker, as text, well-formed or not. */
const ODD_VALUES: readonly string[] = [
  'null',
  'true',
  'false',
  '0',
  '-0',
  '-1',
  '1.0',
  '1e3',
  '1e999',
  '01',
  '.5',
  '1.',
  '+1',
  '9007199254740991',
  '9007199254740993',
  '18446744073709551615',
  '18446744073709551616',
  '340282366920938463463374607431768211456',
  'NaN',
  'Infinity',
  '""',
  '"\\ud800"',
  '"\\udc00\\ud800"',
  '"\\u0000"',
  '"\\x"',
  '"\u0001"',
  '"😀"',
  '[]',
  '{}',
  '[[[[[[[[]]]]]]]]',
  '[1,2,3]',
  '["a"]',
  '{"a":{"b":{}}}',
  '',
  "'a'",
  '/* */1',
];

export const ODD_NAMES: readonly string[] = [
  'a',
  'b',
  'model.embed_tokens.weight',
  'model.layers.0.self_attn.q_proj.weight',
  '__proto__',
  'constructor',
  'toString',
  '__metadata__',
  '',
  '0',
  'é',
  '😀',
  '\u202e',
  '../x',
  'x'.repeat(70),
];

export function oddValue(random: Random): string {
  return random.chance(0.02) ? '['.repeat(random.below(400)) + ']'.repeat(random.below(400)) : random.pick(ODD_VALUES);
}

export function oddName(random: Random): string {
  const name = random.pick(ODD_NAMES);
  return random.chance(0.9)
    ? JSON.stringify(name)
    : `"${[...name].map((letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`).join('')}"`;
}

/** Where JSON allows white space, and where it does not. */
export function space(random: Random): string {
  return random.chance(0.95) ? '' : random.pick([' ', '\n', '\t', '\r\n', '\u00a0', '\ufeff', '\0', '//\n']);
}

export function utf8(text: string): Uint8Array {
  return encoder.encode(text);
}
