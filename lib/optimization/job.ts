import { CustomResourceFailure, isNamed, isSettling, isWorthARun, poll, until } from '../custom-resource';
import type { CustomResource, CustomResourceEvent, Outcome, Turn } from '../custom-resource';

/** What of a job's description is read. Source: SageMaker API, `DescribeOptimizationJob`. */
export interface JobDescription {
  readonly status: string;
  readonly failureReason?: string;
  readonly recommendedImage?: string;
}

/** The API of SageMaker's optimization jobs, as far as a custom resource needs it. */
export interface OptimizationJobPort {
  create(request: Readonly<Record<string, unknown>>): Promise<void>;
  describe(name: string): Promise<JobDescription>;
  stop(name: string): Promise<void>;
  delete(name: string): Promise<void>;
}

/** Type of the resource that creates a job, and of those that wait for it. */
export const JOB_TYPE = 'Custom::SageMakerOptimizationJob';
export const WAIT_TYPE = 'Custom::SageMakerOptimizationJobWait';

/** CloudFormation gives a custom resource an hour at most: each of those that wait takes a little less. */
export const WAIT_SECONDS = 3_300;

/** From the request of a job to its first minute of work: finding an instance and pulling the image. */
const PROVISIONING_SECONDS = 1_800;

/** How many resources must wait, one after the other, for a job that may run this long. */
export function waitsFor(maxRuntimeSeconds: number): number {
  return Math.ceil((maxRuntimeSeconds + PROVISIONING_SECONDS) / WAIT_SECONDS);
}

const FINAL: readonly string[] = ['COMPLETED', 'FAILED', 'STOPPED'];
const RUNNING: readonly string[] = ['STARTING', 'INPROGRESS'];

/**
 * The two custom resources of an optimization job. The first creates the job and answers at once, so that CloudFormation
 * knows its name whatever happens next, and can stop it. The others wait for its end, each for a part of the time,
 * since a job may take longer than the hour that CloudFormation gives to one resource.
 */
export function optimizationJobResource(jobs: OptimizationJobPort): CustomResource {
  return (event, turn) => {
    const type = event.ResourceProperties.Kind;
    if (type === 'Job')
      return event.RequestType === 'Delete' ? removeJob(jobs, event, turn) : makeJob(jobs, event, turn);
    if (type === 'Wait') return event.RequestType === 'Delete' ? nothing(event) : waitForJob(jobs, event, turn);
    throw new CustomResourceFailure(`there is no resource of kind ${String(type)}`);
  };
}

async function makeJob(jobs: OptimizationJobPort, event: CustomResourceEvent, turn: Turn): Promise<Outcome> {
  const { Request: request, NamePrefix: prefix, Identity: identity } = event.ResourceProperties;
  // What is made alike is called alike: an update that changes nothing of the result keeps its job, and one that is
  // rolled back finds its former job again instead of paying for another.
  const name = `${String(prefix)}-${String(identity)}`;
  if (event.RequestType === 'Update' && event.PhysicalResourceId === name) return made(name);
  const attempt = { ...createRequest(request), OptimizationJobName: name };
  let isThere: true | undefined;
  try {
    isThere = await poll(turn, () => createOrAdopt(jobs, name, attempt, turn));
  } catch (error) {
    throw named(error, name);
  }
  if (isThere === undefined)
    throw new CustomResourceFailure('SageMaker was too busy to take the optimization job', name);
  return made(name);
}

/** A job of the same name is taken over where it may still succeed, and makes way where it has not. */
async function createOrAdopt(
  jobs: OptimizationJobPort,
  name: string,
  request: Readonly<Record<string, unknown>>,
  turn: Turn,
): Promise<true | undefined> {
  try {
    await jobs.create(request);
    return true;
  } catch (error) {
    if (isSettling(error, turn)) return undefined;
    if (!isNamed(error, 'ResourceInUse')) throw error;
    const former = await describe(jobs, name);
    if (former === undefined) throw error;
    if (former.status === 'COMPLETED' || RUNNING.includes(former.status)) return true;
    if (FINAL.includes(former.status)) await ignoring(() => jobs.delete(name), 'ResourceNotFound');
    return undefined;
  }
}

function made(name: string): Outcome {
  return { done: true, physicalResourceId: name, data: { JobName: name } };
}

function named(error: unknown, name: string): CustomResourceFailure {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return new CustomResourceFailure(`SageMaker did not take the optimization job: ${text}`, name);
}

async function waitForJob(jobs: OptimizationJobPort, event: CustomResourceEvent, turn: Turn): Promise<Outcome> {
  const { JobName, Last } = event.ResourceProperties;
  const name = String(JobName);
  const id = `${name}/wait`;
  const end = turn.startedAt + WAIT_SECONDS * 1_000;
  const ended = await poll(until(turn, end), async () => {
    const job = await describe(jobs, name);
    if (job === undefined) throw new CustomResourceFailure(`there is no optimization job ${name} any more`, id);
    return FINAL.includes(job.status) ? job : undefined;
  });
  if (ended === undefined) {
    if (isWorthARun(turn, end)) return { done: false };
    if (String(Last) !== 'true') return { done: true, physicalResourceId: id, data: data({ status: 'INPROGRESS' }) };
    throw new CustomResourceFailure(`optimization job ${name} did not end in time: raise maxRuntime`, id);
  }
  if (ended.status === 'COMPLETED') return { done: true, physicalResourceId: id, data: data(ended) };
  const reason = ended.failureReason ?? 'SageMaker gives no reason';
  const verb = ended.status === 'STOPPED' ? 'was stopped' : 'failed';
  throw new CustomResourceFailure(`optimization job ${name} ${verb}: ${reason}`, id);
}

function data({ status, recommendedImage }: JobDescription): Record<string, string> {
  return { Status: status, RecommendedInferenceImage: recommendedImage ?? '' };
}

/** Stops a job that still runs, and deletes its record. What it has written stays. */
async function removeJob(jobs: OptimizationJobPort, event: CustomResourceEvent, turn: Turn): Promise<Outcome> {
  const name = event.PhysicalResourceId ?? '';
  const end = turn.startedAt + WAIT_SECONDS * 1_000;
  let isAsked = false;
  const isGone = await poll(until(turn, end), async () => {
    const job = await describe(jobs, name);
    if (job === undefined) return true;
    if (RUNNING.includes(job.status) && !isAsked) {
      await ignoring(() => jobs.stop(name), 'ResourceNotFound', 'ValidationException');
      isAsked = true;
    }
    if (!FINAL.includes(job.status)) return undefined;
    await ignoring(() => jobs.delete(name), 'ResourceNotFound');
    return true;
  });
  if (isGone === undefined && isWorthARun(turn, end)) return { done: false };
  // A job that does not stop ends with its time at the latest; a stack that cannot be deleted would help nobody.
  return nothing(event);
}

async function nothing(event: CustomResourceEvent): Promise<Outcome> {
  return { done: true, physicalResourceId: event.PhysicalResourceId ?? event.RequestId };
}

async function describe(jobs: OptimizationJobPort, name: string): Promise<JobDescription | undefined> {
  try {
    return await jobs.describe(name);
  } catch (error) {
    // A name that no job can have is that of a resource which was never made.
    if (isNamed(error, 'ResourceNotFound', 'ResourceNotFoundException', 'ValidationException')) return undefined;
    throw error;
  }
}

async function ignoring(work: () => Promise<void>, ...names: readonly string[]): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!isNamed(error, ...names)) throw error;
  }
}

/** The API's request from the resource's properties, in which CloudFormation has made a text of each scalar. */
function createRequest(properties: unknown): Record<string, unknown> {
  return retyped(properties) as Record<string, unknown>;
}

const NUMBERS: readonly string[] = ['MaxRuntimeInSeconds', 'MaxInstanceCount'];
const BOOLEANS: readonly string[] = ['AcceptEula'];

function retyped(value: unknown, key = ''): unknown {
  if (Array.isArray(value)) return value.map((item) => retyped(item));
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, retyped(member, name)]));
  if (NUMBERS.includes(key)) return Number(value);
  return BOOLEANS.includes(key) ? String(value) === 'true' : value;
}
