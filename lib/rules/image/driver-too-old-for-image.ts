import { supportOf } from '../helpers/accelerator';
import { amiFor, cudaCompatibility, cudaText, driverText, hostDriver, type CudaCompatibility } from '../helpers/driver';
import { found } from '../helpers/finding';
import { AWQ, LLAMA_8B, quantized, QWEN3_SMALL } from '../helpers/samples';
import type { Rule, RuleContext, RuleFinding } from '../types';

const example = (family: string, version: string, instanceType: string, inferenceAmiVersion?: string) => ({
  model: { config: QWEN3_SMALL },
  container: { family, version },
  instanceType,
  options: { maxModelLen: 4096 },
  endpoint: { inferenceAmiVersion },
});

const custom = (image: string) => ({
  ...example('vllm', '', 'ml.g5.2xlarge'),
  container: { family: 'custom', image: `763104351884.dkr.ecr.us-east-1.amazonaws.com/${image}` },
});

/** Driver from which CUDA of a major version runs by itself; source: NVIDIA, CUDA compatibility. */
const LEAST_DRIVER = { cuda13: 580, cuda12: 525 } as const;

/** Floor of the compatibility libraries in the DJL images: label `verified_versions=12.2`. */
const DJL_FLOOR = 535;

/** Families on which AWS's samples start DJL's images of CUDA 12 without an AMI, whatever driver is documented for them. */
const RUN_BY_SAMPLES: ReadonlySet<string> = new Set(['g5', 'p4d', 'p4de']);

/** Newest CUDA whose compatibility libraries are made for driver 470 too, the branch that g4dn has by default; source: NVIDIA, CUDA compatibility. */
const NEWEST_CUDA_ON_470 = 124;

/**
 * Images of CUDA 13 that can load their compatibility libraries, which NVIDIA makes for driver 535 and newer: vLLM
 * does with `VLLM_ENABLE_CUDA_COMPATIBILITY`, the Hugging Face image by itself. The script of the SGLang image sets
 * its path in a shell that ends at once.
 */
const LOAD_COMPATIBILITY: ReadonlySet<string> = new Set(['vllm', 'huggingface-vllm']);

/**
 * Families with no documented driver on which the SageMaker SDK sets the AMI of CUDA 13 images, "to avoid crashes at launch". That the driver taken
 * without one is too old, it does not say.
 * Source: sagemaker-serve model_builder_servers.py, `_resolve_inference_ami_version`; aws/sagemaker-python-sdk#6281.
 */
const SET_BY_SDK: ReadonlySet<string> = new Set(['g6e']);

/** Images that their maker's guides deploy on g5 and p4d without an AMI, as thousands did. Source: huggingface.co/docs/sagemaker, "Deploy LLMs"; huggingface/text-generation-inference#419. */
const RUN_AS_THEY_ARE: ReadonlySet<string> = new Set(['huggingface-pytorch-tgi-inference']);

/**
 * CUDA of NVIDIA's Triton image on SageMaker from a release on: its tags, `25.04-py3`, do not say it. Older ones have compatibility libraries for
 * driver 470; of 25.04 it was reported there that "compatibility mode is UNAVAILABLE". Source: NVIDIA, Triton release notes of 25.03 and 25.04;
 * aws/deep-learning-containers#4990.
 */
const TRITON_CUDA: readonly (readonly [number, number])[] = [
  [2504, 129],
  [2503, 128],
];

/** Driver with which AWS tests its CUDA 12.8 and 12.9 images. */
const TESTED_WITH_CUDA12 = 550;

export const driverTooOldForImage: Rule = {
  id: 'DRIVER_TOO_OLD_FOR_IMAGE',
  severity: 'error',
  summary: "the host's driver runs the image's CUDA",
  explanation:
    'The driver of the host comes with the inference AMI, and without one SageMaker takes an old AMI by instance family: driver 470 (CUDA 11.4) on g4dn, g5, p4d and p4de, 535 on p5 and g6, 550 on p5e and p5en. A CUDA 13 image of AWS is made for driver 580: on the driver that a family has by default the container fails before it writes a log ("CannotStartContainerError"), or the endpoint hangs in Creating; on g6e, whose default is documented nowhere, the SageMaker SDK sets the AMI of CUDA 13 images as well. On 535 and newer vLLM can load the compatibility libraries of its image (VLLM_ENABLE_CUDA_COMPATIBILITY=1), and AWS’s guide for the vLLM image names an AMI of driver 550; SGLang and llama.cpp cannot. The LMI images bundle such libraries and are made for driver 535 and newer: on g4dn those of CUDA 12.8 were reported not to start without an AMI, while AWS’s samples start them so on g5 and p4d, and images up to CUDA 12.4, whose libraries still serve driver 470, on g4dn; AWQ models were reported to fail there with "the provided PTX was compiled with an unsupported toolchain".',
  source:
    'SageMaker docs, inference-gpu-drivers; aws/sagemaker-python-sdk#6281, #6141; aws/deep-learning-containers#6173, #5253; deepjavalibrary/djl-serving#2987; aws/deep-learning-containers docs/vllm/deployment/sagemaker.md; aws-samples/sagemaker-genai-hosting-examples 02-engines; aws-samples/foundation-model-benchmarking-tool config-llama2-7b-g4dn-g5-trt.yml; NVIDIA, CUDA compatibility',
  examples: {
    passes: [
      example('vllm', '0.24.0', 'ml.g5.2xlarge', 'al2023-ami-sagemaker-inference-gpu-4-1'),
      example('vllm', '0.15.1', 'ml.g5.2xlarge', 'al2-ami-sagemaker-inference-gpu-3-1'),
      example('lmi', '0.34.0-lmi16', 'ml.g6.2xlarge'),
      example('vllm', '0.8.5', 'ml.g5.2xlarge'),
      example('lmi', '0.34.0-lmi16', 'ml.g5.2xlarge'),
      example('lmi', '0.31.0-lmi13', 'ml.g4dn.12xlarge'),
      example('vllm', '0.15.1', 'ml.g6e.xlarge'),
      example('vllm', '0.26.0', 'ml.g7e.12xlarge'),
      {
        ...example('vllm', '0.24.0', 'ml.p5.48xlarge', 'al2-ami-sagemaker-inference-gpu-3-1'),
        environment: { VLLM_ENABLE_CUDA_COMPATIBILITY: '1' },
      },
      custom('huggingface-pytorch-tgi-inference:2.1.1-tgi1.4.0-gpu-py310-cu121-ubuntu20.04'),
      custom('sagemaker-tritonserver:24.05-py3'),
      custom('sagemaker-tritonserver:25.04-py3-cpu'),
    ],
    fails: [
      example('vllm', '0.24.0-gpu-py312-cu130-ubuntu22.04-sagemaker', 'ml.g5.2xlarge'),
      example('vllm', '0.24.0', 'ml.p5.48xlarge', 'al2-ami-sagemaker-inference-gpu-3-1'),
      example('vllm', '0.24.0', 'ml.p5.48xlarge'),
      example('sglang', '0.5.20', 'ml.p5.48xlarge', 'al2-ami-sagemaker-inference-gpu-3-1'),
      example('vllm', '0.15.1', 'ml.g5.2xlarge'),
      example('lmi', '0.34.0-lmi16', 'ml.g4dn.xlarge'),
      example('lmi', '0.36.0-lmi27', 'ml.p5.48xlarge'),
      { ...example('lmi', '0.36.0-lmi18', 'ml.p5.48xlarge'), model: { config: quantized(LLAMA_8B, AWQ) } },
      example('lmi-trtllm', '0.33.0', 'ml.g6.xlarge'),
      example('vllm', '0.24.0', 'ml.g6e.xlarge'),
      example('llama-cpp', '1.0.1', 'ml.g5.2xlarge'),
      custom('own-server:1-cu124'),
      custom('sagemaker-tritonserver:25.04-py3'),
    ],
  },
  evaluate(context) {
    const { container, instance, spec } = context;
    if (container === undefined || instance?.kind !== 'gpu') return [];
    const cuda = container.cuda ?? tritonCuda(container.repository, spec.container?.image);
    if (cuda === undefined) return [];
    const kind = cudaCompatibility(container);
    const host = hostDriver(context);
    const need = needOf(context, kind, cuda);
    if (need === undefined) return [];
    if (cuda < 130 && container.repository !== undefined && RUN_AS_THEY_ARE.has(container.repository)) return [];
    const marlin = host && marlinPtx(context, kind, host.driver);
    const runs = host !== undefined && marlin === undefined && host.driver >= need.driver;
    if (runs && !isUntested(kind, cuda, host.driver)) return [];
    const image = `a CUDA ${cudaText(cuda)} image (${container.tag ?? container.version ?? container.family})`;
    const common = {
      allowed: `driver ${need.driver} or newer`,
      fix: `set inferenceAmiVersion to ${amiFor(cuda)}`,
      path: '/endpoint/inferenceAmiVersion',
    };
    if (host === undefined) return hostUnknown(context, kind, cuda, { image, ...common });
    if (marlin !== undefined)
      return [
        found({
          ...common,
          what: `the Marlin kernels of LMI ${container.lmi} stop on driver ${host.driver} with "the provided PTX was compiled with an unsupported toolchain", which ${context.scheme.name} weights need`,
          got: driverText(context, host),
          allowed: `driver ${TESTED_WITH_CUDA12} or newer`,
        }),
      ];
    if (runs)
      return [
        found({
          ...common,
          what: `${image} is tested with driver ${TESTED_WITH_CUDA12} only`,
          got: driverText(context, host),
          allowed: `driver ${TESTED_WITH_CUDA12}`,
          severity: 'warning',
        }),
      ];
    if (isRunBySamples(context, need)) return [];
    return [
      found({
        ...common,
        what: need.isCertain
          ? `${image} needs driver ${need.driver} or newer`
          : `${image} is made for driver ${need.driver} or newer, and not every kernel runs on an older one ("unsupported PTX toolchain")`,
        got: driverText(context, host),
        severity: need.isCertain || (host.driver < DJL_FLOOR && container.family !== 'custom') ? undefined : 'warning',
      }),
    ];
  },
};

/** CUDA of an image of Triton for GPUs, as far as the table goes. */
function tritonCuda(repository: string | undefined, image: string | undefined): number | undefined {
  if (repository !== 'sagemaker-tritonserver') return undefined;
  const [, year, month] = /:(\d\d)\.(\d\d)-py3$/.exec(image ?? '') ?? [];
  const release = Number(`${year}${month}`);
  return TRITON_CUDA.find(([since]) => release >= since)?.[1];
}

/** From LMI 18 on, with vLLM 0.12; LMI 16 ran on the same host. */
const MARLIN_PTX_SINCE_LMI = 18;

/** Does LMI meet a driver on which its Marlin kernels were seen to fail? */
function marlinPtx(context: RuleContext, kind: CudaCompatibility, driver: number): true | undefined {
  const isMarlin = supportOf(context).kernel === 'Marlin';
  const isReported = kind === 'bundled' && (context.container?.lmi ?? 0) >= MARLIN_PTX_SINCE_LMI;
  return isMarlin && isReported && driver < TESTED_WITH_CUDA12 && driver >= DJL_FLOOR ? true : undefined;
}

interface Need {
  readonly driver: number;
  /** False: older drivers down to the floor run it with what the image bundles, or nothing is known of the image. */
  readonly isCertain: boolean;
}

function needOf({ container, spec }: RuleContext, kind: CudaCompatibility, cuda: number): Need | undefined {
  if (cuda < 120) return undefined;
  // Its libraries ask the driver for symbols of CUDA 12.3, bundled libraries or not.
  if (container?.engine === 'tensorrt-llm' && cuda >= 128) return { driver: TESTED_WITH_CUDA12, isCertain: true };
  const loads = LOAD_COMPATIBILITY.has(container?.repository ?? '');
  if (cuda >= 130 && loads && spec.environment?.VLLM_ENABLE_CUDA_COMPATIBILITY === '1')
    return { driver: DJL_FLOOR, isCertain: true };
  // An AMI of driver 550 is what AWS's guide for vLLM names; hosts without one were reported to stop before any log.
  const isByGuide = loads && spec.endpoint?.inferenceAmiVersion !== undefined;
  if (cuda >= 130) return { driver: LEAST_DRIVER.cuda13, isCertain: kind === 'strict' && !isByGuide };
  if (kind === 'bundled') return { driver: DJL_FLOOR, isCertain: true };
  return { driver: LEAST_DRIVER.cuda12, isCertain: kind === 'strict' };
}

/** Images of DJL with CUDA 12 that AWS's samples start without an AMI. */
function isRunBySamples({ spec, instance, container }: RuleContext, need: Need): boolean {
  const isBundled = container?.repository === 'djl-inference' && need.driver === DJL_FLOOR;
  if (!isBundled || spec.endpoint?.inferenceAmiVersion !== undefined) return false;
  const isOfItsTime = instance?.family === 'g4dn' && (container.cuda ?? Infinity) <= NEWEST_CUDA_ON_470;
  return isOfItsTime || RUN_BY_SAMPLES.has(instance?.family ?? '');
}

type Common = Pick<RuleFinding, 'allowed'> & { readonly fix: string; readonly path: string };

/**
 * Families whose default driver is documented nowhere (g6e, g7e, p6): a CUDA 13 image still wants its AMI. Images of
 * CUDA 12 are started so by AWS's samples (vLLM 0.15 on g7e, SGLang 0.5.9 on g6e), and vLLM with CUDA 13 on g7e.
 */
function hostUnknown(
  { spec, instance, container }: RuleContext,
  kind: CudaCompatibility,
  cuda: number,
  { image, ...common }: Common & { readonly image: string },
): readonly RuleFinding[] {
  if (spec.endpoint?.inferenceAmiVersion !== undefined || kind !== 'strict' || cuda < 130) return [];
  // GPUs of Blackwell need driver 570 themselves, on which what vLLM loads suffices.
  if (LOAD_COMPATIBILITY.has(container?.repository ?? '') && (instance?.accelerator?.sm ?? 0) >= 100) return [];
  const setBySdk = SET_BY_SDK.has(instance?.family ?? '') ? ', which the SageMaker SDK sets there' : '';
  return [
    found({
      ...common,
      what: `the driver that SageMaker takes on ${instance?.family} without an inferenceAmiVersion is documented nowhere, and ${image} needs a certain one${setBySdk}`,
      got: 'no inferenceAmiVersion',
      severity: 'warning',
    }),
  ];
}

/** CUDA 12.8 and 12.9 run on driver 535 by minor-version compatibility, but AWS tests them with 550. */
function isUntested(kind: CudaCompatibility, cuda: number, driver: number): boolean {
  return kind === 'strict' && cuda >= 128 && driver < TESTED_WITH_CUDA12;
}
