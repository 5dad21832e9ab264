import type { CfnEndpointConfig } from 'aws-cdk-lib/aws-sagemaker';
import type { Finding } from '../../lib/rules/types';
import type { ContainerFamily } from '../../lib/spec/types';
import { known } from '../shared/known';

/** Options of `RoutingStrategy.prefixAware`. */
export interface PrefixAwareRoutingOptions {
  /**
   * How much of a request's beginning decides where it goes, 1,024 to 65,536: bytes of the request body, or characters
   * of the messages on the OpenAI-compatible route. Long enough for what requests share, such as a system prompt, and
   * something beyond it: requests that share all of it go to one instance.
   *
   * @default 1024
   */
  readonly prefixLength?: number;

  /**
   * Requests in flight at which an instance, or a copy in a fleet, is passed over, 1 to 1,024.
   *
   * @default - as many as the plan says it works on at once
   */
  readonly concurrencyThreshold?: number;
}

/** Which instance, or which copy of a model, gets the next request. */
export class RoutingStrategy {
  /** The one with the fewest requests in flight: requests to a language model take as long as their answers are. */
  static leastOutstandingRequests(): RoutingStrategy {
    return new RoutingStrategy('LEAST_OUTSTANDING_REQUESTS');
  }

  /** Any. */
  static random(): RoutingStrategy {
    return new RoutingStrategy('RANDOM');
  }

  /**
   * The one that saw a request with the same beginning, as long as it is not busy: its prefix cache then holds the
   * beginning already. Works with every container that keeps such a cache, and from two instances or copies on.
   */
  static prefixAware(options: PrefixAwareRoutingOptions = {}): RoutingStrategy {
    return new RoutingStrategy('PREFIX_AWARE', options);
  }

  /**
   * The one whose KV cache holds most of the prompt, weighed against how busy it is. Only containers that tell SageMaker
   * what they hold, such as AWS's vLLM image.
   */
  static kvAware(): RoutingStrategy {
    return new RoutingStrategy('KV_AWARE');
  }

  private constructor(
    private readonly name: 'LEAST_OUTSTANDING_REQUESTS' | 'RANDOM' | 'PREFIX_AWARE' | 'KV_AWARE',
    private readonly options: PrefixAwareRoutingOptions = {},
  ) {}

  /**
   * @param inFlight requests at which an instance or copy is passed over unless the options say otherwise; of one that
   * takes the fewest, see `inFlightLimit`
   * @internal
   */
  public _render(inFlight: number): CfnEndpointConfig.RoutingConfigProperty {
    if (this.name !== 'PREFIX_AWARE') return { routingStrategy: this.name };
    return {
      routingStrategy: this.name,
      prefixAwareRoutingConfig: {
        prefixLength: this.options.prefixLength ?? SHORTEST_PREFIX,
        concurrencyThreshold: this.options.concurrencyThreshold ?? inFlight,
      },
    };
  }

  /** @internal */
  public _findings(family: ContainerFamily, prefixCache: boolean | undefined): Finding[] {
    const findings: Finding[] = [];
    const { prefixLength, concurrencyThreshold } = this.options;
    if (isOutside(prefixLength, SHORTEST_PREFIX, LONGEST_PREFIX))
      findings.push(outOfRange('prefixLength', prefixLength, SHORTEST_PREFIX, LONGEST_PREFIX));
    if (isOutside(concurrencyThreshold, 1, MOST_IN_FLIGHT))
      findings.push(outOfRange('concurrencyThreshold', concurrencyThreshold, 1, MOST_IN_FLIGHT));
    if (this.name === 'PREFIX_AWARE' && prefixCache === false)
      findings.push({
        rule: 'ROUTING_WITHOUT_PREFIX_CACHE',
        severity: 'warning',
        message:
          'requests that begin alike go to one instance, which keeps nothing of them: prefix caching is off, so that routing only makes the load uneven',
        got: 'RoutingStrategy.prefixAware, enablePrefixCaching false',
        allowed: 'prefix-aware routing with a prefix cache',
        fix: 'set enablePrefixCaching, or leave routing out',
        path: '/options/enablePrefixCaching',
      });
    if (this.name === 'KV_AWARE' && family !== 'vllm')
      findings.push({
        rule: 'ROUTING_NOT_SUPPORTED_BY_CONTAINER',
        severity: 'warning',
        message:
          'SageMaker routes by the KV cache only where the container tells what it holds; of AWS’s images that is known of vLLM’s alone',
        got: `RoutingStrategy.kvAware with ${family}`,
        allowed: 'ServingContainer.vllm()',
        fix: 'use ServingContainer.vllm(), or RoutingStrategy.prefixAware(), which needs nothing of the container',
        path: '/container/family',
      });
    return findings;
  }
}

// Source: SageMaker API, `PrefixAwareRoutingConfig`.
const SHORTEST_PREFIX = 1_024;
const LONGEST_PREFIX = 65_536;
const MOST_IN_FLIGHT = 1_024;

/** A planned concurrency as the service takes it. */
export function inFlightLimit(maxConcurrency: number): number {
  return Math.min(MOST_IN_FLIGHT, Math.max(1, maxConcurrency));
}

function isOutside(value: number | undefined, least: number, most: number): value is number {
  const number = known(value);
  return number !== undefined && !(Number.isInteger(number) && number >= least && number <= most);
}

function outOfRange(name: string, value: number, least: number, most: number): Finding {
  return {
    rule: 'ROUTING_OUT_OF_RANGE',
    severity: 'error',
    message: `${name} of prefix-aware routing is outside of what the service takes`,
    got: String(value),
    allowed: `${least} to ${most}`,
    fix: `use ${value < least ? least : most}`,
  };
}
