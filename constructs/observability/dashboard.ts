import {
  AlarmStatusWidget,
  Dashboard,
  GraphWidget,
  TextWidget,
  type HorizontalAnnotation,
  type IAlarm,
  type IMetric,
  type IWidget,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import type { Expectations } from '../../lib/observe';
import type { IQuantizedEndpoint } from '../endpoint/endpoint-base';
import type { MadeEndpoint } from '../endpoint/made';
import type { Measures } from './measures';
import { allOf, oneOf } from './unit';

/** What a dashboard shows. */
export interface DashboardContent {
  readonly endpoint: IQuantizedEndpoint;
  readonly measures: Measures;
  readonly expected: Expectations;
  readonly unit: MadeEndpoint['unit'];
  readonly alarms: readonly IAlarm[];
  readonly hasEngineMetrics: boolean;
  readonly dashboardName: string | undefined;
}

const WIDTH = 24;
const HEIGHT = 6;

/** Users' side first, then the engine's, then the machine's: as one asks when something is slow. */
export function makeDashboard(scope: Construct, content: DashboardContent): Dashboard {
  const { alarms } = content;
  return new Dashboard(scope, 'Dashboard', {
    dashboardName: content.dashboardName,
    widgets: [
      [new TextWidget({ markdown: headline(content), width: WIDTH, height: 3 })],
      ...(alarms.length === 0
        ? []
        : [[new AlarmStatusWidget({ title: 'Alarms', alarms: [...alarms], width: WIDTH, height: 3 })]]),
      row(userWidgets(content)),
      ...(content.hasEngineMetrics ? [row(engineWidgets(content))] : []),
      row(machineWidgets(content)),
    ],
  });
}

function headline({ endpoint, expected, unit }: DashboardContent): string {
  const { firstTokenMs, interTokenMs, outputTokensPerSecond, concurrency, usdPerHour } = expected;
  const planned = [
    concurrency === undefined ? undefined : `${concurrency} requests at once ${oneOf(unit)}`,
    firstTokenMs === undefined ? undefined : `first token ${firstTokenMs.toFixed(0)} ms`,
    interTokenMs === undefined ? undefined : `${interTokenMs.toFixed(1)} ms a token`,
    outputTokensPerSecond === undefined ? undefined : `${outputTokensPerSecond.toFixed(0)} tokens/s ${oneOf(unit)}`,
    usdPerHour === undefined ? undefined : `$${usdPerHour} an hour and ${unit}`,
  ].filter((part) => part !== undefined);
  const plan = planned.length === 0 ? 'Nothing is planned.' : `Planned, with a full batch: ${planned.join(' · ')}.`;
  const { endpointName, inferenceComponentName } = endpoint;
  const name = unit === 'copy' ? `${endpointName}: ${inferenceComponentName}` : endpointName;
  return `# ${name}\n\n${plan}`;
}

function userWidgets(content: DashboardContent): IWidget[][] {
  const { endpoint, measures, expected } = content;
  return [
    [
      graph(
        'Time to first token, ms',
        [measures.firstToken('p50'), measures.firstToken('p90')],
        [planned(expected.firstTokenMs, 'planned with a full batch')],
      ),
      graph('Time of an answer, ms', [measures.answer('p50'), measures.answer('p90')]),
      graph('Requests a second', [measures.requestsPerSecond()]),
    ],
    [
      requestsAtOnce(content),
      graph('Errors', [
        endpoint.metricInvocationClientErrors(),
        endpoint.metricInvocationServerErrors(),
        endpoint.metric('MidStreamErrors', { statistic: 'Sum' }),
      ]),
      graph('Share of failed requests', [measures.failedShare()]),
    ],
  ];
}

/** Of an inference component SageMaker counts them for each copy, of an endpoint for all instances. */
function requestsAtOnce({ endpoint, expected, unit }: DashboardContent): IWidget {
  const { concurrency, maxInstanceCount } = expected;
  const metric = endpoint.metricConcurrentRequests();
  if (endpoint.inferenceComponentName !== undefined)
    return graph('Requests at once, of a copy', [metric], [planned(concurrency, 'planned')]);
  const all = concurrency === undefined ? undefined : concurrency * maxInstanceCount;
  return graph('Requests at once', [metric], [planned(all, `planned, ${allOf(unit)}`)]);
}

function engineWidgets({ measures, expected, unit }: DashboardContent): IWidget[][] {
  const { outputTokensPerSecond: rate, maxInstanceCount } = expected;
  const queue = [
    measures.engine('RunningRequests', 'Average', { label: 'Answered' }),
    measures.engine('WaitingRequests', 'Average', { label: 'Waiting' }),
  ];
  return [
    [
      graph(
        'Time between tokens, ms',
        [measures.engine('InterTokenLatency', 'p10'), measures.engine('InterTokenLatency', 'p50')],
        [planned(expected.interTokenMs, 'planned with a full batch')],
      ),
      graph(
        'Answer tokens a second',
        [measures.tokensPerSecond()],
        [planned(rate === undefined ? undefined : rate * maxInstanceCount, `planned, ${allOf(unit)} full`)],
      ),
      // llama.cpp logs neither its queue nor its cache.
      ...(expected.engine === 'llama.cpp'
        ? [graph('Prompt tokens a minute', [measures.engine('PromptTokens', 'Sum')])]
        : [graph(`Queue of ${oneOf(unit)}`, queue, [planned(expected.concurrency, 'planned at once')])]),
    ],
    ...(expected.engine === 'llama.cpp'
      ? []
      : [
          [
            graph(
              'KV cache taken, per cent',
              [measures.engine('KvCacheUtilization', 'Maximum')],
              [planned(100, 'full')],
            ),
            graph(`Prompt tokens a second of ${oneOf(unit)}`, [measures.engine('PromptTokensPerSecond', 'Average')]),
          ],
        ]),
  ];
}

function machineWidgets({ endpoint, measures, expected, unit }: DashboardContent): IWidget[][] {
  const cost = measures.cost();
  const { gpus, usdPerHour, maxInstanceCount } = expected;
  const ofInstance = (metricName: string) => endpoint.metric(metricName, { statistic: 'Maximum' });
  const gpuWidgets =
    gpus === 0
      ? []
      : [
          graph(
            'GPU, per cent, all GPUs added up',
            [endpoint.metricGpuUtilization()],
            [planned(gpus * 100, 'all busy')],
          ),
          graph(
            'GPU memory, per cent, all GPUs added up',
            [endpoint.metricGpuMemoryUtilization({ statistic: 'Maximum' })],
            [planned(expected.gpuMemoryUtilization, 'planned'), planned(gpus * 100, 'full')],
          ),
        ];
  return [
    [
      ...gpuWidgets,
      graph('Host, per cent', [
        ofInstance('CPUUtilization'),
        ofInstance('MemoryUtilization'),
        ofInstance('DiskUtilization'),
      ]),
    ],
    [
      graph(unit === 'copy' ? 'Copies' : 'Instances', [measures.instances()]),
      ...(cost === undefined
        ? []
        : [graph('Cost, USD an hour', [cost], [planned(usdPerHour! * maxInstanceCount, allOf(unit))])]),
    ],
  ];
}

function graph(title: string, left: IMetric[], lines: readonly (HorizontalAnnotation | undefined)[] = []): GraphWidget {
  return new GraphWidget({
    title,
    left,
    leftYAxis: { min: 0, showUnits: false },
    leftAnnotations: lines.filter((line) => line !== undefined),
    width: WIDTH / 3,
    height: HEIGHT,
  });
}

function planned(value: number | undefined, label: string): HorizontalAnnotation | undefined {
  return value === undefined ? undefined : { value: Number(value.toPrecision(4)), label };
}

function row(rows: IWidget[][]): IWidget[] {
  return rows.flat();
}
