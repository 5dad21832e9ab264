import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import type { BoundModel, FilePick, KnownFile, ModelBinder } from './model-source/bound-model';
import { huggingFace } from './model-source/hugging-face';
import { jumpStart } from './model-source/jump-start';
import { localDirectory } from './model-source/local-directory';
import type {
  HuggingFaceModelOptions,
  JumpStartModelOptions,
  LocalModelOptions,
  S3ModelOptions,
} from './model-source/options';
import { s3Object, s3Prefix } from './model-source/s3';

/**
 * Where an endpoint's weights come from.
 *
 * Memory, speed and most mistakes can be told from the checkpoint's `config.json` alone. It is taken from the
 * options, from the model's directory, or from `quantized-endpoints.lock.json`, which `qe models add` writes and
 * which is committed like `cdk.context.json`, so that synth needs no network and gives the same answer tomorrow.
 */
export class ModelSource {
  /**
   * A model of the Hugging Face hub, downloaded by each instance when it starts. Needs a way to the internet.
   *
   * @param id such as `Qwen/Qwen2.5-7B-Instruct-AWQ`
   */
  static huggingFace(id: string, options: HuggingFaceModelOptions = {}): ModelSource {
    return new ModelSource(huggingFace(id, options));
  }

  /**
   * An uncompressed checkpoint in S3: all objects below a prefix. SageMaker downloads it before the container starts,
   * so that the container needs no network at all: isolation is on unless it is switched off.
   *
   * @param prefix such as `models/qwen2.5-7b-awq/`; a missing final slash is added
   */
  static s3Prefix(bucket: IBucket, prefix: string, options: S3ModelOptions = {}): ModelSource {
    return new ModelSource(s3Prefix(bucket, prefix, options));
  }

  /**
   * One object in S3: a `.tar.gz` that SageMaker unpacks, or a single file that is the whole model, such as a GGUF.
   */
  static s3Object(bucket: IBucket, key: string, options: S3ModelOptions = {}): ModelSource {
    return new ModelSource(s3Object(bucket, key, options));
  }

  /**
   * A checkpoint on this machine, uploaded by `cdk deploy` below a prefix of its own in the bootstrap bucket. For
   * models below 2 GB: a larger one is refused, since every synth would hash and copy it.
   *
   * @param directory relative to the directory in which the app runs
   */
  static localDirectory(directory: string, options: LocalModelOptions = {}): ModelSource {
    return new ModelSource(localDirectory(directory, options));
  }

  /**
   * A model of SageMaker JumpStart, read from the service's own bucket in the endpoint's region.
   *
   * @param modelId such as `meta-textgeneration-llama-3-1-8b-instruct`
   */
  static jumpStart(modelId: string, options: JumpStartModelOptions = {}): ModelSource {
    return new ModelSource(jumpStart(modelId, options));
  }

  /**
   * A source that another construct makes.
   *
   * @internal
   */
  static _from(binder: ModelBinder): ModelSource {
    return new ModelSource(binder);
  }

  private constructor(private readonly binder: ModelBinder) {}

  /** @internal */
  public _bind(scope: Construct, pick?: FilePick): BoundModel {
    return this.binder.bind(scope, pick);
  }

  /** @internal */
  public _ggufFiles(): readonly KnownFile[] {
    return this.binder.ggufFiles?.() ?? [];
  }
}
