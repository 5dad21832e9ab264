import { monitorRun, monitorTick, type MonitorConfig, type Outcome, type Ports } from '../../lib/monitor/operate';
import { parsePrompts } from '../../lib/monitor';
import { monitorPage } from '../../lib/report/monitor-page';
import { bedrockEmbedder, bedrockJudge, endpointEmbedder } from './bedrock';
import { capturedTraffic } from './captured';
import { publishMetrics } from './metrics';
import { createEndpoint, deleteEndpoint, describe, invoke, invokeRaw } from './sagemaker';
import { readText, S3Store } from './store';
import { parsesJavaScript } from '../../lib/monitor/parses-javascript';

/** What the construct writes into the function's variables. */
interface Settings extends MonitorConfig {
  readonly bucket: string;
  readonly prefix: string;
  readonly promptsBucket: string;
  readonly promptsKey: string;
  readonly captured?: { readonly bucket: string; readonly prefix: string };
  readonly judgeModelId?: string;
  readonly embedding?: { readonly bedrockModelId?: string; readonly endpointName?: string };
}

interface Context {
  getRemainingTimeInMillis(): number;
}

/** What must be left when the last question is asked: its answer (a minute at most), the files and the metrics. */
const RESERVE_MS = 90_000;

/**
 * `{"task": "run"}` of the schedule compares and tests; `{"task": "tick"}`, which comes often, does what cannot wait.
 *
 * @returns what it came to, without any text of prompts or answers
 */
export async function handler(event: { readonly task?: string }, context: Context): Promise<Outcome> {
  const settings = JSON.parse(process.env.MONITOR_SETTINGS ?? '{}') as Settings;
  const ports = portsOf(settings, context);
  return event.task === 'run' ? monitorRun(settings, ports) : monitorTick(settings, ports);
}

function portsOf(settings: Settings, context: Context): Ports {
  const { captured, judgeModelId, embedding } = settings;
  return {
    prompts: async () => {
      const { promptsBucket, promptsKey } = settings;
      const address = `s3://${promptsBucket}/${promptsKey}`;
      return parsePrompts((await readText(promptsBucket, promptsKey))?.text ?? '', address);
    },
    store: new S3Store(settings.bucket, settings.prefix),
    ask: invoke,
    askRaw: invokeRaw,
    describe,
    createEndpoint,
    deleteEndpoint,
    publish: (metrics) => publishMetrics(settings.namespace, settings.monitorName, metrics),
    ...(captured === undefined ? {} : { captured: (since, count) => capturedTraffic(captured, since, count) }),
    ...(judgeModelId === undefined ? {} : { judge: bedrockJudge(judgeModelId) }),
    ...(embedding?.bedrockModelId === undefined ? {} : { embed: bedrockEmbedder(embedding.bedrockModelId) }),
    ...(embedding?.endpointName === undefined ? {} : { embed: endpointEmbedder(embedding.endpointName) }),
    parsesJavaScript,
    page: monitorPage,
    now: () => new Date(),
    hasTime: () => context.getRemainingTimeInMillis() > RESERVE_MS,
    log: (fields) => console.log(JSON.stringify(fields)),
  };
}
