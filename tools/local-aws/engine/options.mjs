/**
 * The options of llama-server that the local engine understands. One that is not here stops the engine, as a flag that it does
 * not know stops llama-server: an endpoint that would not start on AWS must not start here.
 *
 * Source of names and defaults: ggml-org/llama.cpp, tools/server/README.md.
 */
const integer = (text) => (/^-?\d+$/.test(text) ? Number(text) : undefined);
const number = (text) => (/^-?\d+(\.\d+)?([eE][-+]?\d+)?$/.test(text) ? Number(text) : undefined);
const oneOf =
  (...allowed) =>
  (text) =>
    allowed.includes(text) ? text : undefined;
const text = (value) => value;

const CACHE_TYPES = ['f32', 'f16', 'bf16', 'q8_0', 'q4_0', 'q4_1', 'iq4_nl', 'q5_0', 'q5_1'];

/** Flags with an effect here: the key of the options object, and how the value is read. */
const EFFECTIVE = {
  '--alias': ['alias', text],
  '--batch-size': ['batchSize', integer],
  '--cache-type-k': ['cacheTypeK', oneOf(...CACHE_TYPES)],
  '--cache-type-v': ['cacheTypeV', oneOf(...CACHE_TYPES)],
  '--chat-template': ['chatTemplate', text],
  '--ctx-size': ['contextSize', integer],
  '--flash-attn': ['flashAttention', oneOf('on', 'off', 'auto')],
  '--min-p': ['minP', number],
  '--n-predict': ['maxTokens', integer],
  '--parallel': ['slots', integer],
  '--repeat-penalty': ['repeatPenalty', number],
  '--seed': ['seed', integer],
  '--temp': ['temperature', number],
  '--threads': ['threads', integer],
  '--top-k': ['topK', integer],
  '--top-p': ['topP', number],
};

/** Flags of llama-server that change nothing about what this engine answers: speed, memory, logging, devices that are not here. */
const WITHOUT_EFFECT = {
  value: [
    '--cache-ram',
    '--cache-reuse',
    '--ctx-checkpoints',
    '--device',
    '--fit',
    '--fit-ctx',
    '--fit-target',
    '--keep',
    '--kv-unified-per-slot',
    '--load-mode',
    '--log-verbosity',
    '--main-gpu',
    '--n-gpu-layers',
    '--numa',
    '--poll',
    '--prio',
    '--reasoning-format',
    '--slot-prompt-similarity',
    '--split-mode',
    '--tensor-split',
    '--threads-batch',
    '--threads-http',
    '--timeout',
    '--ubatch-size',
  ],
  flag: [
    '--cont-batching',
    '--context-shift',
    '--jinja',
    '--kv-unified',
    '--log-disable',
    '--log-prefix',
    '--log-timestamps',
    '--metrics',
    '--mlock',
    '--no-cont-batching',
    '--no-context-shift',
    '--no-jinja',
    '--no-kv-unified',
    '--no-mmap',
    '--no-perf',
    '--no-slots',
    '--no-warmup',
    '--no-webui',
    '--props',
    '--slots',
    '--swa-full',
    '--verbose',
    '--warmup',
  ],
};

/**
 * @typedef {{ alias?: string, batchSize?: number, cacheTypeK?: string, cacheTypeV?: string, chatTemplate?: string,
 *   contextSize?: number, flashAttention?: 'on' | 'off' | 'auto', minP?: number, maxTokens?: number, slots?: number,
 *   repeatPenalty?: number, seed?: number, temperature?: number, threads?: number, topK?: number, topP?: number }} ServerOptions
 */

/** A command line that llama-server would refuse; the message is its own wording. */
export class CommandLineError extends Error {}

/**
 * @param {readonly string[]} args
 * @returns {ServerOptions}
 */
export function parseOptions(args) {
  const options = {};
  for (let i = 0; i < args.length; i++) {
    const flag = args[i];
    if (WITHOUT_EFFECT.flag.includes(flag)) continue;
    const [key, read] = EFFECTIVE[flag] ?? (WITHOUT_EFFECT.value.includes(flag) ? [undefined, text] : []);
    if (read === undefined) throw new CommandLineError(`error: invalid argument: ${flag}`);
    const given = args[++i];
    if (given === undefined || given in EFFECTIVE)
      throw new CommandLineError(`error while handling argument "${flag}": expected value for argument`);
    const value = read(given);
    if (value === undefined)
      throw new CommandLineError(`error while handling argument "${flag}": unknown value: ${JSON.stringify(given)}`);
    if (key !== undefined) options[key] = value;
  }
  return options;
}
