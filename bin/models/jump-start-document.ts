import { UnknownNameError } from '../../lib/errors';

/** What of a model's document is read. Source: sagemaker-core, `jumpstart/models.py`, `HubContentDocument`. */
export interface HubDocument {
  readonly HostingArtifactUri?: string;
  readonly HostingEcrUri?: string;
  /** Is the artifact in the bucket of models whose licence must be accepted? */
  readonly GatedBucket?: boolean;
  readonly HostingEulaUri?: string;
  readonly HostingAdditionalDataSources?: Readonly<Record<string, readonly { readonly ChannelName?: string }[]>>;
  readonly InferenceConfigs?: Readonly<Record<string, { readonly ComponentNames?: readonly string[] }>>;
  readonly InferenceConfigComponents?: Readonly<Record<string, Partial<HubDocument>>>;
  readonly InferenceConfigRankings?: Readonly<Record<string, { readonly Rankings?: readonly string[] }>>;
}

/** Names of the configurations that a model can be deployed in, best first where JumpStart ranks them. */
export function inferenceConfigs({ InferenceConfigs = {}, InferenceConfigRankings = {} }: HubDocument): string[] {
  const ranked = InferenceConfigRankings.overall?.Rankings ?? [];
  const names = Object.keys(InferenceConfigs);
  return [...ranked.filter((name) => names.includes(name)), ...names.filter((name) => !ranked.includes(name))];
}

/**
 * The document as one of its configurations makes it: the base, overlaid by the configuration's components in order.
 * Source: sagemaker-core, `jumpstart/models.py`, `JumpStartMetadataConfig.resolved_config`.
 */
export function withInferenceConfig(id: string, document: HubDocument, config: string | undefined): HubDocument {
  if (config === undefined) return document;
  const { InferenceConfigs = {}, InferenceConfigComponents = {} } = document;
  if (!Object.hasOwn(InferenceConfigs, config)) {
    const known = inferenceConfigs(document);
    throw new UnknownNameError('JUMPSTART_CONFIG_UNKNOWN', `${id} has no inference configuration ${config}`, {
      got: config,
      allowed: known.length === 0 ? 'none: the model has one way to be deployed' : known.join(', '),
      fix: known.length === 0 ? `leave #${config} out` : `use ${id}#${known[0]}`,
    });
  }
  const components = InferenceConfigs[config].ComponentNames ?? [];
  return Object.assign({}, document, ...components.map((name) => InferenceConfigComponents[name] ?? {})) as HubDocument;
}

/** Models whose weights need more than one artifact, which a CloudFormation model cannot have. */
export function additionalChannels({ HostingAdditionalDataSources = {} }: HubDocument): string[] {
  return Object.entries(HostingAdditionalDataSources).flatMap(([kind, sources]) =>
    sources.map(({ ChannelName }) => ChannelName ?? kind),
  );
}
