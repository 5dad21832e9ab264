import { servedScheme } from '../../plan/online';
import { isOldTensorRt } from '../../container';
import { capability, methodAt, parseScheme, schemeSupport } from '../../scheme';
import { gpuOf, smOf, supportOf } from '../helpers/accelerator';
import { anyOf, found } from '../helpers/finding';
import { isVllm, serverName } from '../helpers/engine';
import { newerGpu } from '../helpers/newer-gpu';
import { AWQ, FP8_BLOCK, GPTQ, LLAMA2_7B, QWEN25_7B, QWEN3_MOE, QWEN3_SMALL, quantized } from '../helpers/samples';
import type { Rule, RuleContext, RuleFinding } from '../types';

const example = (config: object, instanceType: string, version?: string, rest: object = {}) => ({
  model: { config },
  container: { family: 'vllm', ...(version === undefined ? {} : { version }) },
  instanceType,
  options: { dtype: 'float16', maxModelLen: 2048, tensorParallelSize: 1 },
  ...rest,
});

const onTensorRt = (instanceType: string, version: string, environment: object) =>
  example(LLAMA2_7B, instanceType, undefined, { container: { family: 'lmi-trtllm', version }, environment });

/** What to store the weights in when the one asked for does not run here, best first. */
const ALTERNATIVES = ['awq', 'gptq', 'int8-weight-only', 'fp16'];

/** Schemes that this container does run on this GPU. */
function schemesThatRun(context: RuleContext): readonly string[] {
  const options = { moe: context.model?.moe !== undefined };
  return ALTERNATIVES.filter((name) => {
    const scheme = parseScheme(name, { origin: 'spec' });
    const { level } = schemeSupport(scheme, context.container, context.instance?.accelerator, options);
    return scheme.name !== context.scheme.name && (level === 'native' || level === 'fallback');
  });
}

function refuse(context: RuleContext, method: string, least: number, since: string | undefined): RuleFinding {
  const instead = schemesThatRun(context).slice(0, 2);
  const ways = [
    `use ${newerGpu(context, least)}`,
    ...(since === undefined ? [] : [`an image with vLLM ${since} or newer`]),
    ...(instead.length === 0 ? [] : [`weights in ${anyOf(instead)} on this instance`]),
  ];
  return found({
    what: `${method} needs a GPU of compute capability ${capability(least)} or higher in ${serverName(context)}`,
    got: gpuOf(context)?.text,
    allowed: `compute capability ${capability(least)} or higher`,
    fix: anyOf(ways),
    path: '/instanceType',
  });
}

export const quantizationNeedsNewerGpu: Rule = {
  id: 'QUANTIZATION_NEEDS_NEWER_GPU',
  severity: 'error',
  summary: "the GPU has the compute capability that the scheme's kernels need in this server version",
  explanation:
    'Every quantized kernel is written for some compute capability and later ones, and the server checks it at start: "The quantization method awq is not supported for the current GPU. Minimum capability: 75. Current capability: 70." The limits fell over the versions of vLLM: AWQ from 8.0 to 7.5 in 0.2.1, FP8 from 9.0 (0.4.1) over 8.9 and 8.0 (0.5.1, weight-only) to 7.5 in 0.14, experts in FP8 below 8.9 only from 0.9 on. 0.5.4 turns GPTQ and AWQ checkpoints into Marlin’s layout, which needs 8.0, on every GPU.',
  source:
    'vLLM wheels, get_min_capability of vllm/model_executor/layers/quantization/**; issues vllm-project/vllm#1282, #4202, #4327, #7343, #17581; TensorRT-LLM, support matrix: FP8 on Ada and Hopper',
  holdsFor: 'each method and version has its own limit',
  examples: {
    passes: [
      example(quantized(LLAMA2_7B, AWQ), 'ml.g4dn.xlarge'),
      example(QWEN25_7B, 'ml.g6.2xlarge', '0.10.2', { quantization: 'fp8' }),
      example(quantized(LLAMA2_7B, GPTQ), 'ml.g4dn.xlarge', '0.5.5'),
      onTensorRt('ml.g6.2xlarge', '0.32.0', { OPTION_QUANTIZE: 'fp8' }),
      onTensorRt('ml.g5.2xlarge', '0.33.0', { OPTION_QUANTIZE: 'fp8' }),
    ],
    fails: [
      example(quantized(LLAMA2_7B, AWQ), 'ml.g4dn.xlarge', '0.2.0'),
      example(quantized(LLAMA2_7B, AWQ), 'ml.p3.2xlarge', '0.8.5'),
      example(QWEN25_7B, 'ml.g5.2xlarge', '0.4.1', { quantization: 'fp8' }),
      example(quantized(LLAMA2_7B, GPTQ), 'ml.g4dn.xlarge', '0.5.4'),
      example(quantized(QWEN3_MOE, FP8_BLOCK), 'ml.g5.12xlarge', '0.8.5'),
      example(QWEN3_SMALL, 'ml.g5.2xlarge', '0.26.0', { environment: { SM_VLLM_QUANTIZATION: 'fp8_per_channel' } }),
      onTensorRt('ml.g5.2xlarge', '0.32.0', { OPTION_QUANTIZE: 'fp8' }),
    ],
  },
  evaluate(context) {
    const sm = smOf(context);
    if (sm === undefined) return [];
    const flagged = flagGate(context);
    if (flagged !== undefined && sm < flagged.least) return [refuse(context, flagged.method, flagged.least, undefined)];
    if (sm < MARLIN_SM && convertsToMarlin(context))
      return [refuse(context, `${context.scheme.layout}_marlin`, MARLIN_SM, '0.5.5')];
    const { level, minimumSm, method, supportedSince } = supportOf(context);
    const { name, layout } = servedScheme(context);
    if (level !== 'unsupported' || minimumSm === undefined || sm >= minimumSm) return [];
    return [refuse(context, name === method ? method : `${name} (${method ?? layout})`, minimumSm, supportedSince)];
  },
};

/** `--quantization fp8_per_channel` refuses to fall back to Marlin; `nvfp4_per_token` has kernels for data-centre Blackwell only. */
const FLAG_GATES: Readonly<Record<string, number>> = { fp8_per_channel: 89, nvfp4_per_token: 100 };

/** A method forced by `--quantization` has its own limit, whatever the checkpoint would have needed. */
function flagGate(context: RuleContext): { readonly method: string; readonly least: number } | undefined {
  const method = context.options.quantizationFlag;
  if (method === undefined) return undefined;
  if (context.container?.engine === 'tensorrt-llm') return tensorRtGate(context, method.toLowerCase());
  if (!isVllm(context)) return undefined;
  const least = FLAG_GATES[method] ?? methodAt(method, context.container?.engineVersion)?.minimumSm;
  return least === undefined ? undefined : { method, least };
}

/** What TensorRT-LLM quantizes itself as it builds the engine, by `OPTION_QUANTIZE` up to LMI 0.32 and `OPTION_QUANT_ALGO` since. */
function tensorRtGate(
  context: RuleContext,
  flag: string,
): { readonly method: string; readonly least: number } | undefined {
  const { container, instance, scheme, spec } = context;
  const isRead =
    container !== undefined && (isOldTensorRt(container) || spec.environment?.OPTION_QUANT_ALGO !== undefined);
  if (flag !== 'fp8' || scheme.layout !== 'plain' || !isRead) return undefined;
  const { minimumSm } = schemeSupport(parseScheme('fp8', { origin: 'spec' }), container, instance?.accelerator, {});
  return minimumSm === undefined ? undefined : { method: flag, least: minimumSm };
}

const MARLIN_SM = 80;
const MARLIN_GROUPS = new Set([-1, 32, 64, 128]);

/**
 * 0.5.4 turns GPTQ and AWQ into Marlin's layout without a look at the GPU, unless the method is named, and then refuses the GPU. Source: 0.5.4
 * layers/quantization/utils/marlin_utils.py, `query_marlin_supported_quant_types`.
 */
function convertsToMarlin(context: RuleContext): boolean {
  const { model, options, scheme } = context;
  if (!isVllm(context, { since: '0.5.4', before: '0.5.5' }) || options.quantizationFlag !== undefined) return false;
  const stored = model?.config.quantization_config as Readonly<Record<string, unknown>> | null | undefined;
  if (stored?.quant_method !== scheme.layout || !MARLIN_GROUPS.has(Number(stored.group_size))) return false;
  if (scheme.layout === 'awq') return stored.bits === 4 && typeof stored.zero_point === 'boolean';
  return scheme.layout === 'gptq' && stored.sym === true && typeof stored.desc_act === 'boolean';
}
