import { found } from '../helpers/finding';
import { LLAMA_8B } from '../helpers/samples';
import type { Rule, RuleFinding } from '../types';

const example = (endpoint: object, loadFormat = 'sagemaker_fast_model_loader') => ({
  model: { id: 's3://models/sharded/', config: LLAMA_8B },
  container: { family: 'lmi', version: '0.32.0-lmi14' },
  instanceType: 'ml.g5.12xlarge',
  options: { maxModelLen: 4096, tensorParallelSize: 4, loadFormat },
  endpoint,
});

export const fastModelLoaderNeedsComponents: Rule = {
  id: 'FAST_MODEL_LOADER_NEEDS_COMPONENTS',
  severity: 'error',
  summary: 'Fast Model Loader serves an inference component that has a network',
  explanation:
    'SageMaker’s Fast Model Loader streams sharded weights from S3 into the GPUs. AWS’s SDK deploys it to endpoints of inference components only, without network isolation, since the container itself reads S3.',
  source:
    'sagemaker 2.257.7, serve/builder/model_builder.py, `_model_builder_optimize_wrapper` and deploy: sharded models',
  examples: {
    passes: [
      example({ inferenceComponents: true, networkIsolation: false }),
      example({ networkIsolation: true }, 'runai_streamer'),
    ],
    fails: [example({ networkIsolation: false }), example({ inferenceComponents: true, networkIsolation: true })],
  },
  evaluate({ options, spec }) {
    if (options.loadFormat !== 'sagemaker_fast_model_loader') return [];
    const findings: RuleFinding[] = [];
    if (spec.endpoint?.inferenceComponents !== true)
      findings.push(
        found({
          what: 'Fast Model Loader serves inference components only',
          got: 'a model on the endpoint itself',
          allowed: 'an endpoint with inference components',
          fix: 'serve it as an inference component, or set loadFormat to runai_streamer and serve the checkpoint itself',
          path: '/options/loadFormat',
        }),
      );
    if (spec.endpoint?.networkIsolation === true)
      findings.push(
        found({
          what: 'Fast Model Loader reads S3 from within the container, which has no network',
          got: 'networkIsolation true',
          allowed: 'networkIsolation false',
          fix: 'set networkIsolation to false',
          path: '/endpoint/networkIsolation',
        }),
      );
    return findings;
  },
};
