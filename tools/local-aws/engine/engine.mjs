import { getLlama, LlamaLogLevel } from 'node-llama-cpp';
import { generate } from './generate.mjs';
import { SlotQueue } from './slot-queue.mjs';
import { Timings } from './timings.mjs';

/** llama-server's default number of slots. */
const DEFAULT_SLOTS = 4;

/**
 * llama.cpp's threads wait for each other by spinning: on a machine where other work runs, a second thread makes a model of a few
 * megabytes a thousand times slower, not faster.
 */
const ONE_THREAD_BELOW_BYTES = 64 * 2 ** 20;

/**
 * A model that llama.cpp has loaded.
 *
 * @typedef {object} Engine
 * @property {string} name what the server calls the model
 * @property {number} contextSize tokens that one request can see
 * @property {string | undefined} chatTemplate the model's own
 * @property {string} bos @property {string} eos special tokens, as text
 * @property {(prompt: string) => number[]} tokenize
 * @property {(tokens: number[], sampling: import('./generate.mjs').Sampling, signal: AbortSignal) =>
 *   AsyncGenerator<import('./generate.mjs').Piece>} generate
 * @property {import('./options.mjs').ServerOptions} defaults
 */

/**
 * @param {string} file a GGUF
 * @param {import('./options.mjs').ServerOptions} options
 * @param {(line: string) => void} log
 * @returns {Promise<Engine>}
 */
export async function loadEngine(file, options, log) {
  const llama = await getLlama({
    gpu: false,
    build: 'never',
    skipDownload: true,
    progressLogs: false,
    logLevel: LlamaLogLevel.warn,
    logger: (level, message) => log(`llama.cpp ${level}: ${message.trimEnd()}`),
  });
  const model = await llama.loadModel({ modelPath: file, gpuLayers: 0 });
  const slots = Math.max(1, options.slots ?? DEFAULT_SLOTS);
  const total = options.contextSize || model.trainContextSize;
  // `--parallel N` divides the context between the slots; without it, all slots share one pool and each may use the whole.
  const contextSize = options.slots > 0 ? Math.ceil(Math.floor(total / slots) / 256) * 256 : total;
  const context = await model.createContext({
    contextSize,
    sequences: slots,
    batchSize: options.batchSize > 0 ? options.batchSize : undefined,
    threads: options.threads > 0 ? options.threads : model.size < ONE_THREAD_BELOW_BYTES ? 1 : undefined,
    flashAttention: { on: true, off: false }[options.flashAttention] ?? 'auto',
    ...cacheTypes(options),
  });
  const queue = new SlotQueue(Array.from({ length: slots }, () => context.getSequence()));
  const metadata = model.fileInfo.metadata;
  log(`llama.cpp: ${metadata.general?.name ?? file}, ${slots} slots, n_ctx_seq = ${contextSize}`);
  return {
    name: options.alias ?? file.split('/').at(-1),
    contextSize,
    chatTemplate: metadata.tokenizer?.chat_template,
    bos: model.tokens.bosString ?? '',
    eos: model.tokens.eosString ?? '',
    defaults: {
      ...options,
      temperature: options.temperature ?? metadata.general?.sampling?.temp,
      topK: options.topK ?? metadata.general?.sampling?.top_k,
    },
    tokenize: (prompt) => withBos(model, model.tokenize(prompt, true)),
    async *generate(tokens, sampling, signal) {
      const sequence = await queue.take(signal);
      const timings = new Timings(tokens.length);
      try {
        for await (const piece of generate(model, sequence, tokens, sampling, signal)) {
          if (piece.token >= 0) timings.token();
          yield piece;
        }
      } finally {
        for (const line of timings.lines()) log(line);
        await sequence.clearHistory();
        queue.giveBack(sequence);
      }
    },
  };
}

function cacheTypes({ cacheTypeK, cacheTypeV }) {
  return {
    experimentalKvCacheKeyType: cacheTypeK?.toUpperCase(),
    experimentalKvCacheValueType: cacheTypeV?.toUpperCase(),
  };
}

/** A template may have written the token already. */
function withBos(model, tokens) {
  const { bos, shouldPrependBosToken } = model.tokens;
  return shouldPrependBosToken && bos !== null && tokens[0] !== bos ? [bos, ...tokens] : tokens;
}
