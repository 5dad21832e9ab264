import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import {
  CreateEndpointCommand,
  CreateEndpointConfigCommand,
  CreateModelCommand,
  DescribeEndpointCommand,
  SageMakerClient,
  type ContainerDefinition,
  type DescribeEndpointCommandOutput,
  type ProductionVariant,
} from '@aws-sdk/client-sagemaker';
import { SageMakerRuntimeClient } from '@aws-sdk/client-sagemaker-runtime';

const ROOT = path.resolve(__dirname, '../..');

export const GGUF = {
  Q4_K_M: path.join(ROOT, 'examples/models/gutenberg-3m-Q4_K_M/gutenberg-3m-Q4_K_M.gguf'),
  Q8_0: path.join(ROOT, 'examples/models/gutenberg-3m-Q8_0/gutenberg-3m-Q8_0.gguf'),
};

export const IMAGE = '763104351884.dkr.ecr.us-east-1.amazonaws.com/llama-cpp:server-sagemaker-cpu-v1';

/** Plain continuation: the model has no chat template of its own, and knows no chat. */
export const PLAIN_TEMPLATE = '{% for message in messages %}{{ message.content }}{% endfor %}';

/** A local AWS of this test file's own. */
export interface TestAws {
  readonly endpoint: string;
  readonly client: <C>(type: new (options: ClientOptions) => C) => C;
  readonly sagemaker: SageMakerClient;
  readonly runtime: SageMakerRuntimeClient;
  stop(): Promise<void>;
}

interface ClientOptions {
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly forcePathStyle: boolean;
  readonly maxAttempts: number;
}

export async function startTestAws(...args: readonly string[]): Promise<TestAws> {
  const script = path.join(ROOT, 'tools/local-aws/start.mjs');
  const child = spawn(process.execPath, [script, '--port', '0', '--json', ...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let errors = '';
  child.stderr.on('data', (data) => (errors += data));
  const ended = new Promise<void>((resolve) => child.on('close', () => resolve()));
  const lines = createInterface({ input: child.stdout });
  const first = await Promise.race([
    new Promise<string>((resolve) => lines.once('line', resolve)),
    ended.then(() => Promise.reject(new Error(`the local AWS did not start: ${errors}`))),
  ]);
  const { endpoint, region } = JSON.parse(first) as { endpoint: string; region: string };
  const options: ClientOptions = {
    endpoint,
    region,
    credentials: { accessKeyId: '000000000000', secretAccessKey: 'local' },
    forcePathStyle: true,
    maxAttempts: 1,
  };
  const client = <C>(type: new (given: ClientOptions) => C) => new type(options);
  return {
    endpoint,
    client,
    sagemaker: client(SageMakerClient),
    runtime: client(SageMakerRuntimeClient),
    stop: async () => {
      child.stdin.end();
      await ended;
    },
  };
}

export const BUCKET = 'models';

/** Puts files into the local S3, at `models/<key>`. */
export async function upload(aws: TestAws, files: Readonly<Record<string, string | Buffer>>): Promise<void> {
  const s3 = aws.client(S3Client);
  await s3.send(new CreateBucketCommand({ Bucket: BUCKET })).catch((error: Error) => {
    if (error.name !== 'BucketAlreadyOwnedByYou') throw error;
  });
  for (const [key, content] of Object.entries(files)) {
    const body = typeof content === 'string' ? readFileSync(content) : content;
    await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: key, Body: body }));
  }
}

/** A container that serves the uncompressed model below `s3://models/<prefix>`. */
export function ggufContainer(prefix: string, environment: Readonly<Record<string, string>> = {}): ContainerDefinition {
  return {
    Image: IMAGE,
    ModelDataSource: {
      S3DataSource: { S3Uri: `s3://${BUCKET}/${prefix}`, S3DataType: 'S3Prefix', CompressionType: 'None' },
    },
    Environment: { SM_LLAMA_CPP_CHAT_TEMPLATE: PLAIN_TEMPLATE, ...environment },
  };
}

/** Model and configuration of the same name. */
export async function createConfig(
  aws: TestAws,
  name: string,
  container: ContainerDefinition,
  variant: Partial<ProductionVariant> = {},
): Promise<void> {
  await aws.sagemaker.send(new CreateModelCommand({ ModelName: name, PrimaryContainer: container }));
  await aws.sagemaker.send(
    new CreateEndpointConfigCommand({
      EndpointConfigName: name,
      ProductionVariants: [
        {
          VariantName: 'AllTraffic',
          ModelName: name,
          InstanceType: 'ml.c7i.large',
          InitialInstanceCount: 1,
          ...variant,
        },
      ],
    }),
  );
}

export async function createEndpoint(
  aws: TestAws,
  name: string,
  config: string,
): Promise<DescribeEndpointCommandOutput> {
  await aws.sagemaker.send(new CreateEndpointCommand({ EndpointName: name, EndpointConfigName: config }));
  return settled(aws, name);
}

/** The endpoint once it is in a state that it stays in. */
export async function settled(aws: TestAws, name: string): Promise<DescribeEndpointCommandOutput> {
  for (;;) {
    const endpoint = await aws.sagemaker.send(new DescribeEndpointCommand({ EndpointName: name }));
    if (['InService', 'Failed'].includes(endpoint.EndpointStatus ?? '')) return endpoint;
    await sleep(100);
  }
}

/** A request of a fixed answer: greedy, and long enough for quantizations to differ. */
export function chatBody(prompt: string, more: Readonly<Record<string, unknown>> = {}): Uint8Array {
  const request = { messages: [{ role: 'user', content: prompt }], max_tokens: 24, temperature: 0, ...more };
  return Buffer.from(JSON.stringify(request));
}

export function contentOf(body: Uint8Array): string {
  return JSON.parse(Buffer.from(body).toString('utf8')).choices[0].message.content;
}
