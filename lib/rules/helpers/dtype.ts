import type { RuleContext } from '../types';
import { isVllm } from './engine';

export type ServedDtype = 'float16' | 'bfloat16' | 'float32';

const SPELLINGS: Readonly<Record<string, ServedDtype>> = {
  half: 'float16',
  fp16: 'float16',
  float16: 'float16',
  bf16: 'bfloat16',
  bfloat16: 'bfloat16',
  float: 'float32',
  fp32: 'float32',
  float32: 'float32',
};

/** The dtype an option names; undefined for `auto` and for what is no dtype. */
export function namedDtype(option: string): ServedDtype | undefined {
  const name = option.toLowerCase();
  return Object.hasOwn(SPELLINGS, name) ? SPELLINGS[name] : undefined;
}

/** Is the option a spelling that servers understand? */
export function isDtype(option: string): boolean {
  return option.toLowerCase() === 'auto' || namedDtype(option) !== undefined;
}

/** From 0.9.1 on vLLM chooses with the GPU in mind when nobody names a dtype; before, it takes the checkpoint's. Source: vllm/config/model.py, `_resolve_auto_dtype`. */
const CHOOSES_BY_GPU = { since: '0.9.1' };

/** Does an `auto` dtype adapt to the GPU in this server? */
export function autoAdapts(context: RuleContext): boolean {
  return context.container?.engine === 'sglang' || isVllm(context, CHOOSES_BY_GPU);
}

/** Models whose activations overflow float16, by `model_type`. Source: vllm/config/model.py, `_FLOAT16_NOT_SUPPORTED_MODELS`. */
const OVERFLOWS_FLOAT16: Readonly<Record<string, { readonly since: string; readonly before?: string }>> = {
  gemma2: { since: '0.9.1' },
  gemma3: { since: '0.9.1' },
  gemma3_text: { since: '0.11.1' },
  glm4: { since: '0.9.1' },
  plamo2: { since: '0.9.1' },
};

/** The config's `model_type`, or that of its architecture. */
export const typeName = ({ model }: RuleContext): string => String(model?.config.model_type ?? model?.modelType ?? '');

/** Does vLLM refuse to serve this model in float16? */
export function refusesFloat16(context: RuleContext): boolean {
  const type = typeName(context);
  return Object.hasOwn(OVERFLOWS_FLOAT16, type) && isVllm(context, OVERFLOWS_FLOAT16[type]);
}

/** The dtype that activations will have; undefined where it cannot be told. */
export function servedDtype(context: RuleContext): ServedDtype | undefined {
  const { model, options, instance } = context;
  const named = namedDtype(options.dtype);
  if (named !== undefined || model === undefined) return named;
  const stored = model.dtype === undefined ? undefined : namedDtype(model.dtype);
  const sm = instance?.accelerator?.sm;
  if (!autoAdapts(context)) return stored === 'float32' ? 'float16' : stored;
  if (sm !== undefined && sm < 80) return refusesFloat16(context) ? 'float32' : 'float16';
  return stored === 'float32' ? 'bfloat16' : stored;
}
