import { Construct } from 'constructs';
import type { Alarm, Dashboard, IMetric } from 'aws-cdk-lib/aws-cloudwatch';
import type { Expectations } from '../../lib/observe';
import { madeEndpoint } from '../endpoint/endpoint-base';
import type { MadeEndpoint } from '../endpoint/made';
import { reportFindings } from '../endpoint/report';
import { makeObservabilityAlarms } from './alarms';
import { makeDashboard } from './dashboard';
import { readEngineLog } from './engine-log';
import { Measures } from './measures';
import type { EndpointObservabilityProps } from './props';
import { observabilityFindings } from './validation';

/** Of an endpoint that is made elsewhere. */
const NOTHING_KNOWN: Pick<MadeEndpoint, 'expected' | 'unit'> = {
  expected: { gpus: 0, minInstanceCount: 1, maxInstanceCount: 1 },
  unit: 'instance',
};

const DEFAULT_LATENCY_MARGIN = 3;

/** Shorter ones are the network's. */
const LEAST_FIRST_TOKEN_MS = 1_000;

/**
 * A dashboard and alarms of an endpoint, with what is planned in every graph and as the limit of every alarm: time to the
 * first token and between tokens, requests and tokens a second, queue, KV cache, GPU and memory, errors, cost.
 *
 * Requests, latencies, errors and the load of the machine are SageMaker's own metrics. Queue, KV cache, tokens a second and
 * the time between tokens are known to the engine alone, which logs them: vLLM every ten seconds while it works, SGLang
 * every forty steps, llama.cpp after each answer. A function reads these lines and nothing else of the log. TensorRT-LLM
 * logs nothing of the kind; its graphs stay empty.
 *
 * @example
 * new EndpointObservability(this, 'Observability', { endpoint, alarmActions: [new SnsAction(topic)] });
 */
export class EndpointObservability extends Construct {
  /** The dashboard. */
  public readonly dashboard: Dashboard;

  /** The alarms; none without `alarmActions`. */
  public readonly alarms: Alarm[];

  private readonly measures: Measures;

  constructor(scope: Construct, id: string, props: EndpointObservabilityProps) {
    super(scope, id);
    const { endpoint, alarmActions = [], engineMetrics: hasEngineMetrics = true } = props;
    const { expected, unit } = madeEndpoint(endpoint) ?? NOTHING_KNOWN;
    const isPlanned = expected.firstTokenMs !== undefined && expected.interTokenMs !== undefined;
    reportFindings(this, observabilityFindings(props, expected, isPlanned));

    if (hasEngineMetrics) readEngineLog(this, endpoint, endpoint.inferenceComponentName, props.logRetention);
    this.measures = new Measures(endpoint, expected, unit);
    const content = { endpoint, measures: this.measures, expected, unit, hasEngineMetrics };
    this.alarms =
      alarmActions.length === 0
        ? []
        : makeObservabilityAlarms(this, { ...content, limits: limitsOf(props, expected), actions: alarmActions });
    this.dashboard = makeDashboard(this, { ...content, alarms: this.alarms, dashboardName: props.dashboardName });
  }

  /**
   * `InterTokenLatency`: time between two tokens of an answer, milliseconds.
   *
   * @param statistic default: `p10`, since the engine's own average is too long when it was idle for a while
   */
  public metricInterTokenLatency(statistic: string = 'p10'): IMetric {
    return this.measures.engine('InterTokenLatency', statistic);
  }

  /** `WaitingRequests`: requests that wait for room in the batch of an instance; average. vLLM and SGLang. */
  public metricWaitingRequests(): IMetric {
    return this.measures.engine('WaitingRequests', 'Average');
  }

  /** `KvCacheUtilization`: share of the KV cache that is taken, per cent; maximum. vLLM and SGLang. */
  public metricKvCacheUtilization(): IMetric {
    return this.measures.engine('KvCacheUtilization', 'Maximum');
  }

  /** Answer tokens a second of all instances. */
  public metricTokensPerSecond(): IMetric {
    return this.measures.tokensPerSecond();
  }
}

function limitsOf(
  props: EndpointObservabilityProps,
  { firstTokenMs, interTokenMs, usdPerHour, ...counts }: Expectations,
) {
  const margin = props.latencyMargin ?? DEFAULT_LATENCY_MARGIN;
  const limit = props.maxHourlyCost;
  const canExceed = limit !== undefined && usdPerHour !== undefined && limit < usdPerHour * counts.maxInstanceCount;
  return {
    maxFirstTokenMs:
      props.maxTimeToFirstToken?.toMilliseconds() ??
      (firstTokenMs === undefined ? undefined : Math.max(LEAST_FIRST_TOKEN_MS, firstTokenMs * margin)),
    maxInterTokenMs:
      props.maxInterTokenTime?.toMilliseconds() ?? (interTokenMs === undefined ? undefined : interTokenMs * margin),
    maxHourlyCost: canExceed ? limit : undefined,
  };
}
