import { Duration } from 'aws-cdk-lib';
import { MathExpression, Metric, type IMetric, type MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import type { EngineMetric, Expectations } from '../../lib/observe';
import type { IQuantizedEndpoint } from '../endpoint/endpoint-base';
import type { MadeEndpoint } from '../endpoint/made';

/** Metrics that the function `engine-metrics` makes of the engine's log. */
export const ENGINE_NAMESPACE = 'QuantizedEndpoints';

const PERIOD = Duration.minutes(1);

/** Everything of an endpoint that is drawn and watched, in the units in which people think of it. */
export class Measures {
  constructor(
    private readonly endpoint: IQuantizedEndpoint,
    private readonly expected: Expectations,
    private readonly unit: MadeEndpoint['unit'],
  ) {}

  /** A metric of the engine's log, with the dimensions of SageMaker's own. */
  engine(metricName: EngineMetric, statistic: string, options: MetricOptions = {}): Metric {
    return new Metric({
      namespace: ENGINE_NAMESPACE,
      metricName,
      dimensionsMap:
        this.endpoint.inferenceComponentName === undefined
          ? { EndpointName: this.endpoint.endpointName, VariantName: this.endpoint.variantName }
          : { InferenceComponentName: this.endpoint.inferenceComponentName },
      statistic,
      period: PERIOD,
      ...options,
    });
  }

  /** Of streamed answers, milliseconds; SageMaker counts microseconds. */
  firstToken(statistic: string): IMetric {
    return milliseconds(this.endpoint.metricFirstChunkLatency({ statistic }), statistic);
  }

  /** Of whole answers, milliseconds. */
  answer(statistic: string): IMetric {
    return milliseconds(this.endpoint.metricModelLatency({ statistic }), statistic);
  }

  requestsPerSecond(): IMetric {
    return new MathExpression({
      expression: 'requests / PERIOD(requests)',
      usingMetrics: { requests: this.endpoint.metricInvocations() },
      label: 'Requests a second',
      period: PERIOD,
    });
  }

  /**
   * Answer tokens a second of all instances. llama.cpp logs the tokens of each answer; vLLM and SGLang the rate of a server
   * over an interval, which the number of instances makes that of the endpoint.
   */
  tokensPerSecond(): IMetric {
    if (this.expected.engine === 'llama.cpp')
      return new MathExpression({
        expression: 'tokens / PERIOD(tokens)',
        usingMetrics: { tokens: this.engine('OutputTokens', 'Sum') },
        label: 'Answer tokens a second',
        period: PERIOD,
      });
    return new MathExpression({
      expression: 'rate * instances',
      usingMetrics: { rate: this.engine('OutputTokensPerSecond', 'Average'), instances: this.instances() },
      label: 'Answer tokens a second',
      period: PERIOD,
    });
  }

  /**
   * SageMaker publishes no number of instances, but requests, and requests for each instance. Without requests it is what
   * it last was.
   */
  instances(): IMetric {
    const { minInstanceCount: min, maxInstanceCount: max } = this.expected;
    const requests = this.endpoint.metricInvocations();
    const each = this.endpoint.metricInvocationsPerInstance();
    return new MathExpression({
      // A constant is a time series only beside one.
      expression: min === max ? `${max} + 0 * FILL(requests, 0)` : 'FILL(requests / each, REPEAT)',
      usingMetrics: min === max ? { requests } : { requests, each },
      label: this.unit === 'copy' ? 'Copies' : 'Instances',
      period: PERIOD,
    });
  }

  /** USD an hour; undefined where no price is known. */
  cost(): IMetric | undefined {
    const { usdPerHour } = this.expected;
    if (usdPerHour === undefined) return undefined;
    return new MathExpression({
      expression: `instances * ${usdPerHour}`,
      usingMetrics: { instances: this.instances() },
      label: 'USD an hour',
      period: PERIOD,
    });
  }

  /** Share of the requests that failed, 0 to 1: SageMaker counts a 0 for each that did not. */
  failedShare(): IMetric {
    return this.endpoint.metricInvocationServerErrors({ statistic: 'Average' });
  }
}

/** Ids of a graph's metrics are its own: two statistics of one metric need two. */
function milliseconds(microseconds: IMetric, statistic: string): IMetric {
  return new MathExpression({
    expression: `${statistic}us / 1000`,
    usingMetrics: { [`${statistic}us`]: microseconds },
    label: statistic,
    period: PERIOD,
  });
}
