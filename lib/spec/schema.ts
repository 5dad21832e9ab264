import { choice, count, countOr, flag, list, object, positive, stringMap, text, verbatim } from './fields';
import type {
  ContainerSpec,
  EndpointOptions,
  EndpointSpec,
  InstancePoolSpec,
  ModelSpec,
  ServingOptions,
  SpeculativeSpec,
  WorkloadSpec,
} from './types';
import { CONTAINER_FAMILIES } from './types';

/** Far above what SageMaker takes in one endpoint configuration; keeps a hostile list from costing time. */
const MAXIMUM_POOLS = 1000;

const model = object<ModelSpec>({ id: text, config: verbatim, weightBytes: count(0, 'bytes'), gated: flag });

const container = object<ContainerSpec>({ family: choice(CONTAINER_FAMILIES), version: text, image: text }, ['family']);

const instancePool = object<InstancePoolSpec>({ instanceType: text, priority: count(0), model, quantization: text }, [
  'instanceType',
]);

const options = object<ServingOptions>({
  tensorParallelSize: count(1, 'accelerators'),
  pipelineParallelSize: count(1, 'stages'),
  expertParallel: flag,
  maxModelLen: count(1, 'tokens'),
  maxNumSeqs: count(1, 'sequences'),
  maxNumBatchedTokens: count(1, 'tokens'),
  dtype: text,
  kvCacheDtype: text,
  gpuMemoryUtilization: positive('a fraction of the memory', 1),
  enforceEager: flag,
  enablePrefixCaching: flag,
  enableChunkedPrefill: flag,
  enableLora: flag,
  maxLoras: count(1, 'adapters'),
  maxLoraRank: count(1),
  loadFormat: text,
  trustRemoteCode: flag,
  slots: count(1, 'slots'),
  kvTypeK: text,
  kvTypeV: text,
  flashAttention: text,
  batchSize: count(1, 'sequences'),
  sequenceLength: count(1, 'tokens'),
  logicalNeuronCores: count(1, 'cores'),
});

// Limits that SageMaker sets (instance counts, timeouts, name patterns) are rules: they say what the service would answer.
const endpoint = object<EndpointOptions>({
  endpointName: text,
  initialInstanceCount: count(0, 'instances'),
  minInstanceCount: count(0, 'instances'),
  maxInstanceCount: count(0, 'instances'),
  copyCount: count(0, 'copies'),
  asyncInference: flag,
  inferenceComponents: flag,
  networkIsolation: flag,
  vpc: flag,
  volumeSizeInGb: count(0, 'GB'),
  inferenceAmiVersion: text,
  startupHealthCheckTimeoutSeconds: count(0, 'seconds'),
  modelDataDownloadTimeoutSeconds: count(0, 'seconds'),
  acceptEula: flag,
  hubToken: choice(['secret', 'plaintext']),
  modelData: choice(['hub', 's3-prefix', 's3-tarball', 'jumpstart', 'model-package']),
});

const speculative = object<SpeculativeSpec>({
  method: text,
  model: text,
  tokens: count(1, 'tokens'),
  config: verbatim,
  weightBytes: count(0, 'bytes'),
});

const workload = object<WorkloadSpec>({
  inputTokens: count(1, 'tokens'),
  outputTokens: count(1, 'tokens'),
  concurrency: count(1, 'requests'),
  requestsPerSecond: positive('requests a second'),
  maxTimeToFirstTokenMs: positive('milliseconds'),
  maxInterTokenMs: positive('milliseconds'),
  maxUsdPerHour: positive('USD'),
  maxUsdPerMonth: positive('USD'),
});

/** Every field of an endpoint spec with its type and range. A range here is what no rule could make sense of. */
export const ENDPOINT_SPEC = object<EndpointSpec>(
  {
    id: text,
    model,
    quantization: text,
    groupSize: countOr(-1, 'weights'),
    container,
    instanceType: text,
    instancePools: list(instancePool, MAXIMUM_POOLS),
    region: text,
    options,
    environment: stringMap,
    endpoint,
    speculative,
    workload,
  },
  ['model'],
);
