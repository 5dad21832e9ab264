import { found } from '../helpers/finding';
import { isDegreeKnown } from '../helpers/neuron';
import { QWEN3_SMALL } from '../helpers/samples';
import type { Rule, RuleContext } from '../types';

const example = (copyCount: number, tensorParallelSize: number, counts: object = {}) => ({
  model: { config: QWEN3_SMALL },
  container: { family: 'vllm' },
  instanceType: 'ml.g5.12xlarge',
  options: { tensorParallelSize, maxModelLen: 4096 },
  endpoint: { inferenceComponents: true, copyCount, ...counts },
});

/** Copies of 8 cores, of which the instance has 24 in 12 devices. */
const onNeuron = (copyCount: number) => ({
  ...example(copyCount, 8),
  container: { family: 'hf-vllm-neuron' },
  instanceType: 'ml.inf2.48xlarge',
});

/** Accelerators that one copy reserves: `NumberOfAcceleratorDevicesRequired`. Of Neuron it counts devices, and the servers count cores. */
function devicesOfCopy({ instance, options }: RuleContext): number {
  const ranks = options.tensorParallelSize * options.pipelineParallelSize;
  const cores = instance?.kind === 'neuron' ? (instance.accelerator?.neuronCores ?? 1) : 1;
  return Math.ceil((ranks * Math.max(1, options.logicalNeuronCores ?? 1)) / cores);
}

export const copiesDoNotFit: Rule = {
  id: 'COPIES_DO_NOT_FIT',
  severity: 'error',
  summary: 'the copies of an inference component fit on the instances it may have',
  explanation:
    'Each copy of an inference component reserves whole accelerators, and an instance takes only as many copies as it has accelerators for. Copies for which there is no place make CreateInferenceComponent fail with InsufficientCapacity after its timeout.',
  source: 'botocore sagemaker/2017-07-24, InferenceComponentComputeResourceRequirements',
  examples: {
    passes: [example(4, 1), example(2, 2), example(8, 1, { maxInstanceCount: 2 }), onNeuron(3)],
    fails: [example(5, 1), example(3, 2), example(9, 1, { maxInstanceCount: 2 }), onNeuron(4)],
  },
  evaluate(context) {
    const { spec, instance } = context;
    const copies = spec.endpoint?.copyCount;
    if (
      copies === undefined ||
      spec.endpoint?.inferenceComponents !== true ||
      (instance?.kind !== 'gpu' && instance?.kind !== 'neuron')
    )
      return [];
    if (instance.kind === 'neuron' && !isDegreeKnown(context)) return [];
    const devices = devicesOfCopy(context);
    const perInstance = Math.floor(instance.acceleratorCount / devices);
    if (perInstance === 0) return [];
    const { initialInstanceCount = 1, maxInstanceCount = initialInstanceCount } = spec.endpoint;
    const instances = Math.max(initialInstanceCount, maxInstanceCount);
    if (copies <= perInstance * instances) return [];
    return [
      found({
        what: `${copies} copies of ${devices} ${instance.kind === 'gpu' ? 'GPU' : 'device'}${devices === 1 ? '' : 's'} do not fit: ${instance.instanceType} takes ${perInstance}, and there are at most ${instances} instance${instances === 1 ? '' : 's'}`,
        got: `copyCount ${copies}`,
        allowed: `${perInstance * instances} or fewer`,
        fix: `set maxInstanceCount to ${Math.ceil(copies / perInstance)}, or copyCount to ${perInstance * instances}`,
        path: '/endpoint/copyCount',
      }),
    ];
  },
};
