import type { ResolvedEndpoint } from '../../endpoint/types';
import { subjectOf } from '../subject';
import { reservedByCompilation } from './compilation';
import { vllmVersion } from './vllm';

/** Whose logs show what compiling leaves reserved; that it is the same of other models follows from the source alone. */
const SHOWN_BY_LOGS = /^qwen2$/;

/** Bytes that the plan counts on one accelerator, and that a server may not take: nothing is to be refused for want of them alone. */
export function uncertainBytes(resolved: ResolvedEndpoint): number {
  const { model, container } = resolved;
  if (model === undefined || container?.engine !== 'vllm' || SHOWN_BY_LOGS.test(model.modelType)) return 0;
  const subject = subjectOf(resolved, model);
  const { scheme, options, elementBytes } = subject;
  return reservedByCompilation({ model, options, version: vllmVersion(subject), elementBytes }, scheme);
}
