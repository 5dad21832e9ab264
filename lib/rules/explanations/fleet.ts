import type { Explanation } from '../types';

/** Models that share the instances of one endpoint, and their adapters. */
export const fleetExplanations: readonly Explanation[] = [
  {
    id: 'FLEET_COPIES_OUT_OF_RANGE',
    severity: 'error',
    summary: 'the copies of a model are possible together',
    explanation:
      'An inference component is created with one copy at least, though scaling may take the last one away later; the minimum is not above the maximum, and the beginning lies between the two.',
    source: 'stdapi-ai/stdapi.ai#43, measured in August 2026; Application Auto Scaling API, RegisterScalableTarget',
  },
  {
    id: 'FLEET_MODEL_EXCEEDS_INSTANCE',
    severity: 'error',
    summary: 'a copy of each model fits on one instance',
    explanation:
      'A copy lies on one instance whole. What it takes is worked out from its plan: the accelerators over which it is split and the host memory its weights pass through, on a CPU all of its memory and the cores in proportion. A tenth of the host is left to the system; AWS publishes no figure.',
    source: 'SageMaker API reference, InferenceComponentComputeResourceRequirements',
  },
  {
    id: 'FLEET_DOES_NOT_FIT',
    severity: 'error',
    summary: 'the models of a fleet fit on its instances together',
    explanation:
      'The copies with which the models begin are packed on as few instances as possible, by accelerators, cores and memory. Copies for which there is no place make CreateInferenceComponent fail after its time-out.',
    source: 'SageMaker API reference, InferenceComponentComputeResourceRequirements, ManagedInstanceScaling',
  },
  {
    id: 'FLEET_MAXIMA_DO_NOT_FIT',
    severity: 'warning',
    summary: 'all models of a fleet may have their most copies at once',
    explanation:
      'Models whose loads come at different times may share room for growth. Where they come together, whichever scales last waits, and its requests with it.',
    source: 'SageMaker API reference, ManagedInstanceScaling',
  },
  {
    id: 'FLEET_DRIVERS_CONFLICT',
    severity: 'error',
    summary: 'one GPU driver serves all models of a fleet',
    explanation:
      'InferenceAmiVersion belongs to the variant, and with it the driver of all containers on its instances. CUDA 12 images of vLLM hang on driver 580, CUDA 13 images do not start before it.',
    source: 'SageMaker API reference, ProductionVariant, InferenceAmiVersion; aws/deep-learning-containers#6187',
  },
  {
    id: 'FLEET_WITHOUT_MODELS',
    severity: 'error',
    summary: 'a fleet has models',
    explanation: 'Instances without a model answer nothing and are paid for.',
    source: 'AWS Price List, AmazonSageMaker, on-demand hosting',
  },
  {
    id: 'FLEET_LARGER_THAN_ITS_MODELS',
    severity: 'error',
    summary: 'the fewest instances of a fleet can be filled',
    explanation: 'minInstanceCount keeps instances that no copy needs even when every model has its most copies.',
    source: 'SageMaker API reference, ManagedInstanceScaling',
  },
  {
    id: 'ADAPTER_BASE_WITHOUT_LORA',
    severity: 'error',
    summary: 'the base of an adapter serves adapters',
    explanation:
      'A server sets up its LoRA slots when it starts (enable_lora); without them no adapter can be loaded into it later.',
    source: 'vllm/config/lora.py; SageMaker developer guide, "Adapter inference components"',
  },
  {
    id: 'ADAPTER_CONTAINER_NOT_VERIFIED',
    severity: 'warning',
    summary: 'the container is one in which adapters were tried',
    explanation:
      'SageMaker registers adapters with the container by an interface that AWS documents for LMI. Whether other images answer it was not verified.',
    source: 'SageMaker developer guide, "Adapter inference components"; not verified',
  },
  {
    id: 'ADAPTERS_ABOVE_MAX_LORAS',
    severity: 'warning',
    summary: 'the adapters of a base fit on the GPU together',
    explanation:
      'max_loras adapters are in GPU memory at once. Requests for more of them in one batch wait for one another, and adapters are loaded from host memory or disk as they take turns.',
    source: 'vllm/config/lora.py, max_loras and max_cpu_loras',
  },
  {
    id: 'ADAPTER_CONFIG_UNKNOWN',
    severity: 'warning',
    summary: 'the configuration of an adapter is known at synth',
    explanation:
      'Rank, kind and base model stand in adapter_config.json. Without it, an adapter that cannot be loaded is found out at deployment.',
    source: 'PEFT documentation, LoraConfig',
  },
  {
    id: 'ADAPTER_NOT_TARBALL',
    severity: 'error',
    summary: 'an adapter is a .tar.gz archive',
    explanation: 'ArtifactUrl must point to one gzip compressed tar archive.',
    source: 'SageMaker API reference, InferenceComponentContainerSpecification',
  },
  {
    id: 'ADAPTER_NOT_LORA',
    severity: 'error',
    summary: 'an adapter is of the LoRA kind',
    explanation:
      'Other kinds of PEFT (IA3, prefix tuning, prompt tuning) change the model in ways that the servers have no kernels for.',
    source: 'vllm/lora/peft_helper.py',
  },
  {
    id: 'ADAPTER_USES_DORA',
    severity: 'error',
    summary: 'an adapter does without DoRA',
    explanation: '"vLLM does not yet support DoRA": the magnitudes that DoRA learns would be ignored.',
    source: 'vllm/lora/peft_helper.py, _validate_features',
  },
  {
    id: 'ADAPTER_SAVES_MODULES',
    severity: 'error',
    summary: 'an adapter replaces no whole modules',
    explanation:
      '"vLLM only supports modules_to_save being None": a replaced embedding or head cannot be swapped for each request.',
    source: 'vllm/lora/peft_helper.py, _validate_features',
  },
  {
    id: 'ADAPTER_HAS_BIAS',
    severity: 'error',
    summary: 'an adapter has no bias of its own',
    explanation: 'Adapter biases are not supported: they would have to be added for each request of a batch.',
    source: 'vllm/lora/peft_helper.py, _validate_features',
  },
  {
    id: 'ADAPTER_RANK_ABOVE_MAXIMUM',
    severity: 'error',
    summary: 'the rank of an adapter is within maxLoraRank',
    explanation: 'Slots are of one rank; "LoRA rank is greater than max_lora_rank" refuses a larger adapter.',
    source: 'vllm/lora/peft_helper.py, validate_legal',
  },
  {
    id: 'ADAPTER_FOR_OTHER_MODEL',
    severity: 'warning',
    summary: 'an adapter belongs to the model it is loaded into',
    explanation:
      'The matrices of an adapter are differences to the weights it was trained on. They fit a quantization of these weights, and no others, even of the same shape. Names alone are compared, which quantizers choose as they like.',
    source: 'PEFT documentation, base_model_name_or_path',
  },
];
