import type { EffectiveOptions } from '../../endpoint/types';
import type { ModelDescription } from '../../model/types';
import type { Scheme } from '../../scheme/types';
import { vocabularyRows } from '../weights/shard';
import type { VllmVersion } from './vllm-profile';

/** A model as it is compiled. */
export interface Compiled {
  readonly model: ModelDescription;
  readonly options: EffectiveOptions;
  readonly version: VllmVersion;
  readonly elementBytes: number;
}

/**
 * What compiling the model takes at its peak. Inductor runs each kernel once on tensors that it makes up, as large as those that the kernel
 * will get: for the first that is the whole embedding, beside what the kernel reads of it and what the first norm makes of that. They are gone
 * before the forward pass starts, but count in the peak of the profiling run.
 *
 * Measured with 0.26.0 on an H100, to the megabyte, for Qwen2.5-7B (1,068 MiB with steps of 2,048 tokens), Llama-3.1-8B (1,130 with 8,192) and
 * gpt-oss-20b (1,195); logs of 0.22.0 (Qwen2.5-7B), 0.24.0 (Qwen3-8B) and 0.31.0 agree. Logs of 0.19 to 0.21, whose servers may have found a
 * compiled model in their cache, do not show it, so it is not asserted of them. A container that starts anew has no such cache. A multimodal
 * model's embedding is computed outside of what is compiled.
 * Sources: torch/_inductor/standalone_compile.py of 2.11.0, which 0.22.0 is built on, `triton.autotune_at_compile_time`;
 * torch/_inductor/codegen/wrapper.py, `generate_and_run_autotune_block`, and codegen/triton.py, `codegen_kernel_benchmark`;
 * vllm/config/compilation.py of 0.22.0 to 0.28.0, `benchmark_combo_kernel`.
 */
export function compilationBytes(compiled: Compiled, tokens: number): number {
  if (!isCompiledAtStart(compiled)) return 0;
  return embeddingBytes(compiled) + 2 * tokens * compiled.model.hiddenSize * compiled.elementBytes;
}

/**
 * Of that, what stays reserved and counts once more. From 0.27 on vLLM asks the driver how much is taken. Until 0.30 PyTorch may cut a small
 * tensor that stays (the workspace of cuBLAS, which the first product of plain weights asks for) out of the memory that the embedding's copy
 * left, and then cannot give that back; 0.31 does not let it. Logs of Qwen2.5-7B in 16 bits (0.27.1, an L4 and an RTX 4090) have 2.3 GiB
 * beside the weights, 1.05 of them for compiling; those of its quantized weights, whose first products have kernels of their own, do not, nor
 * does one of Qwen3-4B with adapters, compiled anew (0.27.1, an RTX 4090).
 * Sources: vllm/utils/mem_utils.py of 0.26.0 and 0.27.0, `total_consumed`; vllm/v1/worker/gpu_worker.py of 0.30.0 and 0.31.0,
 * `determine_available_memory`, `_scoped_allocator_max_split`.
 */
export function reservedByCompilation(compiled: Compiled, scheme: Scheme): number {
  const { version, options } = compiled;
  if (!version.since(0, 27) || version.since(0, 31)) return 0;
  if (scheme.weightType !== 'float' || options.enableLora) return 0;
  return isCompiledAtStart(compiled) ? embeddingBytes(compiled) : 0;
}

function isCompiledAtStart({ model, options, version }: Compiled): boolean {
  return options.enforceEager !== true && !model.multimodal && version.isV1 && version.since(0, 22);
}

function embeddingBytes({ model, options, elementBytes }: Compiled): number {
  return vocabularyRows(model.vocabSize, options.tensorParallelSize) * model.hiddenSize * elementBytes;
}
