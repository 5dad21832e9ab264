import { GIB, MIB } from '../../units';
/** Figures that were measured; bytes, tokens, milliseconds as in a plan. A figure that was not measured is absent. */
export interface Measured {
  readonly weights?: number;
  readonly activations?: number;
  readonly graphs?: number;
  readonly runtime?: number;
  readonly kvCache?: number;
  readonly kvCacheTokens?: number;
  readonly maxConcurrency?: number;
  readonly timeToFirstTokenMs?: number;
  readonly interTokenMs?: number;
  readonly outputTokensPerSecond?: number;
  readonly requestsPerSecond?: number;
}

interface Pattern {
  readonly figure: keyof Measured;
  readonly expression: RegExp;
  readonly unit: number;
}

/**
 * What engines print when they start. vLLM of every version writes GiB, whatever the unit says; llama.cpp writes MiB and one line a device.
 * Sources: vllm/worker/worker.py, vllm/v1/worker/gpu_worker.py, vllm/v1/core/kv_cache_utils.py, sglang model_runner.py,
 * llama.cpp src/llama-model.cpp.
 */
const PATTERNS: readonly Pattern[] = [
  { figure: 'weights', expression: /(?:Model loading took|Loading model weights took) ([\d.]+) Gi?B/, unit: GIB },
  { figure: 'weights', expression: /model weights take ([\d.]+)\s?GiB/, unit: GIB },
  { figure: 'weights', expression: /CUDA\d? model buffer size =\s+([\d.]+) MiB/, unit: MIB },
  { figure: 'activations', expression: /PyTorch activation peak memory takes ([\d.]+)\s?GiB/, unit: GIB },
  { figure: 'activations', expression: /([\d.]+) GiB for peak activation/, unit: GIB },
  { figure: 'runtime', expression: /non_torch_memory takes ([\d.]+)\s?GiB/, unit: GIB },
  { figure: 'runtime', expression: /([\d.]+) GiB for non-torch memory/, unit: GIB },
  { figure: 'graphs', expression: /Graph capturing finished in [\d.]+ secs?, took ([\d.]+) GiB/, unit: GIB },
  { figure: 'graphs', expression: /([\d.]+) GiB for CUDAGraph memory/, unit: GIB },
  { figure: 'kvCache', expression: /kv cache memory in use is ([\d.]+) GiB/, unit: GIB },
  { figure: 'kvCache', expression: /Available KV cache memory: ([\d.]+) GiB/, unit: GIB },
  { figure: 'kvCache', expression: /reserved for KV Cache is ([\d.]+)\s?GiB/, unit: GIB },
  { figure: 'kvCache', expression: /CUDA\d? KV buffer size =\s+([\d.]+) MiB/, unit: MIB },
  { figure: 'kvCacheTokens', expression: /KV cache size: ([\d,]+) tokens/, unit: 1 },
  // Blocks of 16 tokens, vLLM's default size.
  { figure: 'kvCacheTokens', expression: /# (?:GPU|CUDA|cuda) blocks: ([\d,]+)/, unit: 16 },
  { figure: 'kvCacheTokens', expression: /max_total_num_tokens=(\d+)/, unit: 1 },
  { figure: 'maxConcurrency', expression: /Maximum concurrency for [\d,]+ tokens per request: ([\d.]+)x/, unit: 1 },
];

/** The figures in an engine's log. The last line that has one counts: a server that was started again logged again. */
export function readEngineLog(text: string): Measured {
  const found: Partial<Record<keyof Measured, number>> = {};
  for (const line of text.split('\n')) {
    for (const { figure, expression, unit } of PATTERNS) {
      const match = expression.exec(line);
      if (match === null) continue;
      const value = Number(match[1].replaceAll(',', '')) * unit;
      if (Number.isFinite(value)) found[figure] = value;
    }
  }
  return found;
}
