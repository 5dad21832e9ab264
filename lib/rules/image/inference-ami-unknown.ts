import { findInferenceAmi, inferenceAmis } from '../../container';
import { nearestNames } from '../../text/nearest';
import { anyOf, found } from '../helpers/finding';
import { QWEN3_SMALL } from '../helpers/samples';
import type { Rule } from '../types';

const example = (inferenceAmiVersion: string) => ({
  model: { config: QWEN3_SMALL },
  container: { family: 'vllm', version: '0.24.0' },
  instanceType: 'ml.g5.2xlarge',
  options: { maxModelLen: 4096 },
  endpoint: { inferenceAmiVersion },
});

/** The form of the names, which newer ones keep to. */
const FORM = /^al\d+-ami-sagemaker-inference-(gpu|neuron)-\d+(-\d+)*$/;

export const inferenceAmiUnknown: Rule = {
  id: 'INFERENCE_AMI_UNKNOWN',
  severity: 'error',
  summary: 'the inference AMI is one that SageMaker has',
  explanation:
    'InferenceAmiVersion is an enumeration, and CreateEndpointConfig refuses any other text. A name of the same form that is not in the data may be newer than it: a warning, for its driver is not known here.',
  source: 'botocore sagemaker/2017-07-24, ProductionVariantInferenceAmiVersion',
  needs: ['endpoint'],
  examples: {
    passes: [example('al2023-ami-sagemaker-inference-gpu-4-1')],
    fails: [example('al2023-ami-sagemaker-inference-gpu-9-1'), example('gpu-4-1'), example('')],
  },
  evaluate({ spec }) {
    const name = spec.endpoint?.inferenceAmiVersion;
    if (name === undefined || name.includes('${') || findInferenceAmi(name)) return [];
    const names = inferenceAmis.map((ami) => ami.name);
    const ending = name === '' ? undefined : names.find((known) => known.endsWith(name));
    const nearest = ending ?? nearestNames(name, names, 1)[0] ?? names[names.length - 2];
    return [
      found({
        what: FORM.test(name)
          ? 'this inference AMI is not in the data, so that its driver is not known'
          : 'SageMaker has no such inference AMI',
        got: name === '' ? 'an empty inferenceAmiVersion' : name.slice(0, 80),
        allowed: anyOf(names),
        fix: `use ${nearest}`,
        path: '/endpoint/inferenceAmiVersion',
        severity: FORM.test(name) ? 'warning' : undefined,
      }),
    ];
  },
};
