import { gguf, type GgufValue } from '../../../format/gguf/value';
import { isJsonObject, type JsonObject } from '../../../text/json';
import { addedTokens } from './added-tokens';

/** What the special tokens are read from. */
export interface SpecialTokenSources {
  readonly tokenizer: JsonObject | undefined;
  readonly tokenizerConfig: JsonObject | undefined;
  /** config.json, unmerged. */
  readonly config: JsonObject;
  /** chat_template.jinja, or the template of chat_template.json. */
  readonly chatTemplate: string | undefined;
  /** Tokens in the vocabulary, where ids beyond it are to be left out. */
  readonly vocabularySize?: number;
}

const KINDS: readonly string[] = ['bos', 'eos', 'unk', 'sep', 'pad', 'cls', 'mask'];

/** GGUF has no key for `cls`. */
const ID_KEYS: Readonly<Record<string, string>> = {
  bos: 'tokenizer.ggml.bos_token_id',
  eos: 'tokenizer.ggml.eos_token_id',
  unk: 'tokenizer.ggml.unknown_token_id',
  // Spelled like this in the format.
  sep: 'tokenizer.ggml.seperator_token_id',
  pad: 'tokenizer.ggml.padding_token_id',
  mask: 'tokenizer.ggml.mask_token_id',
  eot: 'tokenizer.ggml.eot_token_id',
  eom: 'tokenizer.ggml.eom_token_id',
};
const ADD_KEYS: Readonly<Record<string, string>> = {
  bos: 'tokenizer.ggml.add_bos_token',
  eos: 'tokenizer.ggml.add_eos_token',
  sep: 'tokenizer.ggml.add_sep_token',
};

/**
 * Ids of special tokens, whether they are added to a text, and the chat template, in the converter's order.
 * Source: gguf-py/gguf/vocab.py, `SpecialVocab`.
 */
export function specialTokens(sources: SpecialTokenSources): Map<string, GgufValue> {
  const ids = new Map<string, number>();
  const adds = new Map<string, boolean>();
  const { tokenizer, config } = sources;
  const names = { kinds: [...KINDS], values: { ...(sources.tokenizerConfig ?? {}) } };
  const hasConfig = sources.tokenizerConfig !== undefined;
  if (tokenizer !== undefined) readPostProcessor(tokenizer, names, adds, hasConfig);
  const setId = (kind: string, id: unknown): void => {
    if (typeof id !== 'number' || !Number.isInteger(id) || id < 0 || ids.has(kind)) return;
    if (sources.vocabularySize === undefined || id < sources.vocabularySize) ids.set(kind, id);
  };

  if (hasConfig) {
    const added = addedTokens(tokenizer);
    for (const kind of names.kinds) {
      const flag = names.values[`add_${kind}_token`];
      if (typeof flag === 'boolean' && !adds.has(kind)) adds.set(kind, flag);
      const content = contentOf(names.values[`${kind}_token`]);
      if (content !== undefined) setId(kind, added.find((token) => token.content === content)?.id);
    }
  }
  const text = isJsonObject(config.text_config) ? config.text_config : {};
  for (const kind of names.kinds) setId(kind, config[`${kind}_token_id`] ?? text[`${kind}_token_id`]);

  const metadata = new Map<string, GgufValue>();
  for (const [kind, id] of ids) if (ID_KEYS[kind] !== undefined) metadata.set(ID_KEYS[kind], gguf.uint32(id));
  for (const [kind, flag] of adds) if (ADD_KEYS[kind] !== undefined) metadata.set(ADD_KEYS[kind], gguf.bool(flag));
  if (hasConfig) {
    const template = names.values.chat_template ?? sources.chatTemplate;
    for (const [key, value] of chatTemplates(template)) metadata.set(key, value);
  }
  return metadata;
}

function contentOf(entry: unknown): string | undefined {
  if (typeof entry === 'string') return entry;
  return isJsonObject(entry) && typeof entry.content === 'string' ? entry.content : undefined;
}

interface Names {
  kinds: string[];
  values: Record<string, unknown>;
}

/** Whether special tokens surround a text, as far as simple templates tell. */
function readPostProcessor(tokenizer: JsonObject, names: Names, adds: Map<string, boolean>, hasConfig: boolean): void {
  const { values } = names;
  const text = (kind: string): string | undefined => contentOf(values[`${kind}_token`]);
  if (hasConfig && !values.bos_token && values.cls_token) values.bos_token = values.cls_token;
  if (hasConfig && !values.eos_token && values.sep_token) values.eos_token = values.sep_token;
  const post = tokenizer.post_processor;
  if (!isJsonObject(post)) return;
  const processors = Array.isArray(post.processors) ? post.processors : [post];
  for (const processor of processors) {
    if (!isJsonObject(processor)) continue;
    if (processor.type === 'ByteLevel') {
      if (!adds.has('bos')) adds.set('bos', false);
      if (!adds.has('eos')) adds.set('eos', false);
    } else if (processor.type === 'TemplateProcessing') {
      const single = Array.isArray(processor.single) ? processor.single : [];
      let first: string | undefined;
      let last: string | undefined;
      if (single.length > 1) {
        first = specialId(single[0]);
        if (first !== undefined) {
          if (hasConfig && ![text('bos'), text('cls')].includes(first)) {
            if (!values.bos_token) values.bos_token = first;
            if (!values.cls_token) values.cls_token = first;
          }
          adds.set('bos', !hasConfig || [text('bos'), text('cls')].includes(first));
        }
        last = specialId(single[single.length - 1]);
        if (last !== undefined) {
          if (hasConfig && last !== text('eos')) {
            const former = values.eos_token;
            const kind = !names.kinds.includes('eot') ? 'eot' : !names.kinds.includes('eom') ? 'eom' : undefined;
            if (kind !== undefined) {
              names.kinds.push(kind);
              values[`${kind}_token`] = former;
            }
            values.eos_token = last;
          }
          adds.set('eos', true);
        }
      }
      readPair(processor.pair, first, last, names, adds, hasConfig);
    }
  }
}

function readPair(
  given: unknown,
  first: string | undefined,
  last: string | undefined,
  { values }: Names,
  adds: Map<string, boolean>,
  hasConfig: boolean,
): void {
  if (!Array.isArray(given) || given.length === 0) return;
  const start = first !== undefined && specialId(given[0]) === first ? 1 : 0;
  const stop = last !== undefined && specialId(given[given.length - 1]) === last ? given.length - 1 : given.length;
  const pair = given.slice(start, stop);
  if (pair.length === 0 || sequenceId(pair[0]) !== 'A' || sequenceId(pair[pair.length - 1]) !== 'B') return;
  const middle = pair.slice(1, -1);
  if (middle.length === 0) return;
  const separators = [contentOf(values.sep_token), contentOf(values.eos_token)];
  const entry = specialId(middle[0]);
  let add = entry !== undefined && separators.includes(entry) && last === undefined;
  if (middle.length === 2) {
    const second = specialId(middle[1]);
    if (second !== undefined && separators.includes(second)) add = true;
  }
  adds.set('sep', add);
  if (add && hasConfig && !values.sep_token) values.sep_token = values.eos_token;
}

function specialId(step: unknown): string | undefined {
  return isJsonObject(step) && isJsonObject(step.SpecialToken) && typeof step.SpecialToken.id === 'string'
    ? step.SpecialToken.id
    : undefined;
}

function sequenceId(step: unknown): unknown {
  return isJsonObject(step) && isJsonObject(step.Sequence) ? step.Sequence.id : undefined;
}

/** One template, or several by name of which `default` is the one. */
function* chatTemplates(template: unknown): Generator<[string, GgufValue]> {
  if (typeof template === 'string') yield ['tokenizer.chat_template', gguf.string(template)];
  if (!Array.isArray(template)) return;
  const names: string[] = [];
  let fallback: string | undefined;
  for (const choice of template) {
    if (!isJsonObject(choice) || typeof choice.template !== 'string') continue;
    const name = String(choice.name ?? '').replace(/[^A-Za-z0-9]/g, '_');
    if (name === 'default') fallback = choice.template;
    else if (name !== '') {
      names.push(name);
      yield [`tokenizer.chat_template.${name}`, gguf.string(choice.template)];
    }
  }
  if (names.length > 0) yield ['tokenizer.chat_templates', gguf.strings(names)];
  if (fallback !== undefined) yield ['tokenizer.chat_template', gguf.string(fallback)];
}
