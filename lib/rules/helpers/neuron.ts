import type { RuleContext } from '../types';
import { isUnnamed } from './engine';

type Asked = Pick<RuleContext, 'container' | 'spec'>;

const LENGTHS = ['SM_ON_SEQUENCE_LENGTH', 'HF_SEQUENCE_LENGTH'];
const DEGREES = ['SM_ON_TENSOR_PARALLEL_SIZE', 'HF_NUM_CORES'];

function names({ spec }: Asked, variables: readonly string[]): boolean {
  return spec.environment !== undefined && variables.some((name) => spec.environment?.[name] !== undefined);
}

/**
 * The Hugging Face image serves a checkpoint only in a shape that the hub's cache of compiled models holds, and picks one where nobody
 * asks for it: batch, length and cores are then not known here. With this variable it compiles what it does not find.
 * Source: optimum-neuron optimum/commands/neuron/serve.py, `select_hub_cached_entries`, `--allow_non_cached_model`.
 */
export function picksCachedShape(context: Asked): boolean {
  return context.container?.family === 'hf-vllm-neuron' && !names(context, ['SM_ON_ALLOW_NON_CACHED_MODEL']);
}

/** Is the length that the plan has the one that will be served, and not one of those that the image may pick, or that nobody knows? */
export function isLengthKnown(context: Asked): boolean {
  const { options } = context.spec;
  const isAsked = options?.sequenceLength !== undefined || options?.maxModelLen !== undefined;
  return isAsked || names(context, LENGTHS) || !(picksCachedShape(context) || isUnnamed(context));
}

/** As `isLengthKnown`, of the number of cores. */
export function isDegreeKnown(context: Asked): boolean {
  const isAsked = context.spec.options?.tensorParallelSize !== undefined;
  return isAsked || names(context, DEGREES) || !(picksCachedShape(context) || isUnnamed(context));
}
