import { findModelConfig } from '../model';
import { parseQuotedJsonObject } from '../text/json';
import { lookup } from '../text/lookup';
import { argumentOf, type Served } from './vllm-argument';

/** Speculative decoding as the server will be asked for it, from the spec's own section or from the container's variables. */
export interface Speculation {
  readonly method?: string;
  readonly model?: string;
  readonly tokens?: number;
  /** The config.json of what guesses: the one given, or that of a well-known checkpoint of this name. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** Sum of the tensor bytes of what guesses, where known. */
  readonly weightBytes?: number;
  /** Over how many GPUs the draft model is to be cut, where that is said. */
  readonly draftTensorParallelSize?: number;
  /** vLLM 0.25 and later may be told to let the draft model have another vocabulary. */
  readonly allowsOtherVocabulary?: boolean;
  /** JSON pointer to what says so. */
  readonly path: string;
}

/** What the spec or the environment asks for; undefined where neither does, or where the JSON cannot be read. */
export function speculationOf(endpoint: Served): Speculation | undefined {
  const { speculative } = endpoint.spec;
  if (speculative !== undefined) {
    const { method, model, tokens, config, weightBytes } = speculative;
    return { method, model, tokens, weightBytes, config: config ?? findModelConfig(model), path: '/speculative' };
  }
  const asked =
    endpoint.container?.family === 'sglang' ? fromSglang(endpoint) : (fromJson(endpoint) ?? fromArguments(endpoint));
  return asked === undefined ? undefined : { ...asked, config: findModelConfig(asked.model) };
}

/** vLLM 0.8.3 and later: one JSON object; in single quotes where the image’s supervisor wants them. */
function fromJson(endpoint: Served): Speculation | undefined {
  const set = argumentOf(endpoint, 'SPECULATIVE_CONFIG');
  if (set === undefined) return undefined;
  const config = parseQuotedJsonObject(set.value);
  if (config === undefined) return undefined;
  return {
    method: text(config.method),
    model: text(config.model),
    tokens: whole(config.num_speculative_tokens),
    draftTensorParallelSize: whole(config.draft_tensor_parallel_size),
    allowsOtherVocabulary: config.use_heterogeneous_vocab === true,
    path: `/environment/${set.name}`,
  };
}

/** vLLM up to 0.8: an argument for each. */
function fromArguments(endpoint: Served): Speculation | undefined {
  const model = argumentOf(endpoint, 'SPECULATIVE_MODEL');
  if (model === undefined) return undefined;
  const isNgram = /^\[?ngram\]?$/.test(model.value);
  return {
    method: isNgram ? 'ngram' : undefined,
    model: isNgram ? undefined : model.value,
    tokens: whole(Number(argumentOf(endpoint, 'NUM_SPECULATIVE_TOKENS')?.value)),
    draftTensorParallelSize: whole(Number(argumentOf(endpoint, 'SPECULATIVE_DRAFT_TENSOR_PARALLEL_SIZE')?.value)),
    path: `/environment/${model.name}`,
  };
}

/** SGLang’s own words for the methods; `NEXTN` are the layers that a model brings. Source: sglang docs, "Speculative decoding". */
const SGLANG_METHODS: Readonly<Record<string, string>> = { NEXTN: 'mtp', STANDALONE: 'draft' };

function fromSglang({ spec }: Served): Speculation | undefined {
  const name = 'SM_SGLANG_SPECULATIVE_ALGORITHM';
  const algorithm = spec.environment?.[name]?.toUpperCase();
  if (algorithm === undefined || !/^[A-Z0-9]+$/.test(algorithm)) return undefined;
  return {
    method: lookup(SGLANG_METHODS, algorithm) ?? algorithm.toLowerCase(),
    model: spec.environment?.SM_SGLANG_SPECULATIVE_DRAFT_MODEL_PATH,
    path: `/environment/${name}`,
  };
}

const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);
const whole = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isInteger(value) ? value : undefined;
