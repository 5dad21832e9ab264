import { gpuOf } from '../helpers/accelerator';
import { namedDtype, servedDtype } from '../helpers/dtype';
import { serverName } from '../helpers/engine';
import { count, found } from '../helpers/finding';
import { newerGpu } from '../helpers/newer-gpu';
import { GEMMA_4, LLAMA_8B, type Json } from '../helpers/samples';
import type { Rule } from '../types';

const example = (config: Json, dtype: string, instanceType = 'ml.g4dn.12xlarge', version = '0.26.0') => ({
  model: { config },
  container: { family: 'vllm', version },
  instanceType,
  options: { maxModelLen: 4096, dtype, tensorParallelSize: 4, maxNumBatchedTokens: 4096 },
});

/** Compute capability × 10 whose blocks have 64 KiB of shared memory. */
const TURING = 75;
const SHARED_BYTES = 65_536;
/** A tile of 32 keys, one of 32 values and one of 16 queries. */
const ROWS = 32 + 32 + 16;

export const headSizeExceedsSharedMemory: Rule = {
  id: 'HEAD_SIZE_EXCEEDS_SHARED_MEMORY',
  severity: 'error',
  summary: 'attention’s tiles fit the shared memory of a Turing GPU',
  explanation:
    'On Turing vLLM computes attention in Triton, whose tiles of keys, values and queries must fit 64 KiB of shared memory: (32 + 32 + 16) rows of a head. Heads of 512 (Gemma 4) exceed it in any dtype, heads of 256 in float32, which is what dtype auto means for Gemma 3 there (a warning). The server stops while it warms up, or at the first request: "OutOfResources: out of resource: shared memory, Required: 81920, Hardware limit: 65536".',
  source: 'vllm/v1/attention/ops/triton_unified_attention.py; vllm-project/vllm#36802, vllm-project/vllm#57712',
  holdsFor: 'vLLM 0.13 and later',
  server: { engine: 'vllm', since: '0.13.0' },
  examples: {
    passes: [
      example(LLAMA_8B, 'float16'),
      example(GEMMA_4, 'bfloat16', 'ml.g5.12xlarge'),
      example({ ...LLAMA_8B, head_dim: 256 }, 'float16'),
    ],
    fails: [
      example(GEMMA_4, 'float32'),
      example({ ...LLAMA_8B, head_dim: 256 }, 'float32', 'ml.g4dn.12xlarge', '0.17.0'),
    ],
  },
  evaluate(context) {
    const { model, options } = context;
    const gpu = gpuOf(context);
    if (model === undefined || gpu?.sm !== TURING) return [];
    const attending = model.kv.filter(({ kind }) => kind === 'full' || kind === 'sliding' || kind === 'chunked');
    const head = Math.max(0, ...attending.map(({ keyDim }) => keyDim));
    const elementBytes = servedDtype(context) === 'float32' ? 4 : 2;
    const padded = 2 ** Math.ceil(Math.log2(Math.max(1, head)));
    const needed = ROWS * padded * elementBytes;
    if (needed <= SHARED_BYTES) return [];
    // That dtype auto became float32 may be mended by a later kernel or another backend: one report, of one version.
    const isByAuto = namedDtype(options.dtype) === undefined && ROWS * padded * 2 <= SHARED_BYTES;
    return [
      found({
        what: `attention of ${serverName(context)} needs more shared memory for heads of ${head} than a Turing GPU has`,
        got: `${count(needed)} bytes for ${count(SHARED_BYTES)} on ${gpu.text}`,
        allowed: 'a GPU of compute capability 8.0 or higher',
        fix: `use ${newerGpu(context, 80)}`,
        path: '/instanceType',
        severity: isByAuto ? 'warning' : undefined,
      }),
    ];
  },
};
