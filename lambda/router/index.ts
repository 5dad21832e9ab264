import { createHash } from 'node:crypto';
import { BedrockRuntimeClient } from '@aws-sdk/client-bedrock-runtime';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { SageMakerRuntimeClient } from '@aws-sdk/client-sagemaker-runtime';
import { metricsLine, parseRouterConfig, Router, toHttpRequest, type RequestRecord } from '../../lib/route';
import { bedrockTier } from './bedrock';
import { functionClassifier } from './classifier';
import { conversationTable } from './conversations';
import './runtime';
import { sagemakerTier } from './sagemaker';
import { responseSink } from './sink';
import { traceAttempts } from './x-ray';

/** Time kept for telling a client that there is no more time. */
const RESERVED_MS = 1500;

const config = parseRouterConfig(process.env.ROUTER_CONFIG);
const names = config.tiers.map(({ name }) => name);

// The router tries again itself, elsewhere: the SDK's own tries would only add to the waiting.
const options = { maxAttempts: 1 };
const sagemaker = new SageMakerRuntimeClient(options);
let bedrock: BedrockRuntimeClient | undefined;

const router = new Router(config, {
  tiers: new Map(
    config.tiers.map(({ name, backend }) => [
      name,
      backend.kind === 'sagemaker'
        ? sagemakerTier(sagemaker, backend.endpointName, backend.inferenceComponentName)
        : bedrockTier((bedrock ??= new BedrockRuntimeClient(options)), backend.modelId),
    ]),
  ),
  ...(config.classifier === undefined
    ? {}
    : { classifier: functionClassifier(new LambdaClient(options), config.classifier.functionName) }),
  ...(config.conversations === undefined
    ? {}
    : { conversations: conversationTable(new DynamoDBClient(options), config.conversations) }),
  now: () => performance.now(),
  epochSeconds: () => Date.now() / 1000,
  digest: (text) => createHash('sha256').update(text).digest('base64'),
  setTimer: (callback, milliseconds) => {
    const timer = setTimeout(callback, milliseconds);
    return () => clearTimeout(timer);
  },
  observe,
});

function observe(record: RequestRecord): void {
  const { metricsNamespace: namespace, routerName } = config;
  // Not console.log: it puts words before the JSON, which CloudWatch would not take for metrics then.
  process.stdout.write(`${metricsLine(record, { namespace, router: routerName, tiers: names }, Date.now())}\n`);
  traceAttempts(record);
}

export const handler = awslambda.streamifyResponse(async (event, stream, context) => {
  await router.handle(toHttpRequest(event), responseSink(stream), {
    requestId: event.requestContext?.requestId ?? context.awsRequestId,
    caller: event.requestContext?.authorizer?.iam?.userArn ?? '',
    remainingMs: context.getRemainingTimeInMillis() - RESERVED_MS,
  });
});
