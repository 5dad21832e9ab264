import { bytesBeforeQuantizing } from '../../plan';
import { instanceText } from '../helpers/accelerator';
import { fitText } from '../helpers/fit';
import { found, gib } from '../helpers/finding';
import { cheapestMachine } from '../helpers/instances';
import { offloadsByItself } from '../helpers/offload';
import { LLAMA_70B, LLAMA_8B } from '../helpers/samples';
import type { Rule, RuleContext, RuleFinding } from '../types';

const example = (config: object, instanceType: string, family: string, rest: object = {}) => ({
  model: { config },
  container: { family },
  instanceType,
  options: { maxModelLen: 4096, ...(family === 'vllm' ? { tensorParallelSize: 1 } : {}) },
  ...rest,
});

const TGI =
  '763104351884.dkr.ecr.us-east-1.amazonaws.com/huggingface-pytorch-tgi-inference:2.7.0-tgi3.3.6-gpu-py311-cu124-ubuntu22.04';
const OWN_SGLANG = '123456789012.dkr.ecr.us-east-1.amazonaws.com/sglang:v0.5.4';
const ON_LOAD = { environment: { SM_VLLM_QUANTIZATION: 'fp8' } };
const ALL_LAYERS = { SM_LLAMA_CPP_N_GPU_LAYERS: '999' };

/** SGLang foresees its buffers generously; a larger share of the memory often does. */
const LARGER_SHARE = 0.9;
/** Weights that exceed their share by less: the plan cannot tell. */
const NOT_TELLABLE = 1.02;

/** May SGLang, which chose the share, be told to take a larger one? */
function fitsLargerShare({ container, options, plan }: RuleContext): boolean {
  const { weights, total } = plan.memory;
  if (container?.engine !== 'sglang' || weights === null || total === null) return false;
  return options.gpuMemoryUtilization < LARGER_SHARE && weights < (LARGER_SHARE - 0.03) * total;
}

/** Variables by which a server that is not known may be told to quantize, or over how many GPUs to spread: TGI's, and names like them. */
const SPREADS = /QUANTIZ|NUM(BER)?_(OF_)?GPUS?|NUM_SHARD|TENSOR_PARALLEL|_TP$/i;

/** Where no server is named, or a custom image holds one, the weights may be spread or quantized in a way of its own. */
function mayBeSpread({ container, spec, instance }: RuleContext, weights: number, limit: number): boolean {
  if (spec.container === undefined && spec.options?.tensorParallelSize === undefined) {
    return weights < limit * (instance?.acceleratorCount ?? 1);
  }
  // What the entry point of a custom image makes of its variables is its own affair, even where its name tells the server.
  const isOwnImage = container?.family === 'custom' || container?.engine === 'unknown';
  if (!isOwnImage || spec.options?.tensorParallelSize !== undefined) return false;
  if (!Object.keys(spec.environment ?? {}).some((name) => SPREADS.test(name))) return false;
  // At four bits, and over every accelerator.
  return weights / 4 < limit * (instance?.acceleratorCount ?? 1);
}

/** A custom image whose variables say nothing of it may spread the weights by its own command, over as many accelerators as hold them. */
function mayBeSpreadUnseen({ container, spec, instance }: RuleContext, weights: number, limit: number): boolean {
  if (container?.family !== 'custom' || spec.options?.tensorParallelSize !== undefined) return false;
  return weights < limit * (instance?.acceleratorCount ?? 1);
}

/** What holds one share of the weights. */
const UNITS = { gpu: 'GPU', cpu: 'host', neuron: 'NeuronCore', gaudi: 'accelerator' } as const;

export const weightsDoNotFit: Rule = {
  id: 'WEIGHTS_DO_NOT_FIT',
  severity: 'error',
  summary: 'the weights fit into the memory of the accelerators',
  explanation:
    'Each accelerator holds its share of the weights for as long as the server lives. If they are larger than its memory, loading stops with "CUDA out of memory" after the download, 10 to 25 minutes into the creation of the endpoint; if they leave nothing of the share the server may use, with "No available memory for the cache blocks". vLLM before 0.15 quantizes to FP8 only after the whole model is on the accelerator, so that --quantization fp8 on a full-precision checkpoint needs room for the full precision. SGLang chooses the share by the size of its prefill chunks and graphs, which on a card of 24 GB may be less than 70 %; a larger gpuMemoryUtilization, or shorter chunks, leave more. llama-server without a number of layers keeps on the CPU what does not fit, at a fraction of the speed.',
  source:
    'this library’s plan: weights as the engine stores them, memory as the driver reports it; vllm/model_executor/layers/quantization/fp8.py, `create_weights`; sglang/srt/arg_groups/memory_hook.py',
  examples: {
    passes: [
      example(LLAMA_8B, 'ml.g5.2xlarge', 'vllm'),
      example(LLAMA_70B, 'ml.g6e.xlarge', 'llama-cpp', { quantization: 'gguf:Q4_K_M', environment: ALL_LAYERS }),
      example(LLAMA_70B, 'ml.p5.4xlarge', 'vllm', ON_LOAD),
      example(LLAMA_70B, 'ml.g5.12xlarge', 'vllm', { environment: { SM_VLLM_CPU_OFFLOAD_GB: '120' } }),
      {
        ...example(LLAMA_70B, 'ml.g5.12xlarge', 'custom', {
          environment: { SM_NUM_GPUS: '4', HF_MODEL_QUANTIZE: 'eetq' },
        }),
        container: { family: 'custom', image: TGI },
      },
      {
        ...example(LLAMA_70B, 'ml.g6e.12xlarge', 'custom', { environment: { OPTION_TENSOR_PARALLEL_SIZE: '4' } }),
        container: { family: 'custom', image: OWN_SGLANG },
      },
      { model: { config: LLAMA_70B }, instanceType: 'ml.g5.48xlarge', options: { maxModelLen: 4096 } },
    ],
    fails: [
      example(LLAMA_70B, 'ml.g5.2xlarge', 'vllm'),
      example(LLAMA_70B, 'ml.g5.xlarge', 'llama-cpp', { quantization: 'gguf:Q4_K_M', environment: ALL_LAYERS }),
      example(LLAMA_70B, 'ml.g5.xlarge', 'llama-cpp', { quantization: 'gguf:Q4_K_M' }),
      example(LLAMA_70B, 'ml.p5.4xlarge', 'vllm', { ...ON_LOAD, container: { family: 'vllm', version: '0.11.0' } }),
    ],
  },
  evaluate(context) {
    const { instance } = context;
    if (instance === undefined || context.model === undefined) return [];
    const { weights, usable, total } = context.plan.memory;
    const limit = usable ?? total;
    if (weights === null || limit === null) return [];
    if (weights < limit) return beforeQuantizing(context, total);
    if (mayBeSpread(context, weights, limit)) return [];
    const soft = offloadsByItself(context);
    const unit = UNITS[instance.kind];
    const larger = fitsLargerShare(context);
    const close = larger && weights < limit * NOT_TELLABLE;
    const unseen = mayBeSpreadUnseen(context, weights, limit);
    const machine = fitText(context);
    const better = larger
      ? `set gpuMemoryUtilization to ${LARGER_SHARE}${machine === undefined ? '' : `, or ${machine}`}`
      : machine;
    return [
      found({
        what: soft
          ? `the weights take ${gib(weights)} of each ${unit}, more than its memory, so llama-server keeps some layers on the CPU, which is many times slower`
          : `the weights take ${gib(weights)} of each ${unit} and do not fit into ${larger ? 'the share of its memory that SGLang takes' : 'its memory'}${close ? ', by a margin that is within the plan’s own error' : ''}${unseen ? ', unless the image spreads them by itself' : ''}`,
        got: `${gib(weights)} for ${gib(limit)} usable on ${instanceText(instance)}`,
        allowed: `less than ${gib(limit)} of weights for each ${unit}`,
        fix: better ?? 'quantize to fewer bits; no single instance of the region holds it',
        path: '/instanceType',
        severity: soft || close || unseen ? 'warning' : 'error',
      }),
    ];
  },
};

/** Weights that fit once they are quantized, but are loaded whole before. */
function beforeQuantizing(context: RuleContext, total: number | null): RuleFinding[] {
  const { instance } = context;
  const bytes = bytesBeforeQuantizing(context);
  if (bytes === undefined || total === null || instance === undefined || bytes < total) return [];
  const better = cheapestMachine(
    context.spec,
    ({ accelerator, acceleratorCount }) =>
      (accelerator?.memoryBytesUsable ?? 0) > bytes && acceleratorCount >= context.options.tensorParallelSize,
  );
  return [
    found({
      what: `this version quantizes only after it has loaded the weights in full precision, ${gib(bytes)} of each ${UNITS[instance.kind]}, which do not fit into its memory`,
      got: `${gib(bytes)} for ${gib(total)} on ${instanceText(instance)}`,
      allowed: `less than ${gib(total)} of full-precision weights for each ${UNITS[instance.kind]}`,
      fix: `take a checkpoint that is stored in FP8${better === undefined ? '' : `, or use ${better.instanceType}`}`,
      path: '/instanceType',
    }),
  ];
}
