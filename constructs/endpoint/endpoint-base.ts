import { Resource } from 'aws-cdk-lib';
import type { IMetric, MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import type { Grant, IGrantable } from 'aws-cdk-lib/aws-iam';
import type { EndpointReference, IEndpoint } from 'aws-cdk-lib/aws-sagemaker';
import { EndpointGrants } from './grants';
import type { MadeEndpoint } from './made';
import { componentMetric, DefaultStatistic, endpointMetric } from './metrics';

/** An endpoint that serves a language model, made here or elsewhere. */
export interface IQuantizedEndpoint extends IEndpoint {
  /** Name of the production variant, a dimension of every metric. */
  readonly variantName: string;

  /**
   * Name of the inference component that holds the model, which requests have to name; undefined where the endpoint holds
   * it itself.
   */
  readonly inferenceComponentName?: string;

  /** Permissions on this endpoint. */
  readonly grants: EndpointGrants;

  /**
   * A metric of this endpoint under its official name, from the namespace in which SageMaker publishes it.
   *
   * @param metricName such as `Invocations` or `GPUMemoryUtilization`
   */
  metric(metricName: string, options?: MetricOptions): IMetric;

  /**
   * `Invocations`: requests sent to the endpoint.
   *
   * @default - sum over 1 minute
   */
  metricInvocations(options?: MetricOptions): IMetric;

  /**
   * `Invocation4XXErrors`: requests that were refused.
   *
   * @default - sum over 1 minute
   */
  metricInvocationClientErrors(options?: MetricOptions): IMetric;

  /**
   * `Invocation5XXErrors`: requests that the model or the service failed to answer.
   *
   * @default - sum over 1 minute
   */
  metricInvocationServerErrors(options?: MetricOptions): IMetric;

  /**
   * `InvocationsPerInstance`: requests for each instance.
   *
   * @default - sum over 1 minute
   */
  metricInvocationsPerInstance(options?: MetricOptions): IMetric;

  /**
   * `ConcurrentRequestsPerModel`: requests that are being answered or wait.
   *
   * @default - maximum over 1 minute
   */
  metricConcurrentRequests(options?: MetricOptions): IMetric;

  /**
   * `ModelLatency`: time the container takes for an answer, microseconds.
   *
   * @default - average over 1 minute
   */
  metricModelLatency(options?: MetricOptions): IMetric;

  /**
   * `OverheadLatency`: time SageMaker adds to an answer, microseconds.
   *
   * @default - average over 1 minute
   */
  metricOverheadLatency(options?: MetricOptions): IMetric;

  /**
   * `FirstChunkLatency`: time until a streamed answer begins, microseconds.
   *
   * @default - average over 1 minute
   */
  metricFirstChunkLatency(options?: MetricOptions): IMetric;

  /**
   * `GPUUtilization`: per cent, all GPUs of an instance added up.
   *
   * @default - average over 1 minute
   */
  metricGpuUtilization(options?: MetricOptions): IMetric;

  /**
   * `GPUMemoryUtilization`: per cent, all GPUs of an instance added up.
   *
   * @default - average over 1 minute
   */
  metricGpuMemoryUtilization(options?: MetricOptions): IMetric;
}

/** What an endpoint made here and an imported one have in common. */
export abstract class QuantizedEndpointBase extends Resource implements IQuantizedEndpoint {
  public abstract readonly endpointArn: string;
  public abstract readonly endpointName: string;
  public abstract readonly variantName: string;
  public abstract readonly inferenceComponentName?: string;

  /** Permissions on this endpoint. */
  public readonly grants: EndpointGrants = EndpointGrants._fromComponent(this, () => this.inferenceComponentName);

  /** Reference for other resources. */
  public get endpointRef(): EndpointReference {
    return { endpointArn: this.endpointArn };
  }

  /** Permits to invoke this endpoint, streaming included. */
  public grantInvoke(grantee: IGrantable): Grant {
    return this.grants.invoke(grantee);
  }

  /**
   * Undefined for an endpoint that is made elsewhere.
   *
   * @internal
   */
  public _made(): MadeEndpoint | undefined {
    return undefined;
  }

  public metric(metricName: string, options?: MetricOptions): IMetric {
    const componentName = this.inferenceComponentName;
    if (componentName !== undefined) return componentMetric(componentName, metricName, DefaultStatistic.GAUGE, options);
    return endpointMetric(this.endpointName, this.variantName, metricName, DefaultStatistic.GAUGE, options);
  }

  public metricInvocations(options?: MetricOptions): IMetric {
    return this.count('Invocations', options);
  }

  public metricInvocationClientErrors(options?: MetricOptions): IMetric {
    return this.count('Invocation4XXErrors', options);
  }

  public metricInvocationServerErrors(options?: MetricOptions): IMetric {
    return this.count('Invocation5XXErrors', options);
  }

  public metricInvocationsPerInstance(options?: MetricOptions): IMetric {
    return this.count('InvocationsPerInstance', options);
  }

  public metricConcurrentRequests(options?: MetricOptions): IMetric {
    return this.metric('ConcurrentRequestsPerModel', { statistic: 'Maximum', ...options });
  }

  public metricModelLatency(options?: MetricOptions): IMetric {
    return this.metric('ModelLatency', { statistic: DefaultStatistic.LATENCY, ...options });
  }

  public metricOverheadLatency(options?: MetricOptions): IMetric {
    return this.metric('OverheadLatency', { statistic: DefaultStatistic.LATENCY, ...options });
  }

  public metricFirstChunkLatency(options?: MetricOptions): IMetric {
    return this.metric('FirstChunkLatency', { statistic: DefaultStatistic.LATENCY, ...options });
  }

  public metricGpuUtilization(options?: MetricOptions): IMetric {
    return this.metric('GPUUtilization', options);
  }

  public metricGpuMemoryUtilization(options?: MetricOptions): IMetric {
    return this.metric('GPUMemoryUtilization', options);
  }

  private count(metricName: string, options?: MetricOptions): IMetric {
    return this.metric(metricName, { statistic: DefaultStatistic.COUNT, ...options });
  }
}

/** What this app knows of an endpoint that it makes; undefined for others. */
export function madeEndpoint(endpoint: IQuantizedEndpoint): MadeEndpoint | undefined {
  return endpoint instanceof QuantizedEndpointBase ? endpoint._made() : undefined;
}
