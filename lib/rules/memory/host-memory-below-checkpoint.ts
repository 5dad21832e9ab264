import { found, gib } from '../helpers/finding';
import { cheapestInstance } from '../helpers/instances';
import { LLAMA_8B, QWEN25_7B } from '../helpers/samples';
import type { Rule } from '../types';

const example = (config: object, instanceType: string) => ({
  model: { config },
  container: { family: 'vllm' },
  instanceType,
  options: { maxModelLen: 2048 },
});

/** Two Qwen2.5-7B-sized halves more: 10 B parameters, 19 GiB in bfloat16. */
const TEN_B = { ...QWEN25_7B, num_hidden_layers: 40 };

export const hostMemoryBelowCheckpoint: Rule = {
  id: 'HOST_MEMORY_BELOW_CHECKPOINT',
  severity: 'warning',
  summary: 'the host has memory for the checkpoint that it loads',
  explanation:
    'Weights pass through the host’s memory on their way to the GPU. safetensors files are mapped, not read whole, so a small host still manages, but with the page cache thrashing loading slows down to the disk, and formats that are read whole (.bin, bitsandbytes on the fly) are killed by the kernel. The xlarge sizes of g5, g6 and g4dn have 16 GiB beside 16 to 24 GiB of GPU memory.',
  source: 'safetensors docs, "lazy loading"; vllm weight_utils.py, `pt_weights_iterator`',
  examples: { passes: [example(LLAMA_8B, 'ml.g5.2xlarge')], fails: [example(TEN_B, 'ml.g6.xlarge')] },
  evaluate({ container, instance, plan, spec }) {
    if (instance === undefined || instance.kind === 'cpu' || container?.engine === 'llama.cpp') return [];
    const bytes = plan.checkpointBytes;
    if (bytes === null || bytes <= instance.memoryBytes) return [];
    const better = cheapestInstance(
      spec,
      (other) =>
        other.accelerator?.key === instance.accelerator?.key &&
        other.acceleratorCount === instance.acceleratorCount &&
        other.memoryBytes > bytes,
    );
    return [
      found({
        what: 'the checkpoint is larger than the memory of the host that loads it, so loading is slow, and fails for formats that are read whole',
        got: `${gib(bytes)} for ${gib(instance.memoryBytes)} of host memory in ${instance.instanceType}`,
        allowed: `a host with more than ${gib(bytes)}`,
        fix: better === undefined ? 'use a larger size of the family' : `use ${better.instanceType}`,
        path: '/instanceType',
      }),
    ];
  },
};
