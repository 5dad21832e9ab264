import { isAtLeast, parseVersion } from '../../text/version';
import data from '../data/tgi-support.json';
import type { RuleContext } from '../types';

/** Repository of SageMaker's images of text-generation-inference. */
export const TGI = 'huggingface-pytorch-tgi-inference';

/** Where the tables come from, for `qe explain`. */
export const TGI_SOURCE = data.source;

const RELEASES: ReadonlySet<string> = new Set(data.releases);
const OWN: ReadonlyMap<string, string> = new Map(Object.entries(data.own));
const FALLBACK: ReadonlyMap<string, string> = new Map(Object.entries(data.fallback));
const QUANTIZE: ReadonlyMap<string, string> = new Map(Object.entries(data.quantize));
const NEED_WINDOW: ReadonlySet<string> = new Set(data.needSlidingWindow);

const IN_TAG = /-tgi(\d+\.\d+\.\d+)-/;

/** The release in an image's tag, `2.3.1` for `2.4.0-tgi2.3.1-gpu-py311-cu124-ubuntu22.04`; only one that the tables have. */
export function tgiRelease(context: Pick<RuleContext, 'container' | 'spec'>): string | undefined {
  const release = tgiTag(context);
  return release !== undefined && RELEASES.has(release) ? release : undefined;
}

/** The same, also where the tables end before it: no release has dropped a model type yet. */
export function tgiTag({ container, spec }: Pick<RuleContext, 'container' | 'spec'>): string | undefined {
  return container?.repository === TGI ? IN_TAG.exec(spec.container?.image ?? '')?.[1] : undefined;
}

const LATER: ReadonlyMap<string, string> = new Map(Object.entries(data.later));
const OWN_LATER: ReadonlyMap<string, string> = new Map(Object.entries(data.ownLater));

/** A release that leaves what it has no code for to Transformers, by an image's tag, and which Transformers that is. */
export function tgiLater({
  container,
  spec,
}: Pick<RuleContext, 'container' | 'spec'>): { readonly release: string; readonly transformers: string } | undefined {
  const release = tgiTag({ container, spec });
  const transformers = release === undefined ? undefined : LATER.get(release);
  return release === undefined || transformers === undefined ? undefined : { release, transformers };
}

/** Has one of those code of its own for the model type? */
export const hasLaterCode = (release: string, modelType: string): boolean => isIn(OWN_LATER, modelType, release);

/** Has the release code of its own for the model type, which several GPUs and quantized weights need? */
export const hasOwnCode = (release: string, modelType: string): boolean => isIn(OWN, modelType, release);

/** Does the Transformers package of the release load the type, on one GPU? */
export const fallsBack = (release: string, modelType: string): boolean => isIn(FALLBACK, modelType, release);

export const takesQuantization = (release: string, name: string): boolean => isIn(QUANTIZE, name, release);

export const needsSlidingWindow = (release: string): boolean => NEED_WINDOW.has(release);

/** The first release with code for the type, where the tables know one. */
export const firstWithCode = (modelType: string): string | undefined => OWN.get(modelType);

export const firstWithQuantization = (name: string): string | undefined => QUANTIZE.get(name);

/** The choices of a release, for a message. */
export const quantizations = (release: string): string[] =>
  [...QUANTIZE.keys()].filter((name) => takesQuantization(release, name));

/** GPUs over which the server is told to spread the model, and by which variable; one where a number is not given or not known yet. */
export function tgiGpus({ spec }: Pick<RuleContext, 'spec'>): { readonly variable: string; readonly gpus: number } {
  const { environment = {} } = spec;
  const variable = environment.SM_NUM_GPUS === undefined && environment.NUM_SHARD ? 'NUM_SHARD' : 'SM_NUM_GPUS';
  const value = environment[variable]?.trim() ?? '';
  return { variable, gpus: /^\d+$/.test(value) ? Number(value) : 1 };
}

/** The variable that asks for a quantization, and what it says. */
export function tgiQuantization({ spec }: Pick<RuleContext, 'spec'>): { name: string; value: string } | undefined {
  const { environment } = spec;
  const name = ['HF_MODEL_QUANTIZE', 'QUANTIZE'].find((key) => environment?.[key]);
  const value = name === undefined ? undefined : environment?.[name]?.trim();
  return name === undefined || !value || value.includes('${') ? undefined : { name, value };
}

/** Is the release at least that old? */
export function tgiAtLeast(release: string, least: string): boolean {
  const version = parseVersion(release);
  return version !== undefined && isAtLeast(version, least);
}

function isIn(table: ReadonlyMap<string, string>, name: string, release: string): boolean {
  const first = table.get(name);
  return first !== undefined && tgiAtLeast(release, first);
}
