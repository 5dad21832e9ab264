import path from 'node:path';
import type { CreateProjectCommandInput } from '@aws-sdk/client-codebuild';
import { SpecError } from '../../../lib/errors';
import { isS3Address, parseS3Address, type S3Location } from '../../../lib/format/node';

/** What runs in the account, worked out before anything is sent there. */
export interface RemoteJob {
  /** Arguments of `qe` on the machine that builds. */
  readonly args: readonly string[];
  /** Local files that the arguments name, by their names there. */
  readonly inputs: ReadonlyMap<string, string>;
  readonly out: S3Location;
  readonly roleArn: string;
  readonly computeType: string;
}

/** 8 processors, 16 GB of memory, 128 GB of disk; source: CodeBuild user guide, "Build environment compute types". */
const DEFAULT_COMPUTE = 'BUILD_GENERAL1_LARGE';

/** Where files of the user lie beside the program. */
const INPUTS = 'inputs';

/** What the answer of the run is called among the files that it leaves. */
export const ANSWER_FILE = 'qe-quantize.json';

/** Its Node.js is among those of CodeBuild's standard image. */
const NODE_VERSION = 22;
const IMAGE = 'aws/codebuild/standard:7.0';

/** The longest that a build may take; source: CodeBuild quotas, 36 hours. */
const TIMEOUT_MINUTES = 36 * 60;

/** Options of `qe quantize` that mean there what they mean here. */
const PASSED: Readonly<Record<string, string>> = {
  scheme: '--scheme',
  format: '--format',
  groupSize: '--group-size',
  keepAs: '--keep-as',
  limitTokens: '--limit-tokens',
};

/** @throws SpecError `REMOTE_NEEDS_S3`, `REMOTE_NEEDS_ROLE` */
export function remoteJob(
  model: string,
  options: Readonly<Record<string, unknown>>,
  isFile: (name: string) => boolean,
): RemoteJob {
  const out = String(options.out);
  if (!isS3Address(model)) throw needsS3('the checkpoint', model, `aws s3 sync ${model} s3://BUCKET/PREFIX/`);
  if (!isS3Address(out)) throw needsS3('--out', out, 'give an address such as s3://BUCKET/quantized/');
  const target = parseS3Address(out);
  const key = target.key.replace(/\/+$/, '');
  if (key === '') throw needsS3('--out', out, 'give a folder in the bucket, such as s3://BUCKET/quantized/');
  if (typeof options.role !== 'string')
    throw new SpecError(
      'REMOTE_NEEDS_ROLE',
      'CodeBuild assumes a role to read the checkpoint and to write the result',
      {
        got: 'no --role',
        allowed: 'the ARN of a role that codebuild.amazonaws.com may assume',
        fix: 'add --role ARN; it needs s3:GetObject and s3:ListBucket on the checkpoint, s3:PutObject on --out, and logs:*',
      },
    );
  const inputs = new Map<string, string>();
  const input = (option: string, name: string): string => {
    const there = `${INPUTS}/${option}/${path.basename(name)}`;
    inputs.set(there, name);
    return there;
  };
  const args = ['quantize', model, '--out', 'out'];
  for (const [name, flag] of Object.entries(PASSED)) {
    const value = options[name];
    if (value !== undefined) args.push(flag, String(value));
  }
  if (typeof options.calibration === 'string') args.push('--calibration', input('calibration', options.calibration));
  if (typeof options.imatrix === 'string') args.push('--imatrix', input('imatrix', options.imatrix));
  if (typeof options.keep === 'string')
    args.push('--keep', isFile(options.keep) ? input('keep', options.keep) : options.keep);
  if (options.digest === true) args.push('--digest');
  return {
    args,
    inputs,
    out: { bucket: target.bucket, key },
    roleArn: options.role,
    computeType: typeof options.compute === 'string' ? options.compute : DEFAULT_COMPUTE,
  };
}

/** The project that runs it once. Its source is the program, in S3; what it leaves in `out` goes to S3. */
export function projectOf(name: string, job: RemoteJob, source: S3Location): CreateProjectCommandInput {
  const parent = path.posix.dirname(job.out.key);
  const answer = `out/${ANSWER_FILE}`;
  const command = ['node', 'qe.js', ...job.args, '--json'].map(quoted).join(' ');
  return {
    name,
    description: 'qe quantize: runs once and is deleted',
    source: {
      type: 'S3',
      location: `${source.bucket}/${source.key}`,
      // JSON is YAML.
      buildspec: JSON.stringify({
        version: 0.2,
        phases: {
          install: { 'runtime-versions': { nodejs: NODE_VERSION } },
          // What went wrong is an answer too, and belongs into the log.
          build: { commands: ['mkdir -p out', `${command} > ${answer} || { cat ${answer}; exit 1; }`] },
        },
        artifacts: { files: ['**/*'], 'base-directory': 'out' },
      }),
    },
    artifacts: {
      type: 'S3',
      location: job.out.bucket,
      path: parent === '.' ? '' : parent,
      name: path.posix.basename(job.out.key),
      namespaceType: 'NONE',
      packaging: 'NONE',
    },
    environment: { type: 'LINUX_CONTAINER', image: IMAGE, computeType: job.computeType as 'BUILD_GENERAL1_LARGE' },
    serviceRole: job.roleArn,
    timeoutInMinutes: TIMEOUT_MINUTES,
  };
}

/** For a shell: whatever a name holds, it stays one word. */
function quoted(word: string): string {
  return /^[\w./:=-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

function needsS3(what: string, got: string, fix: string): SpecError {
  return new SpecError('REMOTE_NEEDS_S3', `with --on aws, ${what} lies in S3, where the account reaches it`, {
    got,
    allowed: 's3://BUCKET/PREFIX/',
    fix,
  });
}
