import { resolveContainer } from '../container';
import { findInstance } from '../hardware';
import { findModelConfig } from '../model';
import type { ModelDescription } from '../model/types';
import { resolveScheme } from '../scheme';
import type { EndpointSpec, ServingOptions } from '../spec/types';
import { containerDefaults } from './defaults';
import { overriddenConfig } from './config-overrides';
import { describeModelOnce } from './describe-once';
import { environmentOptions, neuronEnvironmentOptions, type EnvironmentOptions } from './environment';
import type { EffectiveOptions, ResolvedEndpoint } from './types';
import { asVisible } from './visible-gpus';

/**
 * Looks up everything a spec names, once: its model, instance, container and scheme, and the options as they will really be, which are
 * `options`, then the container's variables, then what the container does when nobody says. A well-known model needs no config of its own.
 *
 * @throws ModelConfigError for a config that cannot be read, UnknownNameError for a scheme that does not exist; an instance type or a
 * container version that is not in the data is left `undefined` for the rules to judge
 */
export function resolveEndpoint(spec: EndpointSpec): ResolvedEndpoint {
  const config = spec.model.config ?? findModelConfig(spec.model.id);
  const instance = spec.instanceType === undefined ? undefined : asVisible(spec, findInstance(spec.instanceType));
  const container = resolveContainer(spec.container, spec.region, instance);
  const model =
    config === undefined ? undefined : describeModelOnce(overriddenConfig(config, spec.environment, container));
  const scheme = resolveScheme(spec, model);
  const isUnnamed = container === undefined || container.engine === 'unknown';
  const variables =
    isUnnamed && instance?.kind === 'neuron'
      ? neuronEnvironmentOptions(spec.environment)
      : environmentOptions(spec.container?.family, spec.environment);
  const set = Object.assign({}, variables, given(spec.options));
  const defaults = containerDefaults({ container, instance, model, scheme, set, environment: spec.environment, spec });
  return { spec, model, instance, container, scheme, options: effectiveOptions(set, defaults, model) };
}

/** An option set to undefined is one left out: it must not hide a variable or a default. */
function given(options: ServingOptions | undefined): ServingOptions | undefined {
  if (options === undefined || !Object.values(options).includes(undefined)) return options;
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

function effectiveOptions(
  set: EnvironmentOptions,
  defaults: ReturnType<typeof containerDefaults>,
  model: ModelDescription | undefined,
): EffectiveOptions {
  return Object.assign({ ...OPTION_DEFAULTS }, defaults, set, {
    // `-c 0` and a context of 0 mean the model's own length to every server.
    maxModelLen: set.maxModelLen || (defaults.maxModelLen ?? model?.maxPositionEmbeddings),
  });
}

/**
 * What every server does with an option that neither the spec nor its container sets. It names every option, set or not, because rules read them
 * thousands of times: from an object to which they are added one by one, V8 reads several times slower.
 */
const OPTION_DEFAULTS = {
  tensorParallelSize: undefined,
  pipelineParallelSize: undefined,
  expertParallel: false,
  dataParallelSize: undefined,
  maxModelLen: undefined,
  maxNumSeqs: undefined,
  maxNumBatchedTokens: undefined,
  gpuMemoryUtilization: undefined,
  enforceEager: false,
  dtype: 'auto',
  kvCacheDtype: 'auto',
  quantizationFlag: undefined,
  cpuOffloadGib: undefined,
  kvCacheBytes: undefined,
  enablePrefixCaching: undefined,
  enableChunkedPrefill: undefined,
  enableLora: false,
  maxLoras: 1,
  maxLoraRank: 16,
  loadFormat: 'auto',
  trustRemoteCode: false,
  slots: undefined,
  unifiedKvCache: undefined,
  slotsAsked: undefined,
  kvTypeK: 'f16',
  kvTypeV: 'f16',
  flashAttention: 'auto',
  gpuLayers: undefined,
  fitsContext: undefined,
  batchSize: undefined,
  sequenceLength: undefined,
  logicalNeuronCores: undefined,
  microBatch: undefined,
  fullWindows: undefined,
  gpuShares: undefined,
  splitMode: undefined,
  expertsOnHost: undefined,
  cacheOnHost: undefined,
} as const satisfies { readonly [Option in keyof Required<EffectiveOptions>]: EffectiveOptions[Option] | undefined };
