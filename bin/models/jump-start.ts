import { UnknownNameError } from '../../lib/errors';
import { S3Folder, namedExports } from '../../lib/format/node';
import type { LockedArtifact, LockedModel } from '../../lib/lock';
import { additionalChannels, inferenceConfigs, withInferenceConfig, type HubDocument } from './jump-start-document';
import type { ModelName } from './model-name';
import { readCheckpoint } from './weights';

/** AWS's own hub, the same in every region. */
const PUBLIC_HUB = 'SageMakerPublicHub';

/** JumpStart's bucket of models whose licence must be accepted. */
const GATED_BUCKET = 'jumpstart-private-cache-prod';

/** How an answer of `DescribeHubContent` is found: a private hub holds models of its own, and references to AWS's. */
const CONTENT_TYPES = { own: 'Model', reference: 'ModelReference' } as const;

interface HubContent {
  readonly version?: string;
  readonly document: HubDocument;
  /** Only of a reference in a private hub: through it the weights are read. */
  readonly referenceArn?: string;
}

/**
 * A model of SageMaker JumpStart, through `DescribeHubContent` in the region of the AWS profile in use. A licence is asked
 * for where the weights lie in the bucket of gated models; that a model has a licence to read makes it none.
 */
export async function lookUpJumpStartModel(name: ModelName, say: (text: string) => void): Promise<LockedModel> {
  const { id } = name;
  const { version, document: whole, referenceArn } = await describe(name);
  const document = withInferenceConfig(id, whole, name.config);
  const others = inferenceConfigs(whole).filter((config) => config !== name.config);
  if (others.length > 0) say(`${id} has other configurations: ${others.map((config) => `#${config}`).join(', ')}`);
  const artifact = artifactOf(id, document.HostingArtifactUri);
  const gated = document.GatedBucket === true || artifact.bucketPrefix === GATED_BUCKET;
  const channels = additionalChannels(document);
  if (channels.length > 0)
    say(`${id} also has ${channels.join(', ')}, which CloudFormation cannot mount: it is served without`);
  if (document.HostingEcrUri !== undefined) say(`JumpStart serves it with ${document.HostingEcrUri}`);
  const model: LockedModel = {
    source: 'jumpstart',
    id,
    revision: version,
    gated,
    artifact,
    ...(referenceArn === undefined ? {} : { hubContentArn: referenceArn }),
  };
  if (!artifact.key.endsWith('/')) {
    say(`${id} is one archive, which is not opened: give config or configPath at synth`);
    return model;
  }
  return { ...model, ...(await readCheckpoint(S3Folder.open(document.HostingArtifactUri!), say)) };
}

async function describe({ id, hub, contentName, revision }: ModelName): Promise<HubContent> {
  const { SageMakerClient, DescribeHubContentCommand } = namedExports(await import('@aws-sdk/client-sagemaker'));
  const client = new SageMakerClient({});
  const ask = async (HubContentType: 'Model' | 'ModelReference'): Promise<HubContent> => {
    const answer = await client.send(
      new DescribeHubContentCommand({
        HubName: hub ?? PUBLIC_HUB,
        HubContentType,
        HubContentName: contentName ?? id,
        HubContentVersion: revision,
      }),
    );
    return {
      version: answer.HubContentVersion,
      document: parsed(id, answer.HubContentDocument),
      ...(HubContentType === CONTENT_TYPES.reference ? { referenceArn: answer.HubContentArn } : {}),
    };
  };
  try {
    if (hub === undefined) return await ask(CONTENT_TYPES.own);
    return await ask(CONTENT_TYPES.reference).catch((error: Error) => {
      if (error.name !== 'ResourceNotFound') throw error;
      return ask(CONTENT_TYPES.own);
    });
  } catch (cause) {
    if (cause instanceof UnknownNameError) throw cause;
    throw new UnknownNameError(
      'JUMPSTART_MODEL_UNKNOWN',
      `JumpStart does not give out ${id}: ${(cause as Error).message}`,
      {
        got: revision === undefined ? id : `${id}@${revision}`,
        allowed: `a model of ${hub ?? PUBLIC_HUB}, with permission for sagemaker:DescribeHubContent`,
        fix: 'check the id and version, the AWS credentials and the region',
        cause,
      },
    );
  } finally {
    client.destroy();
  }
}

function parsed(id: string, text: string | undefined): HubDocument {
  try {
    const value: unknown = JSON.parse(text ?? '{}');
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as HubDocument;
  } catch {
    // Told below, with what is no object.
  }
  throw new UnknownNameError('JUMPSTART_DOCUMENT_UNREADABLE', `the document of ${id} is not a JSON object`, {
    got: (text ?? '').slice(0, 60),
    allowed: 'a hub content document',
    fix: 'report it to the owner of the hub; deploy the model from its S3 prefix meanwhile',
  });
}

/** `s3://jumpstart-cache-prod-us-west-2/path/` in any region: the bucket's name without its region. */
function artifactOf(id: string, uri: string | undefined): LockedArtifact {
  const match = /^s3:\/\/(jumpstart-[a-z-]*prod)-[a-z]{2,}(?:-[a-z]+)+-\d\/(.+)$/.exec(uri ?? '');
  if (match !== null) return { bucketPrefix: match[1], key: match[2] };
  if (uri?.startsWith('s3://') === true)
    throw new UnknownNameError(
      'JUMPSTART_ARTIFACT_ELSEWHERE',
      `the weights of ${id} lie in a bucket of the hub’s owner`,
      {
        got: uri,
        allowed: 's3://jumpstart-cache-prod-<region>/…',
        fix: `run \`qe models add ${uri}\` and use ModelSource.s3Prefix`,
      },
    );
  throw new UnknownNameError('JUMPSTART_ARTIFACT_UNKNOWN', `JumpStart does not say where the weights of ${id} lie`, {
    got: uri ?? 'no HostingArtifactUri',
    allowed: 's3://jumpstart-cache-prod-<region>/…',
    fix: 'deploy it from its model package, or use the same model from the hub',
  });
}
