import { FormatError } from '../../../errors';
import type { Checkpoint } from '../../../format';
import { gguf, type GgufValue } from '../../../format/gguf/value';
import type { HubArchitecture } from '../architectures/architecture';
import type { HubConfig } from '../config';
import type { HubFiles } from '../files';
import { bytePairVocabulary, mergesOf } from './byte-pair';
import { byteFallbackVocabulary, sentencePieceVocabulary } from './sentence-piece';
import { specialTokens } from './special-tokens';
import type { Vocabulary } from './token-type';

/** @throws FormatError `TOKENIZER_*` */
export async function tokenizerMetadata(
  files: HubFiles,
  checkpoint: Checkpoint,
  architecture: HubArchitecture,
  config: HubConfig,
): Promise<Map<string, GgufValue>> {
  const tokenizer = await files.json('tokenizer.json');
  const tokenizerConfig = await files.json('tokenizer_config.json');
  const vocabulary = await readVocabulary(files, architecture, config, tokenizer, tokenizerConfig);
  const metadata = new Map<string, GgufValue>(architecture.tokenizerStart?.(tokenizerConfig ?? {}) ?? []);
  metadata.set('tokenizer.ggml.model', gguf.string(vocabulary.model));
  metadata.set('tokenizer.ggml.pre', gguf.string(vocabulary.pre));
  metadata.set('tokenizer.ggml.tokens', gguf.strings(vocabulary.tokens));
  if (vocabulary.scores !== undefined) metadata.set('tokenizer.ggml.scores', gguf.float32s(vocabulary.scores));
  metadata.set('tokenizer.ggml.token_type', gguf.int32s(vocabulary.types));
  const isBytePair = vocabulary.model === 'gpt2';
  if (isBytePair && tokenizer !== undefined) metadata.set('tokenizer.ggml.merges', gguf.strings(mergesOf(tokenizer)));
  const special = specialTokens({
    tokenizer,
    tokenizerConfig,
    config: checkpoint.config as Record<string, unknown>,
    chatTemplate: (await files.text('chat_template.jinja')) ?? (await templateOf(files)),
    vocabularySize: isBytePair ? undefined : vocabulary.tokens.length,
  });
  for (const [key, value] of special) metadata.set(key, value);
  for (const [key, value] of architecture.tokenizerEnd?.(config) ?? []) metadata.set(key, value);
  return metadata;
}

async function templateOf(files: HubFiles): Promise<string | undefined> {
  const template = (await files.optionalJson('chat_template.json'))?.chat_template;
  return typeof template === 'string' ? template : undefined;
}

async function readVocabulary(
  files: HubFiles,
  architecture: HubArchitecture,
  config: HubConfig,
  tokenizer: Readonly<Record<string, unknown>> | undefined,
  tokenizerConfig: Readonly<Record<string, unknown>> | undefined,
): Promise<Vocabulary> {
  const size = config.number('vocab_size');
  const kinds = architecture.vocabularies;
  if (kinds.includes('sentence-piece') && tokenizerConfig?.tokenizer_class !== 'GPT2Tokenizer') {
    const model = await files.bytes('tokenizer.model');
    if (model !== undefined) {
      const extras = {
        addedTokens: await files.json('added_tokens.json'),
        tokenizerConfig,
        tokenizer: architecture.readsTokenizerJson === true ? (tokenizer ?? {}) : undefined,
      };
      return sentencePieceVocabulary(model, extras, size);
    }
  }
  if (tokenizer !== undefined) {
    const fallback = kinds.includes('byte-fallback') ? byteFallbackVocabulary(tokenizer) : undefined;
    if (fallback !== undefined) return fallback;
    if (kinds.includes('byte-pair')) return bytePairVocabulary(tokenizer, tokenizerConfig, architecture.gguf, size);
  }
  const wanted = kinds.includes('byte-pair') ? 'tokenizer.json' : 'tokenizer.model';
  throw new FormatError('TOKENIZER_MISSING', `the checkpoint has no ${wanted}`, {
    path: config.path,
    got: 'weights without their tokenizer',
    allowed: 'the files of the tokenizer beside the weights',
    fix: `download ${wanted} into the checkpoint's folder`,
  });
}
