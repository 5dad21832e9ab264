import { findImages, registryAccounts } from '../../container';
import { cudaCompatibility } from '../helpers/driver';
import type { Instance } from '../../hardware/types';
import { found } from '../helpers/finding';
import { cheapestInstance } from '../helpers/instances';
import { QWEN3_SMALL } from '../helpers/samples';
import type { Rule, RuleContext, RuleFinding } from '../types';

const example = (instanceType: string, version?: string) => ({
  model: { config: QWEN3_SMALL },
  quantization: 'gguf:Q4_K_M',
  container: { family: 'llama-cpp', version },
  instanceType,
});

const custom = (image: string, instanceType: string) => ({
  ...example(instanceType),
  container: { family: 'custom', image: `763104351884.dkr.ecr.us-east-1.amazonaws.com/${image}` },
});

/** Families of Graviton2, whose cores are older than the ones the Arm image is compiled for. */
const GRAVITON2 = new Set(['c6g', 'c6gd', 'c6gn', 'm6g', 'm6gd', 'r6g', 'r6gd']);

export const imageForOtherProcessor: Rule = {
  id: 'IMAGE_FOR_OTHER_PROCESSOR',
  severity: 'error',
  summary: "there is an image of this version for the instance's processor",
  explanation:
    'The llama.cpp images exist for GPU, x86 and Arm, but not in every version. The Arm image is compiled for neoverse-v1 (Graviton3): with the vector instructions (SVE) that Graviton2 has not, llama-server stops there with an illegal instruction. The image is meant for Graviton3 and later. The other images are x86 only. An image that is given by its URI is looked at where it is one of AWS’s own: "exec format error" is all that the log says.',
  source:
    'aws/deep-learning-containers docker/llama_cpp/Dockerfile.arm64 (-mcpu=neoverse-v1, "portable across Graviton3/4/5"); GCC manual, -mcpu=neoverse-v1; sagemaker-core 2.27.0 image_uri_config; aws/sagemaker-python-sdk#3679',
  examples: {
    passes: [
      example('ml.c7g.2xlarge'),
      example('ml.c7i.2xlarge'),
      example('ml.c8g.2xlarge'),
      custom('llama-cpp-arm64:server-sagemaker-cpu-v1', 'ml.c7g.2xlarge'),
    ],
    fails: [
      example('ml.c7g.2xlarge', 'b9522'),
      example('ml.c6g.2xlarge'),
      custom('llama-cpp:server-sagemaker-cpu-v1', 'ml.c7g.2xlarge'),
      custom('llama-cpp-arm64:server-sagemaker-cpu-v1', 'ml.c6i.2xlarge'),
    ],
  },
  evaluate(context) {
    const { instance, container } = context;
    if (container?.family === 'custom') return customImage(context);
    if (instance?.cpuArchitecture !== 'arm64' || container === undefined) return [];
    if (!hasArmImage(context))
      return [
        found({
          what: `the ${container.family} image ${container.version ?? ''} has no build for Arm processors`.replace(
            '  ',
            ' ',
          ),
          got: `${instance.instanceType} (arm64)`,
          allowed: 'an x86 instance',
          fix:
            container.family === 'llama-cpp'
              ? 'use version 1.0.1, or an x86 instance such as ml.c7i.2xlarge'
              : 'use an x86 instance',
          path: '/instanceType',
          // Whether the GPU images are built for the Arm hosts of Grace Blackwell is documented nowhere.
          severity: instance.kind === 'gpu' ? 'warning' : undefined,
        }),
      ];
    if (container.family !== 'llama-cpp' || !GRAVITON2.has(instance.family)) return [];
    return [
      found({
        what: 'the Arm image of llama.cpp is compiled for Graviton3 (neoverse-v1) and stops with an illegal instruction on Graviton2',
        got: instance.instanceType,
        allowed: 'c7g, r7gd, c8g, m8g or r8g',
        fix: `use ${newerGraviton(context, instance)?.instanceType ?? `ml.c7g.${instance.size}`}`,
        path: '/instanceType',
      }),
    ];
  },
};

/** The cheapest that has no less memory: a family of the same size may have half of it. */
function newerGraviton({ spec }: RuleContext, { memoryBytes, vcpus }: Instance): Instance | undefined {
  return cheapestInstance(
    spec,
    (other) =>
      other.kind === 'cpu' &&
      other.cpuArchitecture === 'arm64' &&
      !GRAVITON2.has(other.family) &&
      other.memoryBytes >= memoryBytes &&
      other.vcpus >= vcpus,
  );
}

function hasArmImage({ container }: RuleContext): boolean {
  if (container?.version === undefined) return true;
  const images = findImages(container.family, container.assumedVersion ?? container.version);
  return images.length === 0 || images.some((image) => image.variant === 'arm64');
}

/** Accounts whose repositories are AWS's own: a repository of the same name elsewhere may hold any build. */
const accounts = new Set(Object.values(registryAccounts()));

/** An image of AWS given by its URI: its repository says which processor it is for. */
function customImage({ instance, container, spec }: RuleContext): RuleFinding[] {
  const account = /^(\d{12})\./.exec(spec.container?.image ?? '')?.[1];
  const repository = container?.repository;
  if (instance === undefined || container === undefined || repository === undefined) return [];
  if (account === undefined || !accounts.has(account)) return [];
  const isArm = instance.cpuArchitecture === 'arm64';
  const isArmImage = repository.endsWith('-arm64') || /(^|-)arm64(-|$)/.test(container.tag ?? '');
  const isKnown = isArmImage || cudaCompatibility(container) !== 'unknown';
  if (!isKnown || isArm === isArmImage || (isArm && instance.kind === 'gpu')) return [];
  return [
    found({
      what: `the image ${repository} is built for ${isArmImage ? 'Arm' : 'x86'} processors`,
      got: `${instance.instanceType} (${instance.cpuArchitecture})`,
      allowed: isArmImage ? 'an instance with a Graviton3 or later' : 'an x86 instance',
      fix: isArmImage ? 'use an Arm instance such as ml.c7g.2xlarge' : 'use an x86 instance such as ml.c7i.2xlarge',
      path: '/instanceType',
    }),
  ];
}
