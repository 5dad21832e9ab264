import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import {
  CreateAIBenchmarkJobCommand,
  CreateAIWorkloadConfigCommand,
  DescribeAIBenchmarkJobCommand,
  type CreateAIWorkloadConfigCommandInput,
} from '@aws-sdk/client-sagemaker';
import { GetObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import {
  entityName,
  readAiperf,
  workloadSpec,
  type BenchmarkWorkload,
  type ManagedBenchmark,
} from '../../lib/benchmark';
import { QuantizedEndpointsError } from '../../lib/errors';
import { s3Settings } from '../../lib/format/source/s3-settings';
import { writeWhole } from '../output/write-file';
import { findInTar } from './tar';
import type { Clients } from './clients';
import type { BenchmarkOptions } from './options';

const RESULT_FILE = 'profile_export_aiperf.json';
const POLL_SECONDS = 15;

/** The workload as SageMaker's own benchmark is told of it. */
export function workloadConfig(options: BenchmarkOptions, name: string): CreateAIWorkloadConfigCommandInput {
  return {
    AIWorkloadConfigName: name,
    AIWorkloadConfigs: { WorkloadSpec: { Inline: workloadSpec(workloadOf(options)) } },
  };
}

/** The busiest of the closed loads: a managed job has one. */
function workloadOf(options: BenchmarkOptions): BenchmarkWorkload {
  const concurrencies = options.loads.flatMap((load) => (load.kind === 'closed' ? [load.concurrency] : []));
  return {
    inputTokens: options.inputTokens,
    outputTokens: options.outputTokens,
    concurrency: Math.max(1, ...concurrencies),
    requests: options.requests,
    tokenizer: options.managed?.tokenizer,
    ignoreEos: options.ignoreEos,
  };
}

/** For `aws sagemaker create-ai-workload-config --cli-input-json file://…`. */
export async function writeWorkloadConfig(options: BenchmarkOptions, file: string): Promise<void> {
  const config = workloadConfig(options, entityName('qe', options.endpoint, 'workload'));
  await writeWhole(file, `${JSON.stringify(config, undefined, 2)}\n`);
}

/**
 * Has AWS run its own benchmark of the same workload, waits for it and reads what it measured. The configuration and the job stay in
 * the account, as a record.
 *
 * @throws QuantizedEndpointsError `MANAGED_BENCHMARK_FAILED`, `BENCHMARK_RESULT_UNREADABLE`
 */
export async function runManagedBenchmark(
  { sagemaker }: Clients,
  options: BenchmarkOptions,
  managed: NonNullable<BenchmarkOptions['managed']>,
  signal: AbortSignal,
  say: (text: string) => void,
  pollSeconds = POLL_SECONDS,
): Promise<ManagedBenchmark> {
  const stamp = new Date().toISOString().replace(/\D/g, '').slice(0, 14);
  const name = entityName('qe', options.endpoint, stamp);
  const { inferenceComponent, endpoint } = options;
  await sagemaker.send(new CreateAIWorkloadConfigCommand(workloadConfig(options, name)));
  await sagemaker.send(
    new CreateAIBenchmarkJobCommand({
      AIBenchmarkJobName: name,
      AIWorkloadConfigIdentifier: name,
      BenchmarkTarget: {
        Endpoint: {
          Identifier: endpoint,
          ...(inferenceComponent === undefined ? {} : { InferenceComponents: [{ Identifier: inferenceComponent }] }),
        },
      },
      OutputConfig: { S3OutputLocation: managed.output },
      RoleArn: managed.role,
    }),
  );
  say(`AI benchmark job ${name} started`);
  for (;;) {
    const job = await sagemaker.send(new DescribeAIBenchmarkJobCommand({ AIBenchmarkJobName: name }));
    const status = job.AIBenchmarkJobStatus;
    if (status === 'Completed') {
      const output = job.OutputConfig?.S3OutputLocation ?? managed.output;
      const result = await readResult(output, name);
      return { workloadConfigName: name, jobName: name, output, concurrency: workloadOf(options).concurrency, result };
    }
    if (status === 'Failed' || status === 'Stopped')
      throw new QuantizedEndpointsError(
        'MANAGED_BENCHMARK_FAILED',
        `the AI benchmark job ${name} is ${status}: ${job.FailureReason ?? 'no reason given'}`,
        {
          got: status,
          allowed: 'Completed',
          fix: 'look at the job’s log; its role must invoke the endpoint and write to S3',
        },
      );
    await sleep(pollSeconds * 1000, undefined, { signal });
  }
}

/** AIPerf's summary below an address, as a file of its own or in an archive. */
async function readResult(output: string, jobName: string) {
  const [, bucket, prefix] = /^s3:\/\/([^/]+)\/?(.*)$/.exec(output) ?? [];
  const s3 = new S3Client(s3Settings());
  try {
    const keys: string[] = [];
    let token: string | undefined;
    do {
      const page = await s3.send(
        new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, ContinuationToken: token }),
      );
      keys.push(...(page.Contents ?? []).flatMap(({ Key }) => Key ?? []));
      token = page.NextContinuationToken;
    } while (token !== undefined);
    // Others may have written below the same prefix: this job's come first.
    keys.sort((a, b) => Number(b.includes(jobName)) - Number(a.includes(jobName)));
    const read = async (key: string) => {
      const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
      return Buffer.from(await Body!.transformToByteArray());
    };
    const plain = keys.find((key) => key.endsWith(RESULT_FILE));
    if (plain !== undefined) return readAiperf((await read(plain)).toString('utf8'), `s3://${bucket}/${plain}`);
    for (const key of keys.filter((name) => name.endsWith('.tar.gz'))) {
      const found = findInTar(gunzipSync(await read(key)), RESULT_FILE);
      if (found !== undefined) return readAiperf(found.toString('utf8'), `s3://${bucket}/${key}`);
    }
  } finally {
    s3.destroy();
  }
  throw new QuantizedEndpointsError(
    'BENCHMARK_RESULT_MISSING',
    `the job ended, and there is no ${RESULT_FILE} below ${output}`,
    {
      got: output,
      allowed: `${RESULT_FILE}, or an archive that holds it`,
      fix: 'check that you may list and read the bucket',
    },
  );
}
