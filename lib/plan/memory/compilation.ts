import type { EffectiveOptions } from '../../endpoint/types';
import type { ModelDescription } from '../../model/types';
import type { VllmVersion } from './vllm-profile';

/**
 * What compiling the model takes at its peak. Inductor runs each kernel once on tensors that it makes up, as large as those that the kernel
 * will get: for the first that is the whole embedding, beside what the kernel reads of it and what the first norm makes of that. They are gone
 * before the forward pass starts, but count in the peak of the profiling run.
 *
 * Measured with 0.26.0 on an H100, to the megabyte, for Qwen2.5-7B (1,068 MiB with steps of 2,048 tokens), Llama-3.1-8B (1,130 with 8,192) and
 * gpt-oss-20b (1,195); a log of 0.31.0 agrees. Logs of 0.19 to 0.24, whose servers may have found a compiled model in their cache, do not
 * show it, so it is not asserted of them. A container that starts anew has no such cache. A multimodal model's embedding is computed outside
 * of what is compiled.
 * Sources: torch/_inductor/standalone_compile.py of 2.11.0, `triton.autotune_at_compile_time`; torch/_inductor/codegen/wrapper.py,
 * `generate_and_run_autotune_block`, and codegen/triton.py, `codegen_kernel_benchmark`; vllm/config/compilation.py of 0.26.0,
 * `benchmark_combo_kernel`.
 */
export function compilationBytes(
  model: ModelDescription,
  tokens: number,
  options: EffectiveOptions,
  version: VllmVersion,
  elementBytes: number,
): number {
  if (options.enforceEager === true || model.multimodal || !version.isV1 || !version.since(0, 26)) return 0;
  const rows = Math.ceil(Math.ceil(model.vocabSize / 64) / options.tensorParallelSize) * 64;
  return (rows + 2 * tokens) * model.hiddenSize * elementBytes;
}
