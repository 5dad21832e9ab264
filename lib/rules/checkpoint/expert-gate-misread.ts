import { isVllm, serverName } from '../helpers/engine';
import { found } from '../helpers/finding';
import { GPTQ, QWEN3_MOE, quantized } from '../helpers/samples';
import type { Rule, RuleContext } from '../types';

const AUTO_ROUND = { quant_method: 'auto-round', bits: 4, group_size: 128, sym: true, data_type: 'int' };
const GATE_LEFT_OUT = { ...AUTO_ROUND, extra_config: { 'model.layers.0.mlp.gate': { bits: 16, data_type: 'float' } } };

const example = (quantization: Readonly<Record<string, unknown>>, version: string) => ({
  model: { config: quantized(QWEN3_MOE, quantization) },
  container: { family: 'vllm', version },
  options: { maxModelLen: 4096 },
});

/** The gate has a quantization of its own here. Source: vllm/model_executor/models/qwen3_moe.py, `self.gate`, by version. */
const ARCHITECTURE = 'Qwen3MoeForCausalLM';
const GATE_IN_16_BIT = { before: '0.10.1' };
/** Every gate is taken for quantized, that of a GPTQ checkpoint too. */
const GATE_AS_THE_REST = { since: '0.10.1', before: '0.10.2' };

type Gate = 'quantized' | 'in 16 bit';

/** How the checkpoint stores the gate; undefined where it may be either. AutoRound quantizes it unless told not to, AutoGPTQ never does. */
function storedGate({ model }: RuleContext): Gate | undefined {
  const config = model?.config.quantization_config as Readonly<Record<string, unknown>> | undefined;
  const method = model?.quantization?.method ?? '';
  const isAutoRound = /(^|\/)auto-?_?round$/.test(method);
  if (config === undefined || (method !== 'gptq' && !isAutoRound)) return undefined;
  if (isAutoRound || config.autoround_version !== undefined) {
    const exceptions = Object.keys((config.extra_config as object | undefined) ?? {});
    return exceptions.some((name) => name.includes('gate')) ? undefined : 'quantized';
  }
  return config.dynamic === undefined ? 'in 16 bit' : undefined;
}

export const expertGateMisread: Rule = {
  id: 'EXPERT_GATE_MISREAD',
  severity: 'error',
  summary: 'the gate of a mixture is stored as this version reads it',
  explanation:
    'The gate that chooses experts is a small matrix, which AutoRound quantizes with the rest and AutoGPTQ leaves in 16 bit. Up to 0.10.0 vLLM reads it in 16 bit only ("KeyError: \'layers.0.mlp.gate.qweight\'"), and 0.10.1 takes it for quantized in every checkpoint ("KeyError: \'layers.0.mlp.gate.weight\'").',
  source: 'vllm/model_executor/models/qwen3_moe.py of 0.8.4 to 0.10.2; intel/auto-round#586; vllm-project/vllm#17829',
  holdsFor: 'gates in AutoRound: vLLM < 0.10.1; gates of GPTQ: vLLM 0.10.1',
  examples: {
    passes: [
      example(AUTO_ROUND, '0.10.1'),
      example(GATE_LEFT_OUT, '0.9.0'),
      example(GPTQ, '0.10.0'),
      example(GPTQ, '0.10.2'),
      example({ ...GPTQ, dynamic: { '-:.*gate': {} } }, '0.10.1'),
    ],
    fails: [
      example(AUTO_ROUND, '0.9.0'),
      example({ ...GPTQ, autoround_version: '0.5.1' }, '0.10.0'),
      example(GPTQ, '0.10.1'),
    ],
  },
  evaluate(context) {
    if (context.model?.architecture !== ARCHITECTURE) return [];
    const stored = storedGate(context);
    const isMisread =
      (stored === 'quantized' && isVllm(context, GATE_IN_16_BIT)) ||
      (stored === 'in 16 bit' && isVllm(context, GATE_AS_THE_REST));
    if (!isMisread) return [];
    return [
      found({
        what: `${serverName(context)} misreads the gate of the experts, which this checkpoint stores ${stored}`,
        got: `gate ${stored} in ${context.scheme.layout}`,
        allowed: 'vLLM 0.10.2 or newer',
        fix: 'use an image with vLLM 0.10.2 or newer',
        path: '/container/version',
      }),
    ];
  },
};
