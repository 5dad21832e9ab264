import { createHash } from 'node:crypto';
import { Duration, RemovalPolicy, Stack, type CfnResource } from 'aws-cdk-lib';
import type { IAlarm, IMetric, MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import { Rule, RuleTargetInput, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction as LambdaTarget } from 'aws-cdk-lib/aws-events-targets';
import { Policy, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  Architecture,
  Function as LambdaFunction,
  LoggingFormat,
  Runtime,
  type IFunction,
} from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { BlockPublicAccess, Bucket, BucketEncryption, ObjectOwnership, type IBucket } from 'aws-cdk-lib/aws-s3';
import { Asset } from 'aws-cdk-lib/aws-s3-assets';
import { propertyInjectable } from 'aws-cdk-lib/core/lib/prop-injectable';
import { Construct } from 'constructs';
import { DEFAULT_DRIFT_OPTIONS } from '../../lib/monitor/drift';
import type { MonitorConfig } from '../../lib/monitor/operate/config';
import { reportFindings } from '../endpoint/report';
import { argueWildcard } from '../endpoint/wildcards';
import { lambdaProgram } from '../shared/lambda-program';
import { QualityAlarm } from './alarm';
import { argueMonitor } from './argue';
import { QUALITY_NAMESPACE, qualityMetric } from './metrics';
import { monitorPermissions, type MonitorPlaces } from './permissions';
import { readPromptSet } from './prompt-set';
import type { QualityMonitorProps } from './props';
import type { BoundReference } from './bound-reference';
import { QualityReference } from './reference';
import { monitorFindings } from './validation';

const DEFAULT_PROMPTS_PER_RUN = 100;
const DEFAULT_CONCURRENCY = 4;
const DEFAULT_SAMPLES = 20;

/**
 * Keeps comparing an endpoint with its model at full precision: a fixed prompt set, on a schedule and while the endpoint
 * is updated.
 *
 * The answers at full precision are captured once. The first run accepts what is deployed as the baseline; every later
 * one draws prompts, compares the answers with full precision's, by category, and bets against "no loss has risen by
 * more than the tolerance". The probability that this test *ever* raises a false alarm for a deployed configuration is at
 * most `falseAlarmRate`, however many runs there are. The alarm can undo the update that lost the quality: see
 * `QualityAlarm`.
 *
 * Compared are the likeliest next tokens (KL, total variation) where the server tells them, the texts, JSON and code that
 * is asked for, length, repetition, perplexity of fixed texts (vLLM), and, if asked, embeddings and a judge.
 *
 * @example
 * new QualityMonitor(this, 'Quality', {
 *   endpoint,
 *   promptSet: 'prompts.jsonl',
 *   reference: QualityReference.temporaryEndpoint({
 *     model: ModelSource.huggingFace('Qwen/Qwen2.5-7B-Instruct'),
 *     instanceType: InstanceType.G6_12XLARGE,
 *   }),
 * });
 */
@propertyInjectable
export class QualityMonitor extends Construct {
  /** Uniquely identifies this class for property injection. */
  public static readonly PROPERTY_INJECTION_ID: string = 'cdk-quantized-endpoints.QualityMonitor';

  /** Rings while the deployed configuration has lost quality. */
  public readonly alarm: IAlarm;

  /** Name of the monitor, a dimension of its metrics. */
  public readonly monitorName: string;

  /** The program that compares. `{"task": "run"}` makes a run at once. */
  public readonly handler: IFunction;

  /** Where reference, baseline, runs and report lie. */
  public readonly bucket: IBucket;

  /** Key of the report, a self-contained page. */
  public readonly reportKey: string;

  constructor(scope: Construct, id: string, props: QualityMonitorProps) {
    super(scope, id);
    const set = readPromptSet(props.promptSet);
    const reference = (props.reference ?? QualityReference.fromPromptSet())._bind(this);
    const findings = monitorFindings(this, props, set, reference);
    reportFindings(this, findings);

    const alarm = props.alarm ?? new QualityAlarm(this, 'Alarm', { alarmActions: props.alarmActions });
    this.alarm = alarm.alarm;
    this.monitorName = alarm.monitorName;
    this.bucket = props.bucket ?? this.makeBucket(props.removalPolicy ?? RemovalPolicy.RETAIN);
    const prefix = props.prefix ?? `quality-monitor/${this.monitorName}/`;
    this.reportKey = `${prefix}report.html`;

    const { capturedTraffic, endpoint } = props;
    const places: MonitorPlaces = {
      bucket: this.bucket,
      prefix,
      ...(capturedTraffic === undefined
        ? {}
        : {
            captured: {
              bucket: capturedTraffic.bucket,
              prefix: capturedTraffic.prefix ?? `data-capture/${endpoint.endpointName}`,
            },
          }),
    };
    const componentName = props.inferenceComponentName ?? endpoint.inferenceComponentName;
    const config = this.config(props, reference, set.digest, componentName);
    this.handler = this.makeFunction(props, reference, componentName, places, config, set.findings.length === 0);

    const target = (task: string) =>
      new LambdaTarget(this.handler, { event: RuleTargetInput.fromObject({ task }), retryAttempts: 0 });
    new Rule(this, 'Schedule', {
      description: `Compares ${endpoint.node.path} with full precision`,
      schedule: props.schedule ?? Schedule.rate(Duration.days(1)),
      targets: [target('run')],
    });
    const interval = props.watchInterval ?? Duration.minutes(5);
    new Rule(this, 'Watch', {
      description: `Looks whether ${endpoint.node.path} is being updated`,
      // What is out of range was reported; a rule could not even be made of it.
      schedule: Schedule.rate(isWholeMinutes(interval) ? interval : Duration.minutes(5)),
      targets: [target('tick')],
    });
    // An update is seen as soon as it begins, too: an alarm that still rings from before would undo it.
    new Rule(this, 'Update', {
      description: `Sees that ${endpoint.node.path} is being updated`,
      eventPattern: {
        source: ['aws.sagemaker'],
        detailType: ['SageMaker Endpoint State Change'],
        detail: { EndpointName: [endpoint.endpointName] },
      },
      targets: [target('tick')],
    });
  }

  /**
   * A metric of the monitor by its name: `DriftEvidence`, `DriftDetected`, `Prompts`, `FailedPrompts`, `Similarity`,
   * `ExactMatch`, `NormalizedMatch`, `ValidAnswers`, `MeanKl`, `MaxKl`, `Top1Agreement`, `LengthRatio`, `Repetition`,
   * `Perplexity`, `EmbeddingDistance`, `JudgeLoss`.
   *
   * @param category of the prompt set; without it, of all prompts
   * @default - average over 1 minute
   */
  public metric(metricName: string, category?: string, options?: MetricOptions): IMetric {
    return qualityMetric(this.monitorName, metricName, category, options);
  }

  /**
   * `DriftEvidence`: wealth of the bet against "nothing was lost"; 1 ÷ `falseAlarmRate` raises the alarm.
   *
   * @default - average over 1 minute
   */
  public metricDriftEvidence(options?: MetricOptions): IMetric {
    return this.metric('DriftEvidence', undefined, options);
  }

  /**
   * `MeanKl`: KL divergence of the next token from full precision, nats.
   *
   * @default - average over 1 minute
   */
  public metricMeanKl(category?: string, options?: MetricOptions): IMetric {
    return this.metric('MeanKl', category, options);
  }

  /**
   * `Similarity`: likeness of the answers to full precision's, ROUGE-L, 0 to 1.
   *
   * @default - average over 1 minute
   */
  public metricSimilarity(category?: string, options?: MetricOptions): IMetric {
    return this.metric('Similarity', category, options);
  }

  private config(
    props: QualityMonitorProps,
    reference: BoundReference,
    promptDigest: string,
    inferenceComponentName: string | undefined,
  ): MonitorConfig {
    const { falseAlarmRate, tolerance } = DEFAULT_DRIFT_OPTIONS;
    const written = JSON.stringify(Stack.of(this).resolve(reference.identity));
    const referenceDigest = createHash('sha256').update(written).digest('hex').slice(0, 8);
    return {
      monitorName: this.monitorName,
      namespace: QUALITY_NAMESPACE,
      endpointName: props.endpoint.endpointName,
      ...(inferenceComponentName === undefined ? {} : { inferenceComponentName }),
      reference: reference.config,
      setId: `${promptDigest}-${referenceDigest}`,
      baselineId: props.baselineId ?? '1',
      promptsPerRun: props.promptsPerRun ?? DEFAULT_PROMPTS_PER_RUN,
      falseAlarmRate: props.falseAlarmRate ?? falseAlarmRate,
      tolerance: props.tolerance ?? tolerance,
      concurrency: props.concurrency ?? DEFAULT_CONCURRENCY,
      ...(props.capturedTraffic === undefined
        ? {}
        : { capturedSamples: props.capturedTraffic.samples ?? DEFAULT_SAMPLES }),
    };
  }

  private makeFunction(
    props: QualityMonitorProps,
    reference: BoundReference,
    componentName: string | undefined,
    places: MonitorPlaces,
    config: MonitorConfig,
    setIsReadable: boolean,
  ): LambdaFunction {
    const logGroup = new LogGroup(this, 'Log', {
      retention: RetentionDays.THREE_MONTHS,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      description: `Compares ${props.endpoint.node.path} with full precision`,
    });
    // A file that cannot be read was reported, and cannot be uploaded.
    const asset = setIsReadable ? new Asset(this, 'PromptSet', { path: props.promptSet }) : undefined;
    const { embeddings, judgeModelId } = props;
    const handler = new LambdaFunction(this, 'Function', {
      code: lambdaProgram('quality-monitor'),
      handler: 'index.handler',
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      timeout: Duration.minutes(15),
      memorySize: 1024,
      retryAttempts: 0,
      description: `Compares ${props.endpoint.node.path} with full precision`,
      role,
      logGroup,
      loggingFormat: LoggingFormat.JSON,
      environment: {
        MONITOR_SETTINGS: Stack.of(this).toJsonString({
          ...config,
          bucket: this.bucket.bucketName,
          prefix: places.prefix,
          promptsBucket: asset?.s3BucketName ?? '',
          promptsKey: asset?.s3ObjectKey ?? '',
          ...(places.captured === undefined
            ? {}
            : { captured: { bucket: places.captured.bucket.bucketName, prefix: places.captured.prefix } }),
          ...(judgeModelId === undefined ? {} : { judgeModelId }),
          ...(embeddings === undefined
            ? {}
            : {
                embedding: {
                  ...(embeddings.bedrockModelId === undefined ? {} : { bedrockModelId: embeddings.bedrockModelId }),
                  ...(embeddings.endpoint === undefined ? {} : { endpointName: embeddings.endpoint.endpointName }),
                },
              }),
        }),
      },
    });
    // CDK makes every function depend on its role, which the template says twice.
    (handler.node.defaultChild as CfnResource).addMetadata('cfn-lint', { config: { ignore_checks: ['W3005'] } });
    const { statements, wildcards } = monitorPermissions(this, props, reference, componentName, places);
    const policy = new Policy(this, 'Policy', {
      roles: [role],
      statements: [
        new PolicyStatement({
          actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
          resources: [logGroup.logGroupArn],
        }),
        ...(asset === undefined
          ? []
          : [
              new PolicyStatement({
                actions: ['s3:GetObject'],
                resources: [asset.bucket.arnForObjects(asset.s3ObjectKey)],
              }),
            ]),
        ...statements,
      ],
    });
    argueWildcard(
      policy,
      logGroup.logGroupArn,
      'Lambda names the streams of its log; they lie in a group that is this function’s alone.',
    );
    for (const [resource, reason] of Object.entries(wildcards)) argueWildcard(policy, resource, reason);
    argueMonitor(handler, policy, logGroup, this.bucket);
    return handler;
  }

  private makeBucket(removalPolicy: RemovalPolicy): Bucket {
    return new Bucket(this, 'Bucket', {
      encryption: BucketEncryption.S3_MANAGED,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      enforceSSL: true,
      removalPolicy,
      autoDeleteObjects: removalPolicy === RemovalPolicy.DESTROY,
    });
  }
}

function isWholeMinutes(interval: Duration): boolean {
  const minutes = interval.toMinutes({ integral: false });
  return Number.isInteger(minutes) && minutes >= 1;
}
