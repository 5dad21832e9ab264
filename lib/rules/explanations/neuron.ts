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
    id: 'NEURON_INT8_NOT_MAINTAINED',
    severity: 'warning',
    summary: 'the software below the endpoint still gets fixes',
    explanation:
      'INT8 weights on Neuron need transformers-neuronx in LMI 0.29. AWS has removed that code since, and neither security fixes nor new architectures come. Compare with an INT8 or FP8 checkpoint on a GPU.',
    source:
      'deepjavalibrary/djl-serving, history of the Neuron handlers; AWS Neuron documentation, transformers-neuronx maintenance',
  },
];
