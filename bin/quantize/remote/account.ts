import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import {
  BatchGetBuildsCommand,
  CodeBuildClient,
  CreateProjectCommand,
  DeleteProjectCommand,
  StartBuildCommand,
  StopBuildCommand,
  type CreateProjectCommandInput,
} from '@aws-sdk/client-codebuild';
import { DeleteObjectCommand, GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type { S3Location } from '../../../lib/format/node';
import { s3Settings } from '../../../lib/format/source/s3-settings';

/** How far a build is. */
export interface BuildState {
  /** `IN_PROGRESS`, `SUCCEEDED`, `FAILED`, `FAULT`, `TIMED_OUT`, `STOPPED`. */
  readonly status: string;
  readonly phase: string;
  /** Why a phase failed, in CodeBuild's words. */
  readonly message?: string;
  /** Page of the build's log. */
  readonly log?: string;
}

/** What a remote run needs of the account. */
export interface BuildAccount {
  upload(file: string, target: S3Location): Promise<void>;
  remove(target: S3Location): Promise<void>;
  readText(source: S3Location): Promise<string>;
  createProject(project: CreateProjectCommandInput): Promise<void>;
  deleteProject(name: string): Promise<void>;
  /** @returns the build's id */
  start(projectName: string): Promise<string>;
  state(id: string): Promise<BuildState>;
  stop(id: string): Promise<void>;
  close(): void;
}

/** The account of the environment: variables, profile, role of the machine. */
export function awsBuildAccount(): BuildAccount {
  const s3 = new S3Client(s3Settings());
  const codebuild = new CodeBuildClient({});
  const at = ({ bucket, key }: S3Location) => ({ Bucket: bucket, Key: key });
  return {
    async upload(file, target) {
      const { size } = await stat(file);
      await s3.send(new PutObjectCommand({ ...at(target), Body: createReadStream(file), ContentLength: size }));
    },
    remove: async (target) => void (await s3.send(new DeleteObjectCommand(at(target)))),
    readText: async (source) => (await s3.send(new GetObjectCommand(at(source)))).Body!.transformToString(),
    createProject: async (project) => void (await codebuild.send(new CreateProjectCommand(project))),
    deleteProject: async (name) => void (await codebuild.send(new DeleteProjectCommand({ name }))),
    async start(projectName) {
      const { build } = await codebuild.send(new StartBuildCommand({ projectName }));
      return build!.id!;
    },
    async state(id) {
      const { builds = [] } = await codebuild.send(new BatchGetBuildsCommand({ ids: [id] }));
      const [build] = builds;
      const failed = build?.phases?.find(({ phaseStatus }) => phaseStatus === 'FAILED');
      return {
        status: build?.buildStatus ?? 'MISSING',
        phase: build?.currentPhase ?? 'UNKNOWN',
        message: failed?.contexts?.map(({ message }) => message).join('; '),
        log: build?.logs?.deepLink,
      };
    },
    stop: async (id) => void (await codebuild.send(new StopBuildCommand({ id }))),
    close: () => [s3, codebuild].forEach((client) => client.destroy()),
  };
}
