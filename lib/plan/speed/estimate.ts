import type { ResolvedContainer } from '../../container/types';
import type { WorkloadSpec } from '../../spec/types';
import { kvGroups, type KvGroup } from '../kv/groups';
import { bytesPerElement } from '../../scheme/gguf/types';
import type { Subject } from '../subject';
import type { SpeedEstimate } from '../types';
import { communicationSeconds } from './interconnect';
import { kernelModel, peakFlops, type KernelModel } from './kernel';
import { extraLaunchSeconds } from './launches';
import { streamedBytes } from './streamed';

export const UNKNOWN_SPEED: SpeedEstimate = {
  timeToFirstTokenMs: null,
  interTokenMs: null,
  outputTokensPerSecond: null,
  requestsPerSecond: null,
  bound: null,
};

/** What is asked where the spec does not say: a chat's prompt and answer, one at a time. */
export const DEFAULT_WORKLOAD = { inputTokens: 1024, outputTokens: 256, concurrency: 1 } as const;

/**
 * A roofline: each decoding step moves the weights and the cache once and multiplies once, whichever takes longer, and adds what
 * communication and launches cost. Figures are for the workload's concurrency, as far as memory and the server's own limit let it run.
 *
 * `outputTokensPerSecond` counts all sequences and includes the time their prompts take; `timeToFirstTokenMs` is that of a prompt that
 * does not wait for others.
 *
 * @param cacheTokens that fit over all sequences; `null`: not known, and so no limit
 */
export function speedEstimate(
  subject: Subject,
  container: ResolvedContainer | undefined,
  workload: WorkloadSpec | undefined,
  cacheTokens: number | null,
): SpeedEstimate {
  const kernels = kernelModel(subject);
  const { accelerator } = subject;
  // A CPU's memory bandwidth is not in the data.
  if (kernels === undefined || accelerator === undefined || subject.instance?.kind !== 'gpu') return UNKNOWN_SPEED;
  const input = workload?.inputTokens ?? DEFAULT_WORKLOAD.inputTokens;
  const output = Math.max(1, workload?.outputTokens ?? DEFAULT_WORKLOAD.outputTokens);
  const asked = Math.max(1, workload?.concurrency ?? DEFAULT_WORKLOAD.concurrency);
  const length = Math.min(input + output, subject.options.maxModelLen ?? Infinity);
  const limit = Math.min(serverLimit(subject), (cacheTokens ?? Infinity) / Math.max(1, length));
  if (limit < 1) return UNKNOWN_SPEED;
  const batch = Math.min(asked, Math.floor(limit));

  if (subject.model.kind === 'encoder') return encoderSpeed(prefillSeconds(subject, container, kernels, input));
  const step = decodeStep(subject, container, kernels, batch, input + output / 2);
  const prefill = prefillSeconds(subject, container, kernels, input);
  if (step === null || prefill === null) return UNKNOWN_SPEED;
  // Prompts of the batch are processed one after another, and all sequences wait for them.
  const seconds = prefill * batch + step.seconds * (output - 1);
  const perSecond = (batch * output) / seconds;
  return {
    timeToFirstTokenMs: prefill * 1000,
    interTokenMs: step.seconds * 1000,
    outputTokensPerSecond: perSecond,
    requestsPerSecond: perSecond / output,
    bound: step.bound,
  };
}

/** An encoder answers once, when it has read its input. */
function encoderSpeed(seconds: number | null): SpeedEstimate {
  if (seconds === null) return UNKNOWN_SPEED;
  return { ...UNKNOWN_SPEED, timeToFirstTokenMs: seconds * 1000, requestsPerSecond: 1 / seconds, bound: 'compute' };
}

function serverLimit({ engine, options }: Subject): number {
  return (engine === 'llama.cpp' ? options.slots : options.maxNumSeqs) ?? Infinity;
}

interface Step {
  readonly seconds: number;
  readonly bound: NonNullable<SpeedEstimate['bound']>;
}

function decodeStep(
  subject: Subject,
  container: ResolvedContainer | undefined,
  kernels: KernelModel,
  batch: number,
  context: number,
): Step | null {
  const { accelerator, options } = subject;
  const weights = streamedBytes(subject, batch);
  const flops = accelerator === undefined ? undefined : peakFlops(subject, container, accelerator);
  const cache = cacheBytes(subject, context);
  if (weights === null || accelerator === undefined || cache === null) return null;
  const memory = (weights + cache * batch) / (accelerator.bandwidth * kernels.bandwidth);
  const work = (2 * decoderParameters(subject) * batch) / options.tensorParallelSize;
  const compute = flops === undefined ? 0 : work / (flops * kernels.compute);
  const communication = communicationSeconds(subject, batch);
  const overhead = overheadSeconds(subject, kernels);
  const seconds = Math.max(memory, compute) + communication + overhead;
  const parts: readonly (readonly [Step['bound'], number])[] = [
    ['memory-bandwidth', memory >= compute ? memory : 0],
    ['compute', compute > memory ? compute : 0],
    ['interconnect', communication],
    ['overhead', overhead],
  ];
  const [bound] = parts.reduce((most, part) => (part[1] > most[1] ? part : most));
  return { seconds, bound };
}

/** Bytes of one sequence's cache on one rank, all stages: attention reads it whole in every step. */
function cacheBytes(subject: Subject, context: number): number | null {
  const { model, options, kvElementBytes } = subject;
  const keyBytes = subject.engine === 'llama.cpp' ? bytesPerElement(options.kvTypeK) : kvElementBytes;
  const valueBytes = subject.engine === 'llama.cpp' ? bytesPerElement(options.kvTypeV) : kvElementBytes;
  if (keyBytes === undefined || valueBytes === undefined) return null;
  const groups = kvGroups(model, {
    tensorParallel: options.tensorParallelSize,
    pipelineParallel: 1,
    keyBytes,
    valueBytes,
  });
  return groups.reduce((total, group) => total + readBytes(group, context), 0);
}

function readBytes(group: KvGroup, context: number): number {
  return (group.bytesPerToken * Math.min(context, group.window ?? Infinity) + group.stateBytes) * group.layers;
}

/** Parameters that multiply for a token: the embedding is looked up, not multiplied. */
function decoderParameters({ model }: Subject): number {
  const embedding = model.tieWordEmbeddings ? 0 : model.vocabSize * model.hiddenSize;
  return Math.max(0, model.activeParameterCount - embedding);
}

/**
 * A prompt's forward pass: two operations a parameter and token, and attention's products, half of them for the causal mask; at least one
 * reading of the weights, and the launches of each chunk.
 */
function prefillSeconds(
  subject: Subject,
  container: ResolvedContainer | undefined,
  kernels: KernelModel,
  tokens: number,
): number | null {
  const { model, accelerator, options } = subject;
  if (accelerator === undefined) return null;
  const weights = streamedBytes(subject, tokens);
  const flops = peakFlops(subject, container, accelerator);
  if (weights === null || flops === undefined) return null;
  const attention = 2 * tokens * tokens * model.numAttentionHeads * model.headDim * model.numLayers;
  const work = (2 * decoderParameters(subject) * tokens + attention) / options.tensorParallelSize;
  const chunks = Math.max(1, Math.ceil(tokens / Math.max(1, options.maxNumBatchedTokens ?? tokens)));
  const reading = (weights * chunks) / (accelerator.bandwidth * kernels.bandwidth);
  return (
    Math.max(work / (flops * kernels.compute), reading) +
    communicationSeconds(subject, tokens) +
    chunks * overheadSeconds(subject, kernels)
  );
}

/** What a forward pass takes beside moving and multiplying. llama.cpp's pace was measured on experts as well as on dense models. */
function overheadSeconds({ model, scheme, accelerator, engine }: Subject, kernels: KernelModel): number {
  const extra = engine === 'llama.cpp' ? 0 : extraLaunchSeconds(model, scheme, accelerator?.sm);
  return kernels.hostSeconds + model.numLayers * kernels.layerSeconds + extra;
}
