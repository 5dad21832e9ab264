import { found, gib } from '../helpers/finding';
import { cheapestInstance } from '../helpers/instances';
import { LLAMA_8B, QWEN25_7B } from '../helpers/samples';
import type { Rule } from '../types';

const example = (config: object, instanceType: string, loadFormat?: string) => ({
  model: { config },
  container: { family: 'vllm' },
  instanceType,
  options: { maxModelLen: 2048, ...(loadFormat === undefined ? {} : { loadFormat }) },
});

/** Load formats that read a file whole before its tensors go to the GPU. */
const READ_WHOLE: ReadonlySet<string> = new Set(['pt', 'npcache', 'bitsandbytes']);

/** Two Qwen2.5-7B-sized halves more: 10 B parameters, 19 GiB in bfloat16. */
const TEN_B = { ...QWEN25_7B, num_hidden_layers: 40 };

export const hostMemoryBelowCheckpoint: Rule = {
  id: 'HOST_MEMORY_BELOW_CHECKPOINT',
  severity: 'warning',
  summary: 'the host has memory for a checkpoint that it reads whole',
  explanation:
    'Weights pass through the host’s memory on their way to the GPU. safetensors files are mapped, and one rank reads each page once, so that a host smaller than the checkpoint loads it all the same. With several ranks each one maps all files and reads its slices of them: where they do not fit in the page cache, every rank reads them from the disk again. Formats that are read whole (.bin, npcache) are killed by the kernel. The xlarge sizes of g5, g6 and g4dn have 16 GiB beside 16 to 24 GiB of GPU memory.',
  source:
    'safetensors docs, "lazy loading"; vllm weight_utils.py, `safetensors_weights_iterator`, `pt_weights_iterator`; aws/deep-learning-containers .github/config/model-tests: 17.5 GiB of Qwen3.5-9B on a host of 16 GiB',
  examples: {
    passes: [example(LLAMA_8B, 'ml.g5.2xlarge', 'pt'), example(TEN_B, 'ml.g6.xlarge')],
    fails: [example(TEN_B, 'ml.g6.xlarge', 'pt')],
  },
  evaluate({ container, instance, options, plan, spec }) {
    if (instance === undefined || instance.kind === 'cpu' || container?.engine === 'llama.cpp') return [];
    const isReadWhole = READ_WHOLE.has(options.loadFormat);
    if (!isReadWhole && options.tensorParallelSize * options.pipelineParallelSize <= 1) return [];
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
        what: `the checkpoint is larger than the memory of the host that loads it, ${isReadWhole ? `and ${options.loadFormat} files are read whole` : 'so every rank reads it from the disk again'}`,
        got: `${gib(bytes)} for ${gib(instance.memoryBytes)} of host memory in ${instance.instanceType}`,
        allowed: `a host with more than ${gib(bytes)}`,
        fix: better === undefined ? 'use a larger size of the family' : `use ${better.instanceType}`,
        path: '/instanceType',
      }),
    ];
  },
};
