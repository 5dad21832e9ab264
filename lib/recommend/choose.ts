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
  readonly containers: readonly ContainerFamily[];
  /** Schemes in the order in which to evaluate them. */
  readonly schemes: readonly string[];
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

/** Source: AWS "Model Quantization" guide, "Choose your implementation path": if you want …, choose …. */
const PATHS: Readonly<Record<ChoiceGoal, Path>> = {
  simplest: {
    path: 'SageMaker AI with a checkpoint that is quantized already',
    containers: ['lmi'],
    construct: 'QuantizedEndpoint',
    reason: 'least code: the container reads the checkpoint’s own quantization, and nothing is quantized at start',
  },
  cost: {
    path: 'AWS Inferentia with the Neuron SDK',
    containers: ['hf-vllm-neuron', 'lmi-neuron'],
    construct: 'NeuronEndpoint',
    reason: 'lowest price for a stable workload; the model is compiled for one batch and one length beforehand',
  },
  flexibility: {
    path: 'a container of your own choice: vLLM, SGLang or TensorRT-LLM',
    containers: ['vllm', 'sglang', 'lmi-trtllm'],
    construct: 'QuantizedEndpoint',
    reason: 'every option of the engine is yours, and the newest schemes come first',
  },
  edge: {
    path: 'GGUF with llama.cpp',
    containers: ['llama-cpp'],
    construct: 'GgufEndpoint',
    reason: 'runs on GPUs, x86, Graviton and at the edge, from 2 to 8 bits',
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
  const path = PATHS[goal];
  const schemes = schemesFor(goal, architecture, quality);
  const container = path.containers[0];
  return {
    ...path,
    schemes,
    next: [
      `qe recommend SPEC   (with "container": {"family": "${container}"}${schemes.length === 1 ? `, "quantization": "${schemes[0]}"` : ''})`,
      `qe simulate MODEL --scheme ${schemes.filter((scheme) => scheme !== 'none').join(',') || schemes[0]}   (quality before you deploy)`,
      'qe init   (an app with the construct)',
    ],
  };
}

function schemesFor(goal: ChoiceGoal, architecture: ChoiceArchitecture, quality: ChoiceQuality): readonly string[] {
  if (goal === 'edge') return GGUF_SCHEMES[quality];
  // NeuronCores store INT8 and compute in 16 bits; there is no four-bit path.
  if (goal === 'cost') return quality === 'high' ? ['none', 'neuron-int8'] : ['neuron-int8', 'none'];
  return SCHEMES[architecture][quality];
}
