import { Token } from 'aws-cdk-lib';
import type { Finding } from '../../lib/rules/types';
import type { BoundModel } from '../shared/model-source/bound-model';
import { NeuronQuantization } from './options';
import type { NeuronEndpointProps } from './props';

/** What of a Neuron endpoint is wrong or risky that an endpoint spec has no words for. */
export function neuronFindings(props: NeuronEndpointProps, { modelData }: Pick<BoundModel, 'modelData'>): Finding[] {
  return [
    ...shapeFindings(props),
    ...sourceFindings(props, modelData),
    ...imageFindings(props),
    ...jobFindings(props),
    ...cacheFindings(props),
    ...maintenanceFindings(props),
  ];
}

function shapeFindings(props: NeuronEndpointProps): Finding[] {
  const { maxModelLen, maxConcurrency, tensorParallelSize, logicalNeuronCores } = props;
  const shape = props.compilation?._shape;
  const pairs = [
    ['maxModelLen', maxModelLen, shape?.sequenceLength],
    ['maxConcurrency', maxConcurrency, shape?.batchSize],
    ['tensorParallelSize', tensorParallelSize, shape?.tensorParallelSize],
    ['logicalNeuronCores', logicalNeuronCores, shape?.logicalNeuronCores],
  ] as const;
  return pairs.flatMap(([name, asked, compiled]): Finding[] => {
    if (asked === undefined) return [];
    if (Token.isUnresolved(asked))
      return [
        {
          rule: 'NEURON_SHAPE_KNOWN_AT_DEPLOYMENT_ONLY',
          severity: 'error',
          message: `a model is compiled for one ${name}, which synth must know to tell whether it fits`,
          got: 'a value that is known at deployment only',
          allowed: 'a number',
          fix: `give ${name} as a number, or leave it out`,
        },
      ];
    if (compiled === undefined || compiled === asked) return [];
    return [
      {
        rule: 'NEURON_ARTIFACT_SHAPE_DIFFERS',
        severity: 'error',
        message: `the model was compiled for another ${name} than the endpoint asks for, and the server refuses it`,
        got: `${name} ${asked}`,
        allowed: String(compiled),
        fix: `leave ${name} out, or compile for ${asked}`,
      },
    ];
  });
}

function sourceFindings(
  { compilation, quantization, vllmImage }: NeuronEndpointProps,
  modelData: BoundModel['modelData'],
): Finding[] {
  const isInt8 = quantization === NeuronQuantization.INT8;
  const server = vllmImage !== undefined ? 'NxD Inference' : isInt8 ? 'LMI' : undefined;
  if (compilation?._kind !== 'cached-only' || (modelData === 'hub' && server === undefined)) return [];
  return [
    {
      rule: 'NEURON_CACHE_OUT_OF_REACH',
      severity: 'error',
      message:
        server !== undefined
          ? `the hub’s cache of compiled graphs is Hugging Face’s, which ${server} does not read`
          : 'the hub’s cache of compiled graphs is asked for by the hub id of a model, which this one has not',
      got: `NeuronCompilation.CACHED_ONLY with ${
        vllmImage !== undefined ? 'vllmImage' : isInt8 ? 'NeuronQuantization.INT8' : `a model from ${modelData}`
      }`,
      allowed: 'ModelSource.huggingFace, or graphs beside the model',
      fix: 'use NeuronCompilation.precompiled, or AT_START',
      path: '/model/id',
    },
  ];
}

function imageFindings({ quantization, vllmImage, image, unquantizedModules }: NeuronEndpointProps): Finding[] {
  const findings: Finding[] = [];
  if (quantization === NeuronQuantization.FP8 && vllmImage === undefined)
    findings.push({
      rule: 'NEURON_FP8_NEEDS_OWN_IMAGE',
      severity: 'error',
      message: 'no image in SageMaker’s registries stores weights in FP8 on Neuron',
      got: 'NeuronQuantization.FP8 without vllmImage',
      allowed: 'a VllmNeuronImage, which is built in your account',
      fix: "give vllmImage: new VllmNeuronImage(this, 'Image'), or use NeuronQuantization.INT8",
      path: '/quantization',
    });
  if (image !== undefined && vllmImage !== undefined)
    findings.push({
      rule: 'NEURON_IMAGE_GIVEN_TWICE',
      severity: 'error',
      message: 'image and vllmImage both name the image of the endpoint',
      got: 'both',
      allowed: 'one of the two',
      fix: 'leave image out; give the version to VllmNeuronImage',
      path: '/container',
    });
  const isQuantized = quantization === NeuronQuantization.INT8 || quantization === NeuronQuantization.FP8;
  if (unquantizedModules !== undefined && (vllmImage === undefined || !isQuantized))
    findings.push({
      rule: 'NEURON_EXCLUSIONS_UNUSED',
      severity: 'error',
      message: 'unquantizedModules names what is left out of a quantization, which nothing here heeds',
      got: vllmImage === undefined ? 'no vllmImage' : 'no quantization',
      allowed: 'with vllmImage and a quantization',
      fix: 'leave unquantizedModules out, or give both',
      path: '/quantization',
    });
  return findings;
}

function jobFindings({ compilation, quantization, vllmImage }: NeuronEndpointProps): Finding[] {
  const isQuantized = quantization !== undefined && quantization !== NeuronQuantization.NONE;
  if (compilation?._kind !== 'optimization-job' || (vllmImage === undefined && !isQuantized)) return [];
  return [
    {
      rule: 'NEURON_JOB_RESULT_NOT_QUANTIZED',
      severity: 'error',
      message: 'an optimization job compiles for Neuron in 16 bits, for LMI 0.29 only',
      got: vllmImage === undefined ? `NeuronCompilation.optimizationJob with ${quantization}` : 'vllmImage',
      allowed: 'NeuronQuantization.NONE, without vllmImage',
      fix: 'leave quantization and vllmImage out, or compile at the start',
      path: '/quantization',
    },
  ];
}

function cacheFindings({ compilation, networkIsolation }: NeuronEndpointProps): Finding[] {
  if (compilation?._cache === undefined || networkIsolation !== true) return [];
  return [
    {
      rule: 'NEURON_CACHE_NEEDS_NETWORK',
      severity: 'error',
      message: 'the container itself reads and writes the compiled graphs in S3, and cannot reach them in isolation',
      got: 'NeuronCompilation.cachedInS3 with networkIsolation',
      allowed: 'no networkIsolation, or graphs that come with the model',
      fix: 'leave networkIsolation out, or use NeuronCompilation.precompiled',
      path: '/endpoint/networkIsolation',
    },
  ];
}

/** Sources: djl-serving pull request 2939; AWS Neuron documentation, announcements of 2025 and 2026. */
function maintenanceFindings({ quantization, vllmImage }: NeuronEndpointProps): Finding[] {
  if (vllmImage !== undefined)
    return [
      {
        rule: 'NEURON_CRITICAL_FIXES_ONLY',
        severity: 'warning',
        message:
          'the image runs NxD Inference of Neuron SDK 2.28, for which AWS makes critical fixes only and plans no new release; ' +
          'newer SDKs serve language models on Trainium2 and later',
        got: `VllmNeuronImage ${vllmImage.version}`,
        allowed: 'a GPU with an INT8 or FP8 checkpoint',
        fix: 'compare with ml.g6e in `qe recommend`, or acknowledge this',
        path: '/container',
      },
    ];
  if (quantization !== NeuronQuantization.INT8) return [];
  return [
    {
      rule: 'NEURON_INT8_NOT_MAINTAINED',
      severity: 'warning',
      message:
        'INT8 on Neuron runs in LMI 0.29 of 2024, whose Neuron code AWS has since deleted, on transformers-neuronx, which ' +
        'is out of support: it gets no fixes, not even for security, and no newer architectures',
      got: 'NeuronQuantization.INT8',
      allowed: 'a VllmNeuronImage, NeuronQuantization.NONE, or a GPU with an INT8 or FP8 checkpoint',
      fix: 'give vllmImage, compare with ml.g6e in `qe recommend`, or acknowledge this',
      path: '/quantization',
    },
  ];
}
