import { found } from '../helpers/finding';
import { QWEN3_SMALL } from '../helpers/samples';
import type { Rule, RuleContext } from '../types';

const example = (copyCount: number, tensorParallelSize: number, counts: object = {}) => ({
  model: { config: QWEN3_SMALL },
  container: { family: 'vllm' },
  instanceType: 'ml.g5.12xlarge',
  options: { tensorParallelSize, maxModelLen: 4096 },
  endpoint: { inferenceComponents: true, copyCount, ...counts },
});

/** Accelerators that one copy reserves: `NumberOfAcceleratorDevicesRequired`. */
function devicesOfCopy({ options }: RuleContext): number {
  return options.tensorParallelSize * options.pipelineParallelSize;
}

export const copiesDoNotFit: Rule = {
  id: 'COPIES_DO_NOT_FIT',
  severity: 'error',
  summary: 'the copies of an inference component fit on the instances it may have',
  explanation:
    'Each copy of an inference component reserves whole accelerators, and an instance takes only as many copies as it has accelerators for. Copies for which there is no place make CreateInferenceComponent fail with InsufficientCapacity after its timeout.',
  source: 'botocore sagemaker/2017-07-24, InferenceComponentComputeResourceRequirements',
  examples: {
    passes: [example(4, 1), example(2, 2), example(8, 1, { maxInstanceCount: 2 })],
    fails: [example(5, 1), example(3, 2), example(9, 1, { maxInstanceCount: 2 })],
  },
  evaluate(context) {
    const { spec, instance } = context;
    const copies = spec.endpoint?.copyCount;
    if (copies === undefined || spec.endpoint?.inferenceComponents !== true || instance?.kind !== 'gpu') return [];
    const devices = devicesOfCopy(context);
    const perInstance = Math.floor(instance.acceleratorCount / devices);
    if (perInstance === 0) return [];
    const { initialInstanceCount = 1, maxInstanceCount = initialInstanceCount } = spec.endpoint;
    const instances = Math.max(initialInstanceCount, maxInstanceCount);
    if (copies <= perInstance * instances) return [];
    return [
      found({
        what: `${copies} copies of ${devices} GPU${devices === 1 ? '' : 's'} do not fit: ${instance.instanceType} takes ${perInstance}, and there are at most ${instances} instance${instances === 1 ? '' : 's'}`,
        got: `copyCount ${copies}`,
        allowed: `${perInstance * instances} or fewer`,
        fix: `set maxInstanceCount to ${Math.ceil(copies / perInstance)}, or copyCount to ${perInstance * instances}`,
        path: '/endpoint/copyCount',
      }),
    ];
  },
};
