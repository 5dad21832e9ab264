import { UnknownNameError } from '../../lib/errors';
import { S3Folder } from '../../lib/format/node';
import type { LockedArtifact, LockedModel } from '../../lib/lock';
import type { ModelName } from './model-name';
import { readCheckpoint } from './weights';

/** AWS's own hub, the same in every region. */
const PUBLIC_HUB = 'SageMakerPublicHub';

/** What of a model's document is read. Source: sagemaker-core, `jumpstart` hub content document schema. */
interface HubDocument {
  readonly HostingArtifactUri?: string;
  readonly HostingEulaUri?: string;
}

/** A model of SageMaker JumpStart, through `DescribeHubContent` in the region of the AWS profile in use. */
export async function lookUpJumpStartModel(
  { id, revision }: ModelName,
  say: (text: string) => void,
): Promise<LockedModel> {
  const { version, document } = await describe(id, revision);
  const artifact = artifactOf(id, document.HostingArtifactUri);
  const gated = document.HostingEulaUri !== undefined && document.HostingEulaUri !== '';
  const model: LockedModel = { source: 'jumpstart', id, revision: version, gated, artifact };
  if (!artifact.key.endsWith('/')) {
    say(`${id} is one archive, which is not opened: give config or configPath at synth`);
    return model;
  }
  return { ...model, ...(await readCheckpoint(S3Folder.open(document.HostingArtifactUri!), say)) };
}

async function describe(id: string, version: string | undefined): Promise<{ version?: string; document: HubDocument }> {
  const { SageMakerClient, DescribeHubContentCommand } = await import('@aws-sdk/client-sagemaker');
  const client = new SageMakerClient({});
  try {
    const answer = await client.send(
      new DescribeHubContentCommand({
        HubName: PUBLIC_HUB,
        HubContentType: 'Model',
        HubContentName: id,
        HubContentVersion: version,
      }),
    );
    return {
      version: answer.HubContentVersion,
      document: JSON.parse(answer.HubContentDocument ?? '{}') as HubDocument,
    };
  } catch (cause) {
    throw new UnknownNameError(
      'JUMPSTART_MODEL_UNKNOWN',
      `JumpStart does not give out ${id}: ${(cause as Error).message}`,
      {
        got: version === undefined ? id : `${id}@${version}`,
        allowed: 'a model of SageMakerPublicHub, with permission for sagemaker:DescribeHubContent',
        fix: 'check the id and version, the AWS credentials and the region',
        cause,
      },
    );
  } finally {
    client.destroy();
  }
}

/** `s3://jumpstart-cache-prod-us-west-2/path/` in any region: the bucket's name without its region. */
function artifactOf(id: string, uri: string | undefined): LockedArtifact {
  const match = /^s3:\/\/(jumpstart-[a-z-]*prod)-[a-z]{2,}(?:-[a-z]+)+-\d\/(.+)$/.exec(uri ?? '');
  if (match === null)
    throw new UnknownNameError('JUMPSTART_ARTIFACT_UNKNOWN', `JumpStart does not say where the weights of ${id} lie`, {
      got: uri ?? 'no HostingArtifactUri',
      allowed: 's3://jumpstart-cache-prod-<region>/…',
      fix: 'deploy it from its model package, or use the same model from the hub',
    });
  return { bucketPrefix: match[1], key: match[2] };
}
