import type { Checkpoint, CheckpointFolder, ImportanceMatrix } from '../../lib/format';
import { SimulationError, SpecError } from '../../lib/errors';
import type { Scheme } from '../../lib/scheme';
import type { Calibration } from '../../lib/simulate/calibration/calibration';
import { KV_TYPES, isKvType, kvQuantization, type KvQuantization } from '../../lib/simulate/forward/kv-cache';
import { assertCacheFits, evaluate, type Evaluation } from '../../lib/simulate/quality/evaluate';
import { encoderShape, isSupportedEncoder } from '../../lib/simulate/forward/encoder-shape';
import { evaluateEmbeddings, type EmbeddingEvaluation } from '../../lib/simulate/quality/embeddings';
import {
  assertForwardFits,
  estimateEncoder,
  estimateForward,
  estimateSearch,
  type ForwardEstimate,
} from '../../lib/simulate/quality/estimate';
import { measureSensitivity, sensitivityStreams, type Sensitivity } from '../../lib/simulate/quality/sensitivity';
import type { TextWindows } from '../../lib/simulate/quality/windows';
import type { Terminal } from '../terminal';
import { ForwardBar } from './forward-bar';
import { readTexts } from './text';
import { loadTokenizer } from './tokenizer';
import { openForwardSession, positiveInteger } from './session';

/** How often a sensitivity quantizes each layer: with all others, alone, and in the mix. */
const SEARCHES = 3;

/** Tokens on which layers are compared one by one: each costs a run of its own. */
const SENSITIVITY_TOKENS = 2048;

/** Figures of a held-out text, and how it was cut. */
export interface TextEvaluation extends Evaluation {
  readonly text: TextWindows;
  /** With `--sensitivity`, of each scheme. */
  readonly sensitivity: readonly Sensitivity[];
}

/** An evaluation that has its text and knows that it fits, so that what must fail fails before hours are spent. */
export interface PreparedEvaluation {
  run(
    calibration?: Calibration,
    importance?: ImportanceMatrix,
  ): Promise<{ readonly text?: TextEvaluation; readonly embedding?: EmbeddingEvaluation }>;
}

/**
 * `--evaluate F`: each scheme against full precision on a held-out text. Undefined when no text was given, and, with a sentence
 * on the terminal, for an architecture whose forward pass is not known: its weights can be compared all the same.
 */
export async function prepareEvaluation(
  folder: CheckpointFolder,
  checkpoint: Checkpoint,
  schemes: readonly Scheme[],
  options: Record<string, unknown>,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<PreparedEvaluation | undefined> {
  const kv = kvCacheOption(options.kvCache);
  if (typeof options.evaluate !== 'string') {
    const needy = options.sensitivity === true ? '--sensitivity' : kv !== 'none' ? '--kv-cache' : undefined;
    if (needy !== undefined) throw needsText(needy);
    return undefined;
  }
  const limit = positiveInteger(options.limitTokens, '--limit-tokens');
  if (isSupportedEncoder(checkpoint.config)) {
    if (kv !== 'none') throw encoderHasNone('--kv-cache');
    if (options.sensitivity === true) throw encoderHasNone('--sensitivity');
    const text = options.evaluate;
    return orSay(terminal, () => prepareEncoder(folder, checkpoint, schemes, options, text, terminal, signal, limit));
  }
  const session = await orSay(terminal, () => openForwardSession(folder, checkpoint, options, terminal, signal));
  if (session === undefined) return undefined;
  const { shape, threads } = session;
  assertCacheFits(kv, shape);
  const text = await session.windows(options.evaluate, limit);
  const searches = searchSeconds(options, (scheme) => estimateSearch(shape, scheme));
  const estimate = withSearch(
    estimateForward(shape, text, schemes.length + (kv === 'none' ? 1 : 2), threads),
    schemes.reduce((sum, scheme) => sum + searches(scheme), 0),
  );
  assertForwardFits(estimate);
  const wantsSensitivity = options.sensitivity === true;
  const short = wantsSensitivity
    ? await session.windows(options.evaluate, Math.max(Math.min(limit ?? Infinity, SENSITIVITY_TOKENS), text.stride))
    : text;
  const each = estimateForward(shape, short, 1 + sensitivityStreams(shape.layers), threads);
  if (wantsSensitivity) assertForwardFits(each);
  return {
    run: async (calibration, importance) => {
      const common = { calibration, importance, threads, signal };
      const evaluation = await withBar(terminal, 'evaluating', estimate, (onProgress) =>
        evaluate(checkpoint, { ...common, schemes, text, kv, onProgress }),
      );
      const sensitivity: Sensitivity[] = [];
      for (const scheme of wantsSensitivity ? schemes : []) {
        sensitivity.push(
          await withBar(
            terminal,
            `layers of ${scheme.name}`,
            withSearch(each, SEARCHES * searches(scheme)),
            (onProgress) => measureSensitivity(checkpoint, { ...common, scheme, text: short, onProgress }),
          ),
        );
      }
      return { text: { ...evaluation, text, sensitivity } };
    },
  };
}

async function prepareEncoder(
  folder: CheckpointFolder,
  checkpoint: Checkpoint,
  schemes: readonly Scheme[],
  options: Readonly<Record<string, unknown>>,
  file: string,
  terminal: Terminal,
  signal: AbortSignal,
  limit?: number,
): Promise<PreparedEvaluation> {
  const shape = encoderShape(checkpoint.config);
  const texts = await readTexts(file, await loadTokenizer(folder), shape, limit);
  const tokens = texts.reduce((sum, text) => sum + text.length, 0);
  const searches = searchSeconds(options, (scheme) => estimateSearch(shape, scheme));
  const estimate = withSearch(
    estimateEncoder(shape, tokens, schemes.length + 1),
    schemes.reduce((sum, scheme) => sum + searches(scheme), 0),
  );
  assertForwardFits(estimate);
  return {
    run: async (calibration) => ({
      embedding: await withBar(terminal, 'embedding', estimate, (onProgress) =>
        evaluateEmbeddings(checkpoint, { schemes, texts, calibration, signal, onProgress }),
      ),
    }),
  };
}

/** Without calibration nothing is searched. */
function searchSeconds(
  { calibration }: Readonly<Record<string, unknown>>,
  estimate: (scheme: Scheme) => number,
): (scheme: Scheme) => number {
  return calibration === undefined ? () => 0 : estimate;
}

/** Layers are quantized in one thread, between two that are run. */
function withSearch(estimate: ForwardEstimate, seconds: number): ForwardEstimate {
  return { ...estimate, seconds: estimate.seconds + seconds };
}

function encoderHasNone(option: string): SpecError {
  return new SpecError('OPTION_NOT_FOR_ENCODERS', `${option} is for decoders, and this model is an encoder`, {
    got: option,
    allowed: '--evaluate alone',
    fix: `leave out ${option}`,
  });
}

/** What `work` gives, or undefined and a sentence on the terminal where the architecture's forward pass is not known. */
export async function orSay<Result>(terminal: Terminal, work: () => Promise<Result>): Promise<Result | undefined> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof SimulationError && error.id === 'FORWARD_PASS_UNSUPPORTED')) throw error;
    terminal.say(`warning ${error.id}: ${error.message}, so the schemes are compared by their weights alone`);
    return undefined;
  }
}

async function withBar<Result>(
  terminal: Terminal,
  what: string,
  estimate: ForwardEstimate,
  work: (onProgress: ForwardBar['update']) => Promise<Result>,
): Promise<Result> {
  const bar = new ForwardBar(terminal, what, estimate);
  try {
    return await work((progress) => bar.update(progress));
  } finally {
    bar.stop();
  }
}

/** `--kv-cache TYPE` for keys and values, or `--kv-cache KEYS/VALUES`. */
export function kvCacheOption(value: unknown): KvQuantization {
  if (value === undefined || value === 'none') return 'none';
  const [keys, values = keys, ...others] = String(value).toLowerCase().split('/');
  if (isKvType(keys) && isKvType(values) && others.length === 0) return kvQuantization(keys, values);
  throw new SpecError('KV_CACHE_UNKNOWN', `--kv-cache ${String(value)} is no type of cache that is evaluated`, {
    got: String(value),
    allowed: `none, ${KV_TYPES.join(', ')}, or two of them for keys and values, such as q8_0/q4_0`,
    fix: 'give one of these, or leave it out',
  });
}

function needsText(option: string): SpecError {
  return new SpecError('OPTION_MISSING', `${option} is measured on a text, and none was given`, {
    got: 'no --evaluate',
    allowed: '--evaluate FILE',
    fix: 'add --evaluate with a held-out text',
  });
}
