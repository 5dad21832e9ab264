import { limitOf } from '../../lib/container';
import type { ResolvedEndpoint } from '../../lib/endpoint/types';
import { fetchedBytes } from '../../lib/plan';
import type { PlanAnswer } from '../../lib/rules';
import type { EndpointOptions, EndpointSpec } from '../../lib/spec/types';

/** How long an instance takes to serve, and the settings that follow from it. */
export interface StartEstimate {
  /**
   * From the first byte of the model to the first healthy answer, without finding an instance and pulling the image.
   */
  readonly seconds: number;
  readonly endpoint: Pick<
    EndpointOptions,
    'startupHealthCheckTimeoutSeconds' | 'modelDataDownloadTimeoutSeconds' | 'volumeSizeInGb'
  >;
}

// Speeds are chosen low: a time-out that is too long costs nothing, one that is too short undoes a deployment.

/**
 * S3 to instance, where the instance's network is not slower; SageMaker reads the objects of a prefix in parallel.
 * Bytes a second.
 */
const S3_BANDWIDTH = 200e6;

/** Hub to instance over the internet. Bytes a second. */
const HUB_BANDWIDTH = 50e6;

/** A local NVMe disk, and an EBS volume (gp2, the kind SageMaker attaches), into memory. Bytes a second. */
const NVME_BANDWIDTH = 500e6;
const EBS_BANDWIDTH = 125e6;

/**
 * Local NVMe into memory with many threads at once. Bytes a second. The Run:ai Model Streamer read 15 GB in 14.3 s where
 * the default loader took 48.0 s (g5.12xlarge, a volume of 1,000 MiB/s); half of that gain is counted on. A volume of EBS is
 * the limit by itself.
 * Source: NVIDIA developer blog, "Reducing Cold Start Latency for LLM Inference with NVIDIA Run:ai Model Streamer".
 */
const STREAMED_NVME_BANDWIDTH = 1e9;

/** Load formats that read with many threads at once. */
const STREAMS: ReadonlySet<string> = new Set([
  'runai_streamer',
  'runai_streamer_sharded',
  'fastsafetensors',
  'instanttensor',
  'sagemaker_fast_model_loader',
]);

/** Engine's own work whatever the model: imports, CUDA context, profiling run, graph capture, kernel compilation. */
const ENGINE_SECONDS = 300;

/** Weights to assume where nothing is known of the model: what one GPU of the common families can hold. */
const UNKNOWN_MODEL_BYTES = 24e9;

/** A time-out is this much longer than the estimate. */
const MARGIN = 2;

const [MIN_TIMEOUT, MAX_TIMEOUT] = limitOf('ContainerStartupHealthCheckTimeoutInSeconds');

/** A start-up time-out below this gains nothing: a failed start ends it by itself. */
const SHORTEST_STARTUP_TIMEOUT = 600;

/** Volume that SageMaker attaches by itself; source: SageMaker developer guide, "large model inference hosting". */
const DEFAULT_VOLUME_GB = 30;

const [, MAX_VOLUME_GB] = limitOf('VolumeSizeInGB');

/** Unpacked image, logs, caches. */
const VOLUME_BESIDE_MODEL_GB = 40;

export function estimateStart(
  spec: EndpointSpec,
  resolved: ResolvedEndpoint | undefined,
  plan: PlanAnswer,
): StartEstimate {
  const knownBytes = fetchedBytes(spec.model, plan);
  const bytes = knownBytes ?? UNKNOWN_MODEL_BYTES;
  const fromHub = spec.endpoint?.modelData === 'hub';
  const network = resolved?.instance?.networkBandwidth ?? Infinity;
  const download = bytes / Math.min(network, fromHub ? HUB_BANDWIDTH : S3_BANDWIDTH);
  const nvme = STREAMS.has(resolved?.options.loadFormat ?? '') ? STREAMED_NVME_BANDWIDTH : NVME_BANDWIDTH;
  const disk = (resolved?.instance?.localNvmeBytes ?? 0) > 0 ? nvme : EBS_BANDWIDTH;
  const load = bytes / disk + ENGINE_SECONDS;
  return {
    seconds: Math.ceil(download + load),
    endpoint: {
      // The container itself downloads a hub model, within its start; SageMaker has then nothing to download.
      startupHealthCheckTimeoutSeconds: Math.max(SHORTEST_STARTUP_TIMEOUT, timeout(fromHub ? download + load : load)),
      ...(fromHub ? {} : { modelDataDownloadTimeoutSeconds: timeout(download + 240) }),
      ...(resolved?.instance?.volumeSizeAllowed === true ? volume(knownBytes) : {}),
    },
  };
}

/** Twice the estimate, in whole minutes. */
function timeout(seconds: number): number {
  return Math.min(MAX_TIMEOUT, Math.max(MIN_TIMEOUT, Math.ceil((seconds * MARGIN) / 60) * 60));
}

function volume(bytes: number | null): Pick<EndpointOptions, 'volumeSizeInGb'> {
  const needed = bytes === null ? 0 : Math.ceil(bytes / 1e9) + VOLUME_BESIDE_MODEL_GB;
  const isSmall = bytes === null || bytes / 1e9 + 10 <= DEFAULT_VOLUME_GB;
  return isSmall ? {} : { volumeSizeInGb: Math.min(MAX_VOLUME_GB, needed) };
}
