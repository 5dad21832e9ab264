import { degreeFix } from '../helpers/degrees';
import { isVllm, serverName } from '../helpers/engine';
import { usesBitsandbytes } from '../helpers/flag';
import { found } from '../helpers/finding';
import { kvHeadCounts } from '../helpers/heads';
import { BITSANDBYTES, LLAMA_8B, QWEN25_7B, quantized } from '../helpers/samples';
import type { Rule, RuleContext, RuleFinding } from '../types';

const example = (config: object, version: string, options: object, rest: object = {}) => ({
  model: { config },
  container: { family: 'vllm', version },
  options: { maxModelLen: 4096, loadFormat: 'bitsandbytes', ...options },
  ...rest,
});

const STORED = quantized(LLAMA_8B, BITSANDBYTES);
const ON_LOADING = { quantization: 'bitsandbytes-nf4' };

/**
 * Weights that are quantized on loading are cut evenly before, key and value heads too, and so have no whole head for each of more ranks than
 * heads, which the layer waits for. Source: `_unquantized_generator` of the bitsandbytes loader, 0.6.2 to 0.27; vllm-project/vllm#14143.
 */
function headsCutApart(context: RuleContext): readonly RuleFinding[] {
  const { model, options } = context;
  const degree = options.tensorParallelSize;
  const heads = model === undefined ? undefined : kvHeadCounts(model).find((count) => count < degree);
  if (heads === undefined) return [];
  return [
    found({
      what: `the bitsandbytes loader of ${serverName(context)} cuts ${heads} KV heads into ${degree} parts, where each rank needs a whole one`,
      got: `tensorParallelSize ${degree}, num_key_value_heads ${heads}`,
      ...degreeFix(context, (candidate) => candidate <= heads),
      path: '/options/tensorParallelSize',
    }),
  ];
}

export const bitsandbytesNotSplit: Rule = {
  id: 'BITSANDBYTES_NOT_SPLIT',
  severity: 'error',
  summary: 'bitsandbytes weights are not cut by tensor parallelism where the loader cannot',
  explanation:
    'The quantization states of a bitsandbytes checkpoint belong to whole matrices, so vLLM refuses tensor parallelism on one ("Prequant BitsAndBytes models with tensor parallelism is not supported. Please try with pipeline parallelism."). Up to 0.6.1 bitsandbytes works on one GPU only, whatever the checkpoint. Weights that are quantized on loading can be cut, but not over more ranks than KV heads: the loader halves a head where the layer waits for a copy of it, and stops with a bare AssertionError.',
  source:
    'vllm/model_executor/model_loader/bitsandbytes_loader.py; vllm/config.py of 0.5.0 to 0.6.1; issues vllm-project/vllm#13122, #8434, #14143',
  holdsFor:
    'TP or PP: vLLM < 0.6.2; TP on a bitsandbytes checkpoint, or above the KV heads: every vLLM that has bitsandbytes',
  server: { engine: 'vllm', before: '0.28.0' },
  examples: {
    passes: [
      example(STORED, '0.7.3', { pipelineParallelSize: 2 }),
      example(LLAMA_8B, '0.8.5', { tensorParallelSize: 2 }, ON_LOADING),
      example(QWEN25_7B, '0.8.5', { tensorParallelSize: 4 }, ON_LOADING),
    ],
    fails: [
      example(STORED, '0.7.3', { tensorParallelSize: 2 }),
      example(STORED, '0.6.1', { pipelineParallelSize: 2 }),
      example({ ...QWEN25_7B, num_key_value_heads: 2 }, '0.8.2', { tensorParallelSize: 4 }, ON_LOADING),
    ],
  },
  evaluate(context) {
    const { model, options } = context;
    if (!usesBitsandbytes(context)) return [];
    const { tensorParallelSize: tensor, pipelineParallelSize: pipeline } = options;
    const oneGpuOnly = isVllm(context, { before: '0.6.2' });
    const isStored = model?.quantization?.method === 'bitsandbytes';
    if (!oneGpuOnly && !isStored) return headsCutApart(context);
    if (!(oneGpuOnly && tensor * pipeline > 1) && !(isStored && tensor > 1)) return [];
    return [
      found({
        what: oneGpuOnly
          ? `${serverName(context)} does not support bitsandbytes with tensor or pipeline parallelism`
          : `${serverName(context)} does not support tensor parallelism on a bitsandbytes checkpoint`,
        got: `tensorParallelSize ${tensor}, pipelineParallelSize ${pipeline}`,
        allowed: oneGpuOnly ? 'one GPU' : 'tensorParallelSize 1, with pipelineParallelSize as needed',
        fix: oneGpuOnly
          ? 'use one GPU, or an AWQ or GPTQ checkpoint'
          : `set tensorParallelSize to 1 and pipelineParallelSize to ${tensor * pipeline}, or use an AWQ or GPTQ checkpoint`,
        path: '/options/tensorParallelSize',
      }),
    ];
  },
};
