import { isVllm, serverName } from '../helpers/engine';
import { found } from '../helpers/finding';
import { INT4_GROUPS, LLAMA_8B, QWEN3_MOE, compressedTensors, quantized } from '../helpers/samples';
import type { Rule } from '../types';

const ORDERED = compressedTensors({ ...INT4_GROUPS, actorder: 'group' });

const example = (
  config: Readonly<Record<string, unknown>>,
  quantization: Readonly<Record<string, unknown>>,
  version: string,
) => ({
  model: { config: quantized(config, quantization) },
  container: { family: 'vllm', version },
  options: { maxModelLen: 4096 },
});

export const activationOrderRemoved: Rule = {
  id: 'ACTIVATION_ORDER_REMOVED',
  severity: 'error',
  summary: 'a compressed-tensors checkpoint with group activation order meets a vLLM that reads it',
  explanation:
    'actorder "group" stores columns in the order of their activations, so that groups are not contiguous. For experts vLLM never had it ("WNA16MoE is not supported with actorder=group/dynamic"), and from 0.30 on it refuses it everywhere. actorder "weight" (static) costs nothing at run time and loads everywhere.',
  source:
    'vllm/model_executor/layers/quantization/compressed_tensors/compressed_tensors.py of 0.30; compressed_tensors_moe.py of 0.9 to 0.26',
  holdsFor: 'experts: vLLM >= 0.9; linear layers: vLLM >= 0.30',
  server: { engine: 'vllm' },
  examples: {
    passes: [
      example(LLAMA_8B, ORDERED, '0.28.0'),
      example(LLAMA_8B, compressedTensors({ ...INT4_GROUPS, actorder: 'weight' }), '0.30.0'),
    ],
    fails: [example(LLAMA_8B, ORDERED, '0.30.0'), example(QWEN3_MOE, ORDERED, '0.10.2')],
  },
  evaluate(context) {
    const { scheme, model } = context;
    if (scheme.layout !== 'compressed-tensors' || scheme.activationOrder !== true) return [];
    const since = model?.moe === undefined ? '0.30.0' : '0.9.0';
    if (!isVllm(context, { since })) return [];
    return [
      found({
        what: `${serverName(context)} does not read group activation order${model?.moe === undefined ? '' : ' of experts'} in compressed-tensors checkpoints`,
        got: 'actorder group',
        allowed: 'actorder weight, or none',
        fix: 'quantize again with actorder "weight" (static)',
        path: '/model/config/quantization_config/config_groups',
      }),
    ];
  },
};
