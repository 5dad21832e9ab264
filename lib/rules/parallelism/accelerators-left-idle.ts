import { instanceText } from '../helpers/accelerator';
import { isVllm, needsGpu } from '../helpers/engine';
import { found } from '../helpers/finding';
import { cheapestMachine } from '../helpers/instances';
import { QWEN3_SMALL } from '../helpers/samples';
import type { Rule, RuleContext } from '../types';
import { dividesBy } from '../helpers/divides';

const example = (family: string, options: object) => ({
  model: { config: QWEN3_SMALL },
  container: { family },
  instanceType: 'ml.g5.12xlarge',
  options: { maxModelLen: 4096, ...options },
});

/** Variables that say over how many GPUs a copy is spread. */
const DEGREES = /TENSOR_PARALLEL|SM_NUM_GPUS|_TP(_SIZE)?$/;

/** Did somebody choose how many GPUs one copy takes? */
function isAsked({ spec }: RuleContext): boolean {
  const names = Object.keys(spec.environment ?? {});
  return spec.options?.tensorParallelSize !== undefined || names.some((name) => DEGREES.test(name));
}

/** A way to cut one copy for all GPUs: by tensors as far as they divide, the rest in stages, which vLLM has. Undefined where there is none. */
function spreadText(context: RuleContext, all: number): string | undefined {
  if (context.options.pipelineParallelSize === 1 && dividesBy(context, all)) return `set tensorParallelSize to ${all}`;
  if (!isVllm(context)) return undefined;
  for (let degree = all; degree >= 1; degree--)
    if (all % degree === 0 && dividesBy(context, degree, all / degree))
      return `set tensorParallelSize to ${degree} and pipelineParallelSize to ${all / degree}`;
  return undefined;
}

export const acceleratorsLeftIdle: Rule = {
  id: 'ACCELERATORS_LEFT_IDLE',
  severity: 'warning',
  summary: 'the GPUs that are paid for are used',
  explanation:
    'The vLLM and SGLang images start one server with tensorParallelSize × pipelineParallelSize GPUs, and the degree is 1 unless set: other GPUs of the instance stay idle, and are paid for. LMI starts as many copies of the model as fit on the GPUs, each with its own workers, KV cache and share of the requests, which surprises those who meant one.',
  source: 'aws/deep-learning-containers docs, vLLM on SageMaker; deepjavalibrary/djl-serving#1092',
  examples: {
    passes: [
      example('vllm', { tensorParallelSize: 4 }),
      example('lmi', {}),
      example('vllm', { tensorParallelSize: 1 }),
      example('vllm', { tensorParallelSize: 2 }),
      { ...example('vllm', { tensorParallelSize: 2 }), endpoint: { inferenceComponents: true } },
      { ...example('sglang', {}), environment: { SM_SGLANG_TP: '2' } },
    ],
    fails: [example('vllm', {}), example('lmi', { tensorParallelSize: 2 })],
  },
  evaluate(context) {
    const { container, instance, options, spec } = context;
    if (!needsGpu(context) || instance?.kind !== 'gpu') return [];
    // An inference component sees the GPUs that it reserves; the others take further copies, or other models.
    if (spec.endpoint?.inferenceComponents === true) return [];
    const used = options.tensorParallelSize * options.pipelineParallelSize;
    const all = instance.acceleratorCount;
    const isLmi = container?.family === 'lmi' || container?.family === 'lmi-trtllm';
    // A degree that was asked for is a choice; that LMI makes copies of it is what surprises, unless it is one GPU for each.
    const isChosen = isAsked(context) && (used === 1 || !isLmi);
    if (used >= all || isChosen || /DATA_PARALLEL|DP_SIZE/.test(Object.keys(spec.environment ?? {}).join(' ')))
      return [];
    const copies = Math.floor(all / used);
    const smaller = cheapestMachine(
      spec,
      (other) => other.accelerator?.key === instance.accelerator?.key && other.acceleratorCount === used,
    );
    const spread = spreadText(context, all);
    const choice = smaller === undefined ? undefined : `use ${smaller.instanceType}`;
    const fixes = [spread, choice].filter((text) => text !== undefined);
    return [
      found({
        what: isLmi
          ? `tensorParallelSize ${options.tensorParallelSize} on ${all} GPUs starts ${copies} copies of the model, each with its own workers and KV cache`
          : `${all - used} of ${all} GPUs stay idle: one server uses tensorParallelSize × pipelineParallelSize = ${used}`,
        got: `${used} of ${all} GPUs in ${instanceText(instance)}`,
        allowed:
          spread === undefined ? `an instance with ${used}, or copies` : `${all} for one copy on all accelerators`,
        fix: fixes.length === 0 ? 'use an instance with fewer GPUs' : fixes.join(', or '),
        path: '/options/tensorParallelSize',
      }),
    ];
  },
};
