import { Grant } from 'aws-cdk-lib/aws-iam';
import { CfnInferenceComponent } from 'aws-cdk-lib/aws-sagemaker';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { adapterFindings, parseAdapterConfig, type AdapterBase, type AdapterConfig } from '../../lib/fleet';
import type { Finding } from '../../lib/rules/types';
import { QuantizedEndpointBase } from '../endpoint/endpoint-base';
import { reportFindings } from '../endpoint/report';
import { readConfig } from '../shared/model-source/knowledge';
import { uniqueName } from '../shared/unique-name';
import type { FleetHost } from './host';

/** Properties of a LoRA adapter. */
export interface LoraAdapterProps {
  /** Bucket that holds the adapter. */
  readonly bucket: IBucket;

  /** Key of its `.tar.gz`, which holds `adapter_config.json` and `adapter_model.safetensors`. */
  readonly key: string;

  /**
   * Path of its `adapter_config.json` on this machine, so that synth can check its rank and kind.
   *
   * @default - `config`, else it is not checked
   */
  readonly configPath?: string;

  /**
   * The same as an object.
   *
   * @default - read from `configPath`
   */
  readonly config?: { [key: string]: unknown };
}

/** The model that an adapter belongs to. */
export interface AdapterContext {
  readonly host: FleetHost;
  readonly component: CfnInferenceComponent;
  readonly componentName: string;
  readonly base: AdapterBase;
  /** Adapters of the base, with this one. */
  readonly adapters: number;
}

/**
 * A LoRA adapter of a model in a `ModelFleet`, as an inference component: callers name it in place of the model, and
 * get the model's answers as the adapter changes them. It has no copies of its own and scales with its model.
 */
export class LoraAdapter extends QuantizedEndpointBase {
  public readonly endpointArn: string;
  public readonly endpointName: string;
  public readonly variantName: string;
  public readonly inferenceComponentName?: string;

  /** @internal */
  public static _add(scope: Construct, id: string, props: LoraAdapterProps, context: AdapterContext): LoraAdapter {
    return new LoraAdapter(scope, id, props, context);
  }

  private constructor(scope: Construct, id: string, props: LoraAdapterProps, context: AdapterContext) {
    super(scope, id);
    const { host, base, component } = context;
    this.endpointArn = host.endpointArn;
    this.endpointName = host.endpointName;
    this.variantName = host.variantName;
    const inferenceComponentName = uniqueName(this);
    this.inferenceComponentName = inferenceComponentName;
    reportFindings(this, [
      ...artefactFindings(props),
      ...adapterFindings(id, adapterConfig(props), base, context.adapters),
    ]);

    const { argued } = host;
    // `grantRead` would add wildcards among the actions; reading one object takes this one.
    Grant.addToPrincipalOrResource({
      grantee: argued.role,
      actions: ['s3:GetObject'],
      resourceArns: [props.bucket.arnForObjects(props.key)],
      resource: props.bucket,
    });
    props.bucket.encryptionKey?.grant(argued.role, 'kms:Decrypt');
    const adapter = new CfnInferenceComponent(this, 'Component', {
      inferenceComponentName,
      endpointName: host.endpointName,
      variantName: host.variantName,
      specification: {
        baseInferenceComponentName: context.componentName,
        container: { artifactUrl: props.bucket.s3UrlForObject(props.key) },
      },
    });
    adapter.node.addDependency(component, ...argued.policies);
  }
}

function adapterConfig({ config, configPath }: LoraAdapterProps): AdapterConfig | undefined {
  const raw = config ?? (configPath === undefined ? undefined : readConfig(configPath));
  return raw === undefined ? undefined : parseAdapterConfig(raw, configPath ?? 'config');
}

/** Source: SageMaker API, `InferenceComponentContainerSpecification.ArtifactUrl`: one gzip compressed tar archive. */
function artefactFindings({ key }: LoraAdapterProps): Finding[] {
  if (key.endsWith('.tar.gz')) return [];
  return [
    {
      rule: 'ADAPTER_NOT_TARBALL',
      severity: 'error',
      message: 'SageMaker takes an adapter as one gzip compressed tar archive',
      got: key,
      allowed: 'a key that ends in .tar.gz',
      fix: '`tar czf adapter.tar.gz adapter_config.json adapter_model.safetensors`, and upload that',
    },
  ];
}
