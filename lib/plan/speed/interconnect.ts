import type { Subject } from '../subject';

/** One way of PCIe 4.0 x16 as collectives reach it, bytes a second; the peers of a SageMaker instance without NVLink are on one such bus. */
const PCIE_BANDWIDTH = 20e9;
/** An all-reduce of a few kilobytes: NVLink with the engine's own kernel, and over PCIe. */
const NVLINK_LATENCY = 10e-6;
const PCIE_LATENCY = 30e-6;
/** From the layers of one GPU to those of the next, as llama.cpp schedules it: 7 % of an 8 B model's step on four L40S. Source: as kernel.ts. */
const SPLIT_SECONDS = 0.2e-3;
/** Two all-reduces a layer: after attention and after the feed-forward. */
const REDUCTIONS_PER_LAYER = 2;

/** Seconds that a step of `tokens` spends in all-reduces and pipeline hand-overs. */
export function communicationSeconds(subject: Subject, tokens: number): number {
  const { model, options, accelerator, hasNvlink, elementBytes } = subject;
  const ranks = options.tensorParallelSize;
  const bytes = tokens * model.hiddenSize * elementBytes;
  const oneWay = hasNvlink ? (accelerator?.interconnectBandwidth ?? 600e9) / 2 : PCIE_BANDWIDTH;
  const handOver =
    (options.pipelineParallelSize - 1) * (subject.engine === 'llama.cpp' ? SPLIT_SECONDS : bytes / oneWay);
  if (ranks <= 1) return handOver;
  // A ring moves 2 (n − 1) / n of the data over each link.
  const reduction = (hasNvlink ? NVLINK_LATENCY : PCIE_LATENCY) + (2 * (ranks - 1) * bytes) / (ranks * oneWay);
  return handOver + model.numLayers * REDUCTIONS_PER_LAYER * reduction;
}
