import { compareVersions, formatVersion } from '../../text/version';
import type { ModelDescription } from '../../model/types';
import type { RuleContext } from '../types';
import { isVllm } from './engine';
import { readsConfig, transformersOf } from './engine-transformers';
import { classMayBe, type TransformersSpan } from './transformers-models';

/** vLLM takes code of the repository under any name that begins so; before, and SGLang in all releases read, under this name alone. */
const ANY_AUTO_MODEL = { since: '0.10.2' };
/** vLLM also takes a class whose attention can be set. */
const TAKES_SETTABLE = { since: '0.30.0' };
/** Mixtures of experts run through Transformers from 5.0 on. */
const EXPERTS_CHECKED = { since: '0.11.1' };
const EXPERTS_NEED = [5] as const;
/** Models of several parts run through it from here on. */
const PARTS_SINCE = { since: '0.10.2' };

/**
 * Why a server that has no code of its own for a model cannot run that of Transformers either, said as `it has …`; undefined where it may.
 * Source: vllm/model_executor/models/registry.py of 0.10.2 to 0.33, `_try_resolve_transformers`; model_loader/utils.py of 0.8.5 to 0.10.0 and
 * sglang/srt/model_loader/utils.py of 0.4.7 to 0.5.23, `resolve_transformers_arch`; vllm/model_executor/models/transformers/moe.py.
 */
export function whyNoFallback(context: RuleContext, model: ModelDescription): string | undefined {
  const { container } = context;
  if (container === undefined || container.assumedVersion !== undefined) return undefined;
  const span = transformersOf(container);
  const type = model.config.model_type;
  if (!bringsAlong(model, 'AutoConfig') && typeof type === 'string' && readsConfig(container, type) === 'no')
    return `${named(span)} does not know the model type ${type}`;
  if (span === undefined) return undefined;
  const { architecture } = model;
  if (classMayBe(architecture, 'exported', span) === false)
    return bringsModel(context, model) ? undefined : `${named(span)} has no class of that name`;
  const isSettable = isVllm(context, TAKES_SETTABLE) && classMayBe(architecture, 'settable', span) !== false;
  if (classMayBe(architecture, 'compatible', span) === false && !isSettable)
    return `its class in ${named(span)} keeps its attention to itself`;
  if (model.moe !== undefined && isVllm(context, EXPERTS_CHECKED) && compareVersions(span.most, EXPERTS_NEED) < 0)
    return `experts run through Transformers 5 or newer only, and the image has ${named(span)}`;
  return undefined;
}

/** Does a vLLM without a class of its own find one in Transformers that it can run, for all that is known? */
export function mayFallBack(context: RuleContext, model: ModelDescription): boolean {
  const image = context.container && transformersOf(context.container);
  if (image === undefined || model.kind === 'encoder-decoder' || whyNoFallback(context, model) !== undefined)
    return false;
  if (model.multimodal && !isVllm(context, PARTS_SINCE)) return false;
  return classMayBe(model.architecture, 'compatible', { least: image.least, most: image.likely }) === true;
}

const named = (span: TransformersSpan | undefined): string =>
  span === undefined
    ? 'Transformers'
    : compareVersions(span.least, span.most) === 0
      ? `Transformers ${formatVersion(span.most)}`
      : `Transformers up to ${formatVersion(span.most)}`;

/** Does the repository bring the model's code along, under a name that the server looks for? */
function bringsModel(context: RuleContext, model: ModelDescription): boolean {
  return bringsAlong(model, 'AutoModel', isVllm(context, ANY_AUTO_MODEL));
}

function bringsAlong({ config }: ModelDescription, key: string, isPrefix = false): boolean {
  const map = config.auto_map;
  if (typeof map !== 'object' || map === null) return false;
  return Object.keys(map).some((name) => name === key || (isPrefix && name.startsWith(key)));
}
