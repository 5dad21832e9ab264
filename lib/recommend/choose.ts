import type { ContainerFamily } from '../spec/types';

/** What matters most to whoever deploys. */
export const CHOICE_GOALS = ['simplest', 'cost', 'flexibility', 'edge'] as const;
export type ChoiceGoal = (typeof CHOICE_GOALS)[number];

export const CHOICE_ARCHITECTURES = ['decoder', 'encoder-decoder', 'multimodal'] as const;
export type ChoiceArchitecture = (typeof CHOICE_ARCHITECTURES)[number];

/** How much quality may be traded: `high` keeps 16 or 8 bits, `small` goes to 4. */
export const CHOICE_QUALITIES = ['high', 'balanced', 'small'] as const;
export type ChoiceQuality = (typeof CHOICE_QUALITIES)[number];

export interface Question {
  readonly goal: ChoiceGoal;
  readonly architecture: ChoiceArchitecture;
  readonly quality: ChoiceQuality;
}

/** A path, and how to begin on it. */
export interface Choice {
  /** The guide's name of it. */
  readonly path: string;
  /** Those of the first scheme come first. */
  readonly containers: readonly ContainerFamily[];
  /** Schemes in the order in which to evaluate them. */
  readonly schemes: readonly string[];
  /** Which of the containers serve each scheme. */
  readonly servedBy: Readonly<Record<string, readonly ContainerFamily[]>>;
  readonly construct: 'QuantizedEndpoint' | 'NeuronEndpoint' | 'GgufEndpoint';
  readonly reason: string;
  /** What to do next, as commands. */
  readonly next: readonly string[];
}

interface Path {
  readonly path: string;
  readonly containers: readonly ContainerFamily[];
  readonly construct: Choice['construct'];
  readonly reason: string;
}

const SIMPLEST: Path = {
  path: 'SageMaker AI with a checkpoint that is quantized already',
  containers: ['lmi'],
  construct: 'QuantizedEndpoint',
  reason: 'least code: the container reads the checkpoint’s own quantization, and nothing is quantized at start',
};
const INFERENTIA: Path = {
  path: 'AWS Inferentia with the Neuron SDK',
  containers: ['lmi-neuron', 'vllm-neuron', 'hf-vllm-neuron'],
  construct: 'NeuronEndpoint',
  reason: 'lowest price for a stable workload; the model is compiled for one batch and one length beforehand',
};
const OWN_CONTAINER: Path = {
  path: 'a container of your own choice: vLLM, SGLang or TensorRT-LLM',
  containers: ['vllm', 'sglang', 'lmi-trtllm'],
  construct: 'QuantizedEndpoint',
  reason: 'every option of the engine is yours, and the newest schemes come first',
};
const GGUF: Path = {
  path: 'GGUF with llama.cpp',
  containers: ['llama-cpp'],
  construct: 'GgufEndpoint',
  reason: 'runs on GPUs, x86, Graviton and at the edge, from 2 to 8 bits',
};
/** What is left for encoders with a decoder, such as T5: the rules refuse them everywhere else. */
const TENSORRT: Path = {
  path: 'SageMaker AI with the last TensorRT-LLM container that AWS published',
  containers: ['lmi-trtllm'],
  construct: 'QuantizedEndpoint',
  reason: 'vLLM and SGLang have no T5 or BART; AWS publishes no newer image, so prefer a decoder where you can',
};

/** Source: AWS "Model Quantization" guide, "Choose your implementation path": if you want …, choose …; where that serves this kind of model. */
const PATHS: Readonly<Record<ChoiceGoal, Readonly<Record<ChoiceArchitecture, Path>>>> = {
  simplest: { decoder: SIMPLEST, multimodal: SIMPLEST, 'encoder-decoder': TENSORRT },
  cost: {
    decoder: INFERENTIA,
    multimodal: {
      ...SIMPLEST,
      reason: 'no Neuron image here serves models that see: the cheapest GPU is what is left',
    },
    'encoder-decoder': {
      ...TENSORRT,
      reason:
        'no Neuron image here serves encoders with a decoder: a small GPU is what is left, with the last image that AWS published',
    },
  },
  flexibility: {
    decoder: OWN_CONTAINER,
    multimodal: {
      ...OWN_CONTAINER,
      path: 'a container of your own choice: vLLM or SGLang',
      containers: ['vllm', 'sglang'],
    },
    'encoder-decoder': TENSORRT,
  },
  edge: {
    decoder: GGUF,
    multimodal: GGUF,
    'encoder-decoder': {
      ...TENSORRT,
      reason:
        'llama-server never runs the encoder of a T5: a small GPU is what is left, with the last image that AWS published',
    },
  },
};

/** Eight bits before four; encoder-decoders keep to INT8; multimodal models stay careful. */
const SCHEMES: Readonly<Record<ChoiceArchitecture, Readonly<Record<ChoiceQuality, readonly string[]>>>> = {
  decoder: {
    high: ['fp8', 'smoothquant'],
    balanced: ['fp8', 'smoothquant', 'awq', 'gptq'],
    small: ['awq', 'gptq'],
  },
  'encoder-decoder': {
    high: ['smoothquant', 'int8-weight-only'],
    balanced: ['smoothquant', 'int8-weight-only', 'fp8'],
    small: ['int8-weight-only'],
  },
  multimodal: {
    high: ['none', 'fp8'],
    balanced: ['fp8', 'none'],
    small: ['fp8', 'awq'],
  },
};

/** Four-bit K-quants for most uses, Q8_0 where quality matters. */
const GGUF_SCHEMES: Readonly<Record<ChoiceQuality, readonly string[]>> = {
  high: ['gguf:Q8_0'],
  balanced: ['gguf:Q4_K_M', 'gguf:Q8_0'],
  small: ['gguf:Q4_K_M', 'gguf:Q4_K_S'],
};

/** The guide's chooser. */
export function choose({ goal, architecture, quality }: Question): Choice {
  const path = PATHS[goal][architecture];
  const schemes = schemesFor(path, architecture, quality);
  const servedBy = Object.fromEntries(schemes.map((scheme) => [scheme, containersFor(path, scheme)]));
  const containers = [...new Set(schemes.flatMap((scheme) => servedBy[scheme]))];
  const fixed = schemes.length === 1 ? `, "quantization": "${schemes[0]}"` : '';
  return {
    ...path,
    containers,
    schemes,
    servedBy,
    next: [
      `qe recommend SPEC   (compares all ways; only this one with "container": {"family": "${containers[0]}"}${fixed})`,
      `qe simulate MODEL --scheme ${schemes.filter((scheme) => scheme !== 'none').join(',') || schemes[0]}   (quality before you deploy)`,
      'qe init   (an app with the construct)',
    ],
  };
}

function schemesFor(path: Path, architecture: ChoiceArchitecture, quality: ChoiceQuality): readonly string[] {
  if (path === GGUF) return GGUF_SCHEMES[quality];
  // NeuronCores store INT8 and compute in 16 bits; there is no four-bit path.
  if (path === INFERENTIA) return quality === 'high' ? ['none', 'neuron-int8'] : ['neuron-int8', 'none'];
  return SCHEMES[architecture][quality];
}

/** On Neuron each image takes one of both; elsewhere every container takes every scheme. */
function containersFor({ containers }: Path, scheme: string): readonly ContainerFamily[] {
  const isFor = (family: ContainerFamily): boolean =>
    !family.endsWith('-neuron') || (family === 'hf-vllm-neuron') === (scheme === 'none');
  return containers.filter(isFor);
}
