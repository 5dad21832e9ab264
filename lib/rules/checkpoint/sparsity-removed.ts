import { serverName } from '../helpers/engine';
import { found } from '../helpers/finding';
import { INT4_GROUPS, LLAMA_8B, compressedTensors, quantized } from '../helpers/samples';
import type { Rule } from '../types';

const SPARSE = {
  ...compressedTensors(INT4_GROUPS),
  sparsity_config: { format: 'sparse-24-bitmask', sparsity_structure: '2:4', targets: ['Linear'] },
};

const example = (quantization: Readonly<Record<string, unknown>>, version: string) => ({
  model: { config: quantized(LLAMA_8B, quantization) },
  container: { family: 'vllm', version },
  options: { maxModelLen: 4096 },
});

export const sparsityRemoved: Rule = {
  id: 'SPARSITY_REMOVED',
  severity: 'error',
  summary: 'a 2:4 sparse checkpoint meets a vLLM that still has sparse kernels',
  explanation:
    'compressed-tensors checkpoints pruned to 2:4 sparsity had kernels of their own in vLLM. They are gone: "Sparse24 models are no longer supported by vLLM" (0.19), "Sparsity support has been removed from compressed-tensors" (0.22).',
  source:
    'vllm/model_executor/layers/quantization/compressed_tensors/{schemes/compressed_tensors_24,compressed_tensors}.py',
  holdsFor: 'vLLM >= 0.19',
  server: { engine: 'vllm', since: '0.19.0' },
  examples: {
    passes: [example(SPARSE, '0.15.1'), example(compressedTensors(INT4_GROUPS), '0.28.0')],
    fails: [example(SPARSE, '0.28.0')],
  },
  evaluate(context) {
    const sparsity = context.model?.quantization?.raw.sparsity_config as
      { readonly sparsity_structure?: unknown } | null | undefined;
    if (typeof sparsity !== 'object' || sparsity === null || sparsity.sparsity_structure !== '2:4') return [];
    return [
      found({
        what: `${serverName(context)} has no kernels for 2:4 sparse checkpoints any more`,
        got: 'sparsity_structure 2:4',
        allowed: 'a dense checkpoint, or vLLM 0.18 and older',
        fix: 'use a checkpoint without sparsity, or an image with vLLM 0.18 or older',
        path: '/model/config/quantization_config/sparsity_config',
      }),
    ];
  },
};
