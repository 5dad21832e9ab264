import type { IBucket } from 'aws-cdk-lib/aws-s3';

/** How the weights of a model on Neuron are stored. */
export enum NeuronQuantization {
  /** As in the checkpoint: 16 bits. Served by the Hugging Face image. */
  NONE = 'none',

  /**
   * INT8 weights for each output channel, computed in 16 bits, made from the 16-bit checkpoint while it is loaded.
   * Served by LMI 0.29, the last image in SageMaker’s registries that does it, or by a `VllmNeuronImage`.
   */
  INT8 = 'neuron-int8',

  /**
   * FP8 (E4M3, to ±240) weights for each output channel, computed in 16 bits, made like INT8. Served by a `VllmNeuronImage`
   * only.
   */
  FP8 = 'neuron-fp8',
}

/** The one shape that a model was compiled for. */
export interface NeuronShape {
  /** Sequences at once. */
  readonly batchSize: number;

  /** Longest sequence, prompt and answer together, in tokens. */
  readonly sequenceLength: number;

  /** NeuronCores over which each layer is split. */
  readonly tensorParallelSize: number;

  /**
   * Physical cores that one logical core joins, on Trainium2.
   *
   * @default - the chip's own
   */
  readonly logicalNeuronCores?: number;

  /**
   * LMI only: folder of the compiled graphs in the model's source.
   *
   * @default - the source itself
   */
  readonly graphsPath?: string;
}

/**
 * Where compiled graphs are kept for instances that start later.
 *
 * @internal
 */
export interface NeuronGraphCache {
  readonly bucket: IBucket;
  /** Ends with a slash. */
  readonly prefix: string;
}

const DEFAULT_CACHE_PREFIX = 'neuron-compile-cache/';

/**
 * When a model is compiled. On Neuron a model runs as graphs that are compiled for one batch size, one sequence length
 * and one number of cores.
 */
export class NeuronCompilation {
  /**
   * Each instance looks for the graphs in the Hugging Face hub's cache, and compiles what is not there while it starts:
   * up to half an hour for a model of 8 B parameters, more than an endpoint may take for one of 70 B.
   */
  static readonly AT_START = new NeuronCompilation('at-start');

  /** Each instance takes the graphs from the hub's cache, and the start fails within minutes where they are not there. */
  static readonly CACHED_ONLY = new NeuronCompilation('cached-only');

  /**
   * The first instance compiles the graphs and leaves them in S3, where those that start later find them, as far as
   * compiler, shape and cores are the same: no instance compiles twice what another has. A model that takes longer to
   * compile than an endpoint may take to start can fill the cache before, on a machine with the same image and
   * `NEURON_COMPILE_CACHE_URL`. The container writes to the bucket, hence it is not isolated from the network.
   *
   * Whoever may write to that prefix decides what runs on the instances: keep it to this endpoint.
   *
   * @param bucket in the endpoint's region
   * @param prefix default: `neuron-compile-cache/`
   */
  static cachedInS3(bucket: IBucket, prefix: string = DEFAULT_CACHE_PREFIX): NeuronCompilation {
    return new NeuronCompilation('at-start', undefined, { bucket, prefix: prefix.replace(/\/*$/, '/') });
  }

  /**
   * The model's source holds the graphs, made by `optimum-cli export neuron` or LMI's `partition`. Best made in the very
   * image that serves them: a newer compiler makes graphs that an older runtime refuses.
   *
   * @param shape what they were compiled for; a prop that says otherwise is an error
   */
  static precompiled(shape: NeuronShape): NeuronCompilation {
    return new NeuronCompilation('precompiled', shape);
  }

  /**
   * The model's source is what an `OptimizationJob` with `OptimizationTechnique.neuron` made: 16-bit graphs for
   * transformers-neuronx, which LMI 0.29 serves.
   *
   * @param shape that the job was asked for; a prop that says otherwise is an error
   */
  static optimizationJob(shape: NeuronShape): NeuronCompilation {
    return new NeuronCompilation('optimization-job', shape);
  }

  /** @internal */
  private constructor(
    /** @internal */ public readonly _kind: 'at-start' | 'cached-only' | 'precompiled' | 'optimization-job',
    /** @internal */ public readonly _shape?: NeuronShape,
    /** @internal */ public readonly _cache?: NeuronGraphCache,
  ) {}
}
