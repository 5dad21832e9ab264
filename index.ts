export * from './constructs/edge/deployment';
export * from './constructs/edge/props';
export * from './constructs/endpoint/deployment-strategy';
export * from './constructs/endpoint/endpoint';
export * from './constructs/endpoint/endpoint-base';
export * from './constructs/endpoint/grants';
export { DataCaptureOptions, QuantizedEndpointProps, RealTimeEndpointProps } from './constructs/endpoint/props';
export * from './constructs/recommendation/props';
export { Recommendation } from './constructs/recommendation/recommendation';
export { AsyncInferenceOptions } from './constructs/endpoint/async-inference';
export { ManagedScaleIn, ScaleInStrategy } from './constructs/endpoint/component';
export { EndpointPlan } from './constructs/endpoint/plan-figures';
export { FallbackPool } from './constructs/endpoint/fallback-pool';
export { RealTimeEndpoint } from './constructs/endpoint/real-time-endpoint';
export * from './constructs/endpoint/routing';
export { ScalingSchedule } from './constructs/endpoint/schedule';
export { FleetModel } from './constructs/fleet/fleet-model';
export { LoraAdapter, LoraAdapterProps } from './constructs/fleet/lora-adapter';
export { ModelFleet } from './constructs/fleet/model-fleet';
export * from './constructs/fleet/props';
export * from './constructs/gguf/endpoint';
export * from './constructs/gguf/options';
export { GgufEndpointProps } from './constructs/gguf/props';
export { QualityGateOptions } from './constructs/quality-gate/options';
export { QualityGate } from './constructs/quality-gate/quality-gate';
export * from './constructs/quality-monitor/alarm';
export * from './constructs/quality-monitor/props';
export { QualityMonitor } from './constructs/quality-monitor/quality-monitor';
export { QualityReference } from './constructs/quality-monitor/reference';
export * from './constructs/neuron/endpoint';
export * from './constructs/neuron/image';
export * from './constructs/neuron/options';
export { NeuronEndpointProps } from './constructs/neuron/props';
export { ContainerImage } from './constructs/shared/container-image';
export * from './constructs/shared/instance-type';
export { ModelSource } from './constructs/shared/model-source';
export {
  HuggingFaceModelOptions,
  JumpStartModelOptions,
  LocalModelOptions,
  ModelKnowledge,
  S3ModelOptions,
} from './constructs/shared/model-source/options';
export * from './constructs/shared/quantization-scheme';
export { ServingContainer, ServingContainerOptions } from './constructs/shared/serving-container';
export * from './constructs/shared/speculative-decoding';
export { CommonServingProps, LlamaCppServingProps, ServingProps, Workload } from './constructs/shared/serving-options';
export { OptimizationJob } from './constructs/optimization/job';
export { OptimizationJobProps } from './constructs/optimization/props';
export * from './constructs/optimization/technique';
export * from './constructs/smoke-test/props';
export { SmokeTest } from './constructs/smoke-test/smoke-test';
export { FunctionClassifierOptions, TierClassifier } from './constructs/tiers/classifier';
export * from './constructs/tiers/options';
export * from './constructs/tiers/props';
export { Tier } from './constructs/tiers/tier';
export { TieredEndpoints } from './constructs/tiers/tiered-endpoints';
export { EndpointObservability } from './constructs/observability/observability';
export * from './constructs/observability/props';
