import { methodRanges } from '../../scheme';
import { smOf, supportOf } from '../helpers/accelerator';
import { isVllm, serverName } from '../helpers/engine';
import { anyOf, found } from '../helpers/finding';
import { BITSANDBYTES, FP8_BLOCK, GPTQ, INT4_GROUPS, LLAMA_8B, compressedTensors, quantized } from '../helpers/samples';
import type { Rule, RuleContext } from '../types';

const example = (config: object, family: string, version?: string, rest: object = {}) => ({
  model: { config },
  container: { family, ...(version === undefined ? {} : { version }) },
  options: { maxModelLen: 4096 },
  ...rest,
});

interface Refusal {
  readonly reason: string;
  readonly fix: string;
}

/** Which container reads a layout that this one does not. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  gguf: 'use the llama-cpp container',
  neuron: 'use the lmi-neuron or vllm-neuron container on ml.inf2 or ml.trn1',
};

/** What to do where no other version of the server helps. */
function otherWay({ container, model, scheme, spec }: RuleContext): string {
  if (Object.hasOwn(ELSEWHERE, scheme.layout)) return ELSEWHERE[scheme.layout];
  if (container?.engine === 'llama.cpp') return 'ask for a GGUF scheme, such as gguf:Q4_K_M';
  if (container?.family === 'vllm-neuron') return 'ask for neuron-int8, or serve it on a GPU';
  if (container?.engine === 'neuron-vllm')
    return spec.quantization === undefined || model?.quantization !== undefined
      ? 'serve it on a GPU, or take a checkpoint that is not quantized'
      : 'leave quantization out, or serve it on a GPU';
  if (container?.engine === 'transformers-neuronx') return 'ask for neuron-int8, or serve it on a GPU';
  return 'use a checkpoint in another scheme, such as awq or fp8';
}

/** What TensorRT-LLM’s builder finds no reader of in a checkpoint: "Unsupported quantization_config". Source: tensorrt_llm/llmapi/llm_utils.py, `_update_from_hf_quant_config`. */
const NOT_READ_BY_TENSORRT = new Set(['compressed-tensors', 'auto-round']);

/** Where nobody says what the weights are in, they may be the GGUF that a name speaks of, or that lies in the bucket. */
function mayBeGguf({ scheme, spec }: RuleContext): boolean {
  if (scheme.origin !== 'default') return false;
  const { environment = {}, model, endpoint } = spec;
  const names = [model.id ?? '', ...Object.keys(environment).map((name) => environment[name])];
  const isInBucket = model.config === undefined && endpoint?.modelData?.startsWith('s3') === true;
  return isInBucket || names.some((name) => /gguf/i.test(name));
}

function refusalOf(context: RuleContext): Refusal | undefined {
  const { container, scheme } = context;
  if (container?.engine === 'tensorrt-llm' && scheme.origin === 'checkpoint' && NOT_READ_BY_TENSORRT.has(scheme.layout))
    return {
      reason: `it reads no ${scheme.layout} checkpoint`,
      fix: 'use the lmi or vllm container, or a checkpoint that is not quantized',
    };
  const support = supportOf(context);
  const sm = smOf(context);
  const isGpuGate = support.minimumSm !== undefined && sm !== undefined && sm < support.minimumSm;
  if (support.level === 'unsupported' && !isGpuGate) {
    const ways = [
      ...(support.supportedSince === undefined ? [] : [`use an image with version ${support.supportedSince} or newer`]),
      ...(support.supportedUntil === undefined ? [] : [`use an image older than ${support.supportedUntil}`]),
      otherWay(context),
    ];
    return { reason: support.reason ?? 'it is not supported', fix: anyOf(ways) };
  }
  // The list of vLLM's methods is complete for each version: a method it never had is refused.
  const never = support.method !== undefined && methodRanges(support.method).length === 0;
  if (support.level === 'unknown' && never && isVllm(context) && scheme.origin === 'checkpoint')
    return {
      reason: `vLLM has never had a quantization method ${scheme.layout}`,
      fix: 'use a checkpoint in a method it has, such as awq, gptq or compressed-tensors',
    };
  return undefined;
}

export const quantizationNotInServer: Rule = {
  id: 'QUANTIZATION_NOT_IN_SERVER',
  severity: 'error',
  summary: 'the server, in this version, can load the scheme at all',
  explanation:
    'Each server and version loads some formats and not others, whatever the GPU. vLLM got GPTQ with 0.2.6, FP8 with 0.4.1, compressed-tensors with 0.4.3, GGUF with 0.5.5 and MXFP4 with 0.10.1; it lost AQLM, QQQ and HQQ on the way, GGUF with 0.24 and bitsandbytes with 0.28 (both live on as plug-ins that no AWS image contains). llama.cpp reads GGUF and nothing else, TensorRT-LLM no compressed-tensors.',
  source:
    'vLLM wheels, QUANTIZATION_METHODS by version; vllm-project/vllm#39612 (GGUF), RFC vllm-project/vllm#39583 (bitsandbytes); NVIDIA/TensorRT-LLM#6988, #3554',
  holdsFor: 'each method has its own range of versions',
  examples: {
    passes: [
      example(quantized(LLAMA_8B, GPTQ), 'vllm', '0.2.6'),
      example(LLAMA_8B, 'vllm', '0.10.2', { quantization: 'gguf:Q4_K_M' }),
      example(LLAMA_8B, 'llama-cpp', undefined, { environment: { SM_LLAMA_CPP_HF_FILE: 'llama-3-8b.Q4_K_M.gguf' } }),
    ],
    fails: [
      example(LLAMA_8B, 'vllm', undefined, { quantization: 'gguf:Q4_K_M' }),
      example(quantized(LLAMA_8B, BITSANDBYTES), 'vllm', '0.28.0'),
      example(quantized(LLAMA_8B, GPTQ), 'vllm', '0.2.3'),
      example(quantized(LLAMA_8B, FP8_BLOCK), 'llama-cpp'),
      example(quantized(LLAMA_8B, { quant_method: 'exl2', bits: 4.65 }), 'vllm'),
      example(quantized(LLAMA_8B, compressedTensors(INT4_GROUPS)), 'lmi-trtllm'),
    ],
  },
  evaluate(context) {
    const { scheme, spec } = context;
    if (scheme.layout === 'plain' && (context.container?.engine !== 'llama.cpp' || mayBeGguf(context))) return [];
    const refusal = refusalOf(context);
    if (refusal === undefined) return [];
    return [
      found({
        what: `${serverName(context)} cannot serve quantization ${scheme.name}, because ${refusal.reason}`,
        got: `${scheme.name} (${scheme.layout} layout) on ${spec.container?.family}`,
        fix: refusal.fix,
        path: scheme.origin === 'checkpoint' ? '/model/config/quantization_config' : '/quantization',
      }),
    ];
  },
};
