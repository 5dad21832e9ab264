import { CustomResourceFailure, isNamed, isSettling, isWorthARun, poll, until } from '../custom-resource';
import type { CustomResource, CustomResourceEvent, Outcome, Turn } from '../custom-resource';

/** What of a build is read. Source: CodeBuild API, `Build`. */
export interface BuildDescription {
  readonly status: string;
  /** What each phase that failed says of itself. */
  readonly problems: readonly string[];
  /** Page of the build's log in the console. */
  readonly log?: string;
}

/** CodeBuild, as far as a custom resource needs it. */
export interface BuildPort {
  /** @returns the build's id */
  start(project: string, variables: Readonly<Record<string, string>>, token: string): Promise<string>;
  describe(id: string): Promise<BuildDescription | undefined>;
  stop(id: string): Promise<void>;
}

/** Type of the resource that builds an image. */
export const IMAGE_TYPE = 'Custom::ContainerImage';

const RUNNING = 'IN_PROGRESS';

/** CloudFormation gives a resource an hour; the project's own time-out is shorter. */
const LONGEST_MS = 3_500_000;

/** Builds an image by CodeBuild when it is made, or when its tag changes, and is there once the image is. */
export function imageBuildResource(builds: BuildPort): CustomResource {
  return (event, turn) =>
    event.RequestType === 'Delete' ? stopBuild(builds, event, turn) : build(builds, event, turn);
}

async function build(builds: BuildPort, event: CustomResourceEvent, turn: Turn): Promise<Outcome> {
  const { ProjectName: project, ImageTag: tag } = event.ResourceProperties;
  const old = event.OldResourceProperties;
  const isSame = old?.ProjectName === project && old?.ImageTag === tag;
  if (event.RequestType === 'Update' && isSame && event.PhysicalResourceId !== undefined)
    return built(event.PhysicalResourceId, tag);
  const id = event.State ?? (await start(builds, event, turn));
  const end = turn.startedAt + LONGEST_MS;
  const ended = await poll(until(turn, end), async () => {
    const description = await builds.describe(id);
    if (description === undefined) throw new CustomResourceFailure(`CodeBuild knows no build ${id}`, id);
    return description.status === RUNNING ? undefined : description;
  });
  if (ended === undefined) {
    if (isWorthARun(turn, end)) return { done: false, state: id };
    throw new CustomResourceFailure(`build ${id} did not end in time`, id);
  }
  if (ended.status === 'SUCCEEDED') return built(id, tag);
  const problems = ended.problems.length === 0 ? 'no phase says why' : ended.problems.join('; ');
  const log = ended.log === undefined ? '' : `; log: ${ended.log}`;
  throw new CustomResourceFailure(`the image was not built (${ended.status}): ${problems}${log}`, id);
}

async function start(builds: BuildPort, event: CustomResourceEvent, turn: Turn): Promise<string> {
  const { ProjectName: project, ImageTag: tag } = event.ResourceProperties;
  const id = await poll(turn, async () => {
    try {
      return await builds.start(String(project), { IMAGE_TAG: String(tag) }, event.RequestId);
    } catch (error) {
      if (isSettling(error, turn)) return undefined;
      throw error;
    }
  });
  if (id === undefined) throw new CustomResourceFailure('CodeBuild was too busy to start the build');
  return id;
}

function built(id: string, tag: unknown): Outcome {
  return { done: true, physicalResourceId: id, data: { ImageTag: String(tag) } };
}

/** An image that was pushed stays: an endpoint that is rolled back needs it again. */
async function stopBuild(builds: BuildPort, event: CustomResourceEvent, turn: Turn): Promise<Outcome> {
  const id = event.PhysicalResourceId ?? '';
  await poll(turn, async () => {
    const description = await builds.describe(id);
    if (description?.status === RUNNING) await stopOnce(builds, id);
    return true;
  });
  return { done: true, physicalResourceId: id === '' ? event.RequestId : id };
}

async function stopOnce(builds: BuildPort, id: string): Promise<void> {
  try {
    await builds.stop(id);
  } catch (error) {
    if (!isNamed(error, 'ResourceNotFoundException', 'InvalidInputException')) throw error;
  }
}
