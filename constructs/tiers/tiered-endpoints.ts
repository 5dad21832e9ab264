import { writeFileSync } from 'node:fs';
import * as path from 'node:path';
import {
  Annotations,
  attachCustomSynthesis,
  Duration,
  Names,
  RemovalPolicy,
  Stack,
  type CfnResource,
} from 'aws-cdk-lib';
import type { IMetric, MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import { Role, ServicePrincipal, type Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import {
  Architecture,
  Function as LambdaFunction,
  FunctionUrlAuthType,
  InvokeMode,
  LoggingFormat,
  Runtime,
  Tracing,
  type FunctionUrl,
  type IFunction,
} from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays, type ILogGroup } from 'aws-cdk-lib/aws-logs';
import { propertyInjectable } from 'aws-cdk-lib/core/lib/prop-injectable';
import { Construct } from 'constructs';
import { UnknownNameError } from '../../lib/errors';
import {
  boundariesFor,
  DEFAULT_LIMITS,
  ESCALATION_REASONS,
  WeightsError,
  type Boundary,
  type RouterConfig,
} from '../../lib/route';
import type { Finding } from '../../lib/rules/types';
import { nearestNames } from '../../lib/text/nearest';
import { reportFindings } from '../endpoint/report';
import { argueWildcard } from '../endpoint/wildcards';
import { withoutUndefined } from '../shared/known';
import { lambdaProgram } from '../shared/lambda-program';
import { argueRouter } from './argue';
import { conversationTable } from './conversations';
import { TierClassifier, type BoundClassifier } from './classifier';
import { compare, costInWords, expectedShares } from './cost';
import { RouterStatistic, routerMetric } from './metrics';
import type { TieredEndpointsProps } from './props';
import type { BoundTier } from './tier';
import { tierFindings } from './validation';

const DEFAULT_MODEL_NAME = 'auto';
const DEFAULT_NAMESPACE = 'QuantizedEndpoints/Router';

/** Bytes that a function's variables may have: 4 KB all together, of which Lambda's own take some. */
const MAX_CONFIG_BYTES = 3_900;

/** What a token stands for when it is measured; names of endpoints have 63 characters at most. */
const TOKEN_BYTES = 64;

/**
 * Several models behind one URL: small ones answer what they can, larger ones the rest.
 *
 * Clients speak OpenAI's chat completions (`POST /v1/chat/completions`, `GET /v1/models`), streamed event by event from
 * the model's server to the client; requests are signed for IAM unless `authType` says otherwise. Which tier a request
 * is sent to first follows from its shape, by a classifier that says why and takes less than a millisecond. An answer
 * that is a refusal, no JSON though JSON was asked, or unsure is asked again of a larger tier, within a budget; a tier
 * that fails or is full is replaced. Whatever happens, a client gets a whole answer or an explicit error.
 *
 * @example
 * const router = new TieredEndpoints(this, 'Router', {
 *   tiers: [Tier.endpoint('fast', small), Tier.endpoint('quality', large)],
 *   classifier: TierClassifier.fromFile('tier-weights.json'),
 * });
 * router.grantInvoke(application);
 */
@propertyInjectable
export class TieredEndpoints extends Construct {
  /** Uniquely identifies this class for property injection. */
  public static readonly PROPERTY_INJECTION_ID: string = 'cdk-quantized-endpoints.TieredEndpoints';

  /** Where requests are sent: OpenAI's clients take it, with `v1` behind it, as their base URL. Ends in a slash. */
  public readonly url: string;

  /** The router. */
  public readonly handler: IFunction;

  /** Where it writes what became of each request. */
  public readonly logGroup: ILogGroup;

  /** Names of the tiers, smallest first. */
  public readonly tierNames: string[];

  private readonly functionUrl: FunctionUrl;
  private readonly namespace: string;
  private readonly routerName: string;

  constructor(scope: Construct, id: string, props: TieredEndpointsProps) {
    super(scope, id);
    const timeout = props.timeout ?? Duration.minutes(5);
    const tiers = props.tiers.map((tier) => tier._bind(this));
    const classifier = (props.classifier ?? TierClassifier.builtIn())._bind();
    this.tierNames = props.tiers.map(({ tierName }) => tierName);
    this.namespace = props.metricsNamespace ?? DEFAULT_NAMESPACE;
    this.routerName = Names.uniqueResourceName(this, { maxLength: 128, separator: '-' });

    const findings = tierFindings(props, tiers, classifier, timeout.toSeconds());
    const boundaries = this.boundaries(props, classifier, findings);
    const table =
      (props.sticky ?? true) && (props.rememberConversations ?? false) ? conversationTable(this) : undefined;
    const config = this.config(props, tiers, classifier, boundaries, table);
    const bytes = configBytes(Stack.of(this), config);
    if (bytes > MAX_CONFIG_BYTES)
      findings.push({
        rule: 'ROUTER_CONFIG_TOO_LARGE',
        severity: 'error',
        message: 'the router’s configuration does not fit into a function’s variables',
        got: `about ${bytes} bytes`,
        allowed: `${MAX_CONFIG_BYTES} bytes`,
        fix: 'use fewer tiers, or weights with a single boundary',
      });
    reportFindings(this, findings);
    if (findings.every(({ severity }) => severity !== 'error')) this.showCost(props, tiers, classifier, boundaries);

    this.logGroup =
      props.logGroup ??
      new LogGroup(this, 'Log', { retention: RetentionDays.THREE_MONTHS, removalPolicy: RemovalPolicy.DESTROY });
    const role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      description: `Asks the tiers of ${this.node.path}`,
    });
    const handler = new LambdaFunction(this, 'Function', {
      code: lambdaProgram('router'),
      handler: 'index.handler',
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      description: `Routes chat requests between ${tiers.length} tiers`,
      role,
      timeout,
      memorySize: props.memorySize ?? 1024,
      reservedConcurrentExecutions: props.maxConcurrentRequests,
      logGroup: this.logGroup,
      // Metrics are lines of their own format, which JSON around them would hide.
      loggingFormat: LoggingFormat.TEXT,
      tracing: (props.tracing ?? true) ? Tracing.ACTIVE : Tracing.DISABLED,
      environment: { ROUTER_CONFIG: Stack.of(this).toJsonString(config), NODE_OPTIONS: '--enable-source-maps' },
    });
    this.handler = handler;
    this.logGroup.grantWrite(role);
    for (const tier of tiers) {
      const { wildcards } = tier.grant(role);
      for (const [resource, reason] of Object.entries(wildcards)) argueWildcard(role, resource, reason);
    }
    classifier.handler?.grantInvoke(role);
    table?.grant(role, 'dynamodb:GetItem', 'dynamodb:PutItem');
    argueRouter(handler, role, this.logGroup, props, classifier.handler !== undefined);

    this.functionUrl = handler.addFunctionUrl({
      authType: props.authType ?? FunctionUrlAuthType.AWS_IAM,
      invokeMode: InvokeMode.RESPONSE_STREAM,
      cors: props.cors,
    });
    this.url = this.functionUrl.url;
    // CDK makes every function depend on its role, which the template says twice.
    (handler.node.defaultChild as CfnResource).addMetadata('cfn-lint', { config: { ignore_checks: ['W3005'] } });
  }

  /** Permits to send requests to the URL. */
  public grantInvoke(grantee: IGrantable): Grant {
    return this.functionUrl.grantInvokeUrl(grantee);
  }

  /**
   * A metric of the router by its name: `Requests`, `Escalations`, `Errors`, `Refused`, `FirstToken`, `Duration`,
   * `PromptTokens`, `CompletionTokens`, `CostUsd`.
   *
   * @param tierName of which tier; without it, of all
   * @default - average over 1 minute
   */
  public metric(metricName: string, tierName?: string, options?: MetricOptions): IMetric {
    return this.metricOf(metricName, tierName, 'Average', options);
  }

  /**
   * `Requests`: answered by a tier, or received in all.
   *
   * @default - sum over 1 minute
   */
  public metricRequests(tierName?: string, options?: MetricOptions): IMetric {
    return this.metricOf('Requests', tierName, RouterStatistic.COUNT, options);
  }

  /**
   * `Escalations`: requests that were handed to a larger tier; a tier's are those that it took over.
   *
   * @default - sum over 1 minute
   */
  public metricEscalations(tierName?: string, options?: MetricOptions): IMetric {
    return this.metricOf('Escalations', tierName, RouterStatistic.COUNT, options);
  }

  /**
   * `Errors`: requests that got no answer, or no whole one.
   *
   * @default - sum over 1 minute
   */
  public metricErrors(options?: MetricOptions): IMetric {
    return this.metricOf('Errors', undefined, RouterStatistic.COUNT, options);
  }

  /**
   * `FirstToken`: time from the request to the first token, milliseconds.
   *
   * @default - 90th percentile over 1 minute
   */
  public metricFirstToken(tierName?: string, options?: MetricOptions): IMetric {
    return this.metricOf('FirstToken', tierName, RouterStatistic.LATENCY, options);
  }

  /**
   * `CompletionTokens`: tokens of answers.
   *
   * @default - sum over 1 minute
   */
  public metricCompletionTokens(tierName?: string, options?: MetricOptions): IMetric {
    return this.metricOf('CompletionTokens', tierName, RouterStatistic.COUNT, options);
  }

  /**
   * `CostUsd`: what tokens cost at the tiers' prices; of an endpoint that is paid by the hour, as if it were full.
   *
   * @default - sum over 1 minute
   */
  public metricCost(tierName?: string, options?: MetricOptions): IMetric {
    return this.metricOf('CostUsd', tierName, RouterStatistic.COUNT, options);
  }

  private metricOf(name: string, tier: string | undefined, statistic: string, options?: MetricOptions): IMetric {
    if (tier !== undefined && !this.tierNames.includes(tier)) {
      const [near] = nearestNames(tier, this.tierNames);
      throw new UnknownNameError('TIER_UNKNOWN', `${this.node.path} has no such tier`, {
        got: tier,
        allowed: this.tierNames.join(', '),
        fix: near === undefined ? 'name one of its tiers' : `use ${near}`,
      });
    }
    return routerMetric(this.namespace, this.routerName, tier, name, statistic, options);
  }

  private boundaries(props: TieredEndpointsProps, { weights }: BoundClassifier, findings: Finding[]): Boundary[] {
    if (findings.some(({ rule }) => rule === 'TIERS_TOO_FEW' || rule === 'TIER_SHARES_INVALID')) return [];
    try {
      return boundariesFor(weights, props.tiers.length, props.shares);
    } catch (error) {
      if (!(error instanceof WeightsError)) throw error;
      const { id: rule, message, got, allowed, fix } = error;
      findings.push(withoutUndefined({ rule, severity: 'error' as const, message, got, allowed, fix }));
      return [];
    }
  }

  private config(
    props: TieredEndpointsProps,
    tiers: readonly BoundTier[],
    { handler, timeoutMs }: BoundClassifier,
    boundaries: readonly Boundary[],
    table: ITable | undefined,
  ): RouterConfig {
    const { escalation = {}, circuitBreaker = {}, limits = {} } = props;
    const burst = escalation.burst ?? 10;
    return {
      modelName: props.modelName ?? DEFAULT_MODEL_NAME,
      tiers: tiers.map(({ config }) => config),
      boundaries,
      ...(handler === undefined ? {} : { classifier: { functionName: handler.functionName, timeoutMs: timeoutMs! } }),
      callerMayChoose: props.callerMayChoose ?? false,
      sticky: props.sticky ?? true,
      ...(table === undefined
        ? {}
        : {
            conversations: {
              tableName: table.tableName,
              lifetimeSeconds: (props.conversationLifetime ?? Duration.days(1)).toSeconds(),
            },
          }),
      escalation: {
        on: escalation.on ?? ESCALATION_REASONS,
        judged: { share: escalation.judgedShare ?? 0.1, burst },
        failed: { share: escalation.failedShare ?? 1, burst },
        confidenceTokens: escalation.confidenceTokens ?? 16,
      },
      breaker: {
        failures: circuitBreaker.failures ?? 5,
        coolDownMs: (circuitBreaker.coolDown ?? Duration.seconds(30)).toMilliseconds(),
      },
      limits: { ...DEFAULT_LIMITS, ...withoutUndefined(limits) },
      metricsNamespace: this.namespace,
      routerName: this.routerName,
    };
  }

  /** Leaves what the tiers cost in the cloud assembly, and says it at synth. */
  private showCost(
    props: TieredEndpointsProps,
    tiers: readonly BoundTier[],
    classifier: BoundClassifier,
    boundaries: readonly Boundary[],
  ): void {
    const expected = expectedShares(props.shares, classifier, boundaries);
    const comparison = compare(tiers, expected);
    Annotations.of(this).addInfo(costInWords(tiers, expected, comparison));
    const artefact = {
      schema: 1,
      constructPath: this.node.path,
      tiers: tiers.map(({ config, usdPerHour, outputTokensPerSecond, instances }, tier) => ({
        name: config.name,
        share: expected.shares[tier],
        usdPerHour,
        instances,
        outputTokensPerSecond,
        outputUsdPerMillionTokens: config.outputUsdPerMillionTokens,
      })),
      sharesFrom: expected.from,
      comparison: comparison ?? null,
      classifier: { boundaries, provenance: classifier.weights.provenance },
    };
    const file = `${Names.uniqueId(this)}.tiers.json`;
    attachCustomSynthesis(this, {
      onSynthesize: (session) =>
        writeFileSync(path.join(session.outdir, file), `${JSON.stringify(artefact, undefined, 2)}\n`),
    });
  }
}

/** Bytes of the configuration at deployment, as far as they can be told at synth. */
function configBytes(stack: Stack, config: RouterConfig): number {
  const resolved = JSON.stringify(stack.resolve(config), (_, value: unknown) =>
    typeof value === 'object' && value !== null && Object.keys(value).some((key) => /^(?:Ref|Fn::.*)$/.test(key))
      ? 'x'.repeat(TOKEN_BYTES)
      : value,
  );
  return Buffer.byteLength(resolved);
}
