import type { ContainerSpec, ServingOptions } from '../../lib/spec/types';
import type { ServingProps } from '../shared/serving-options';

/** The props as options of a spec. */
export function servingOptions(props: ServingProps, family: ContainerSpec['family']): ServingOptions {
  const batch = family === 'llama-cpp' ? { slots: props.maxConcurrency } : { maxNumSeqs: props.maxConcurrency };
  return {
    ...batch,
    maxModelLen: props.maxModelLen,
    tensorParallelSize: props.tensorParallelSize,
    pipelineParallelSize: props.pipelineParallelSize,
    expertParallel: props.expertParallel,
    maxNumBatchedTokens: props.maxNumBatchedTokens,
    dtype: props.dtype,
    kvCacheDtype: props.kvCacheDtype,
    gpuMemoryUtilization: props.gpuMemoryUtilization,
    enforceEager: props.enforceEager,
    enablePrefixCaching: props.enablePrefixCaching,
    enableChunkedPrefill: props.enableChunkedPrefill,
    enableLora: props.enableLora,
    maxLoras: props.maxLoras,
    maxLoraRank: props.maxLoraRank,
    loadFormat: props.loadFormat,
    trustRemoteCode: props.trustRemoteCode,
    kvTypeK: props.kvTypeK,
    kvTypeV: props.kvTypeV,
    flashAttention: props.flashAttention,
  };
}
