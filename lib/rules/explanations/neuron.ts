import type { Explanation } from '../types';

/** What Neuron endpoints find in their compilation. */
export const neuronExplanations: readonly Explanation[] = [
  {
    id: 'NEURON_SHAPE_KNOWN_AT_DEPLOYMENT_ONLY',
    severity: 'error',
    summary: 'the shape for which a model is compiled is known at synth',
    explanation:
      'Context, batch, tensor parallelism and logical cores are compiled into the graph. Whether weights and cache fit the cores can only be told of numbers.',
    source: 'AWS Neuron documentation, compiling models for a fixed shape',
  },
  {
    id: 'NEURON_ARTIFACT_SHAPE_DIFFERS',
    severity: 'error',
    summary: 'the endpoint asks for the shape that the model was compiled for',
    explanation:
      'A compiled model serves one context, batch and number of cores. A server that is asked for another refuses the artifact, or compiles anew for longer than SageMaker waits.',
    source: 'optimum-neuron documentation, exporting a model; AWS Neuron documentation',
  },
  {
    id: 'NEURON_CACHE_OUT_OF_REACH',
    severity: 'error',
    summary: 'compiled graphs that are to come from the hub’s cache can be found there',
    explanation:
      'The cache is Hugging Face’s, is looked up by the hub id of a model, and is read by optimum-neuron. LMI’s INT8 path does not read it, and a model from S3 has no id to be looked up by.',
    source: 'optimum-neuron documentation, caching system',
  },
  {
    id: 'NEURON_CACHE_NEEDS_NETWORK',
    severity: 'error',
    summary: 'a cache of compiled graphs in S3 can be reached',
    explanation:
      'Neuron’s compiler looks for each graph in S3 before it makes it, and leaves it there for the next instance (NEURON_COMPILE_CACHE_URL). A container in network isolation reaches nothing, S3 included.',
    source: 'AWS Neuron documentation, Neuron Persistent Cache; SageMaker API, EnableNetworkIsolation',
  },
  {
    id: 'NEURON_INT8_NOT_MAINTAINED',
    severity: 'warning',
    summary: 'the software below the endpoint still gets fixes',
    explanation:
      'INT8 weights on Neuron need transformers-neuronx in LMI 0.29. AWS has removed that code since, and neither security fixes nor new architectures come. Compare with an INT8 or FP8 checkpoint on a GPU.',
    source:
      'deepjavalibrary/djl-serving, history of the Neuron handlers; AWS Neuron documentation, transformers-neuronx maintenance',
  },
  {
    id: 'NEURON_FP8_NEEDS_OWN_IMAGE',
    severity: 'error',
    summary: 'FP8 weights on Neuron have an image that stores them',
    explanation:
      'LMI’s last Neuron image knows INT8 only and Hugging Face’s no quantization at all. NxD Inference in AWS’s public image of vLLM does, but SageMaker pulls no public image: it is built in your account with an entry point.',
    source: 'djl-serving 0.29, transformers-neuronx handler; optimum-neuron 0.4, NxDNeuronConfig',
  },
  {
    id: 'NEURON_IMAGE_GIVEN_TWICE',
    severity: 'error',
    summary: 'a Neuron endpoint has one image',
    explanation:
      'image is a version or copy of an image of AWS, vllmImage one that is built in the account. They have different variables, so that one cannot stand in for the other.',
    source: 'the properties of NeuronEndpoint',
  },
  {
    id: 'NEURON_EXCLUSIONS_UNUSED',
    severity: 'error',
    summary: 'what is left out of a quantization is read by the server',
    explanation:
      'Only NxD Inference takes a list of modules that stay in 16 bits, and only where it quantizes. Elsewhere the list would be dropped without a word.',
    source: 'NxD Inference, NeuronConfig.modules_to_not_convert; djl-serving 0.29, transformers-neuronx handler',
  },
  {
    id: 'NEURON_CRITICAL_FIXES_ONLY',
    severity: 'warning',
    summary: 'the software of the image still gets new releases',
    explanation:
      'Neuron SDK 2.28 is the last whose NxD Inference serves Inferentia2 and Trainium 1. AWS makes critical fixes only since SDK 2.30 and has announced that no new releases are planned.',
    source: 'AWS Neuron documentation, release notes 2.29 of NxD Inference, announcements of 2026-06-28 and 2026-08-12',
  },
  {
    id: 'NEURON_IMAGE_UNKNOWN',
    severity: 'error',
    summary: 'the public image that is built upon is known, or named',
    explanation:
      'A version is looked up among AWS’s public images of vLLM on Neuron that this release knows. A newer one, or a mirror, is named by its URI; what is known of no version cannot be checked.',
    source: 'aws-neuron/deep-learning-containers, README',
  },
  {
    id: 'IMAGE_SOURCE_MISSING',
    severity: 'error',
    summary: 'the package holds the source of the image that is built',
    explanation:
      'Dockerfile, build specification and entry point of the image travel with the npm package. Without them nothing can be uploaded to CodeBuild; an installation was interrupted, or a bundler left them out.',
    source: 'the package of this library',
  },
  {
    id: 'NEURON_JOB_RESULT_NOT_QUANTIZED',
    severity: 'error',
    summary: 'what an optimization job compiled is served as it is',
    explanation:
      'SageMaker’s jobs compile for Neuron with transformers-neuronx and refuse every quantization there. Their graphs are of 16-bit weights, and no other image reads them.',
    source: 'sagemaker 2.257.7, serve/validations/optimization.py; djl-serving, sm_neo_neuron_partition.py',
  },
];
