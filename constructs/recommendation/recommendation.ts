import { App, Stack, Token } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { recommend, type Candidate, type Recommendation as Ranking } from '../../lib/recommend';
import { CHECKPOINT } from '../../lib/recommend/grid';
import { SpecError } from '../../lib/errors';
import type { ContainerFamily, EndpointSpec } from '../../lib/spec/types';
import { InstanceType } from '../shared/instance-type';
import { usePlanningFiles } from '../shared/planning-files';
import { QuantizationScheme } from '../shared/quantization-scheme';
import { ServingContainer } from '../shared/serving-container';
import type { RecommendationProps, RecommendedServing, RejectedServing } from './props';

/**
 * Every combination of instance, scheme, container and parallelism that serves a model and a workload, cheapest first, with the
 * reason for each one that does not. Nothing is deployed: take what you like into a `QuantizedEndpoint`.
 */
export class Recommendation {
  /**
   * @param scope whose lock file, region, prices and measured corrections count
   * @throws SpecError `RECOMMEND_NEEDS_CONFIG` where nothing is known of the model
   */
  static forModel(scope: Construct, props: RecommendationProps): Recommendation {
    usePlanningFiles(scope);
    return new Recommendation(recommend(specOf(scope, props)));
  }

  /** What can serve the workload, cheapest first. */
  public readonly options: RecommendedServing[];

  /** What cannot, and why. */
  public readonly rejected: RejectedServing[];

  /** What the field's guide says about this kind of model. */
  public readonly guidance: string;

  private constructor(ranking: Ranking) {
    this.options = ranking.candidates.flatMap(servingOf);
    this.guidance = ranking.guidance;
    this.rejected = ranking.rejected.map(({ reason, message, ...combination }) => ({
      combination: [
        combination.instanceType,
        combination.quantization,
        combination.container,
        `${combination.tensorParallelSize} ${combination.tensorParallelSize === 1 ? 'accelerator' : 'accelerators'}`,
      ].join(' · '),
      reason,
      message,
    }));
  }

  /**
   * The cheapest that serves the workload.
   *
   * @throws SpecError `NOTHING_RECOMMENDED` where nothing does
   */
  public get best(): RecommendedServing {
    if (this.options.length > 0) return this.options[0];
    const most = mostFrequent(this.rejected);
    // CDK prints the message alone.
    const why =
      most === undefined
        ? ''
        : `: ${most.count} of ${this.rejected.length} for ${most.reason}, such as ${most.example}`;
    throw new SpecError(
      'NOTHING_RECOMMENDED',
      `no instance type, scheme and container serve this model and workload${why}`,
      {
        got: `${this.rejected.length} combinations, all rejected`,
        allowed: most?.example,
        fix: 'allow more time or money, a shorter context, or another region; `rejected` has the reason of each',
      },
    );
  }
}

/** The reason that most were rejected for, and one of them in words. */
function mostFrequent(
  rejected: readonly RejectedServing[],
): { readonly reason: string; readonly count: number; readonly example: string } | undefined {
  const byReason = new Map<string, RejectedServing[]>();
  for (const one of rejected) {
    const list = byReason.get(one.reason);
    if (list === undefined) byReason.set(one.reason, [one]);
    else list.push(one);
  }
  const [most] = [...byReason].sort(([, a], [, b]) => b.length - a.length);
  if (most === undefined) return undefined;
  const [reason, list] = most;
  return { reason, count: list.length, example: `${list[0].combination}: ${list[0].message}` };
}

function specOf(scope: Construct, props: RecommendationProps): EndpointSpec {
  const { model, workload, maxConcurrency, maxModelLen, container, quantization, maxMonthlyCost } = props;
  // Binding a source can make resources of its own; here they must not end in the user's stack.
  const aside = new Stack(
    new App({ context: scope.node.getAllContext() as Record<string, unknown> }),
    'Recommendation',
  );
  const region = props.region ?? Stack.of(scope).region;
  return {
    model: model._bind(aside).spec,
    ...(Token.isUnresolved(region) ? {} : { region }),
    ...(container === undefined ? {} : { container: container._bind(aside, undefined).spec }),
    ...(quantization === undefined ? {} : { quantization: quantization.schemeName, groupSize: quantization.groupSize }),
    ...(maxModelLen === undefined ? {} : { options: { maxModelLen } }),
    workload: {
      ...workload,
      ...(maxConcurrency === undefined ? {} : { concurrency: maxConcurrency }),
      ...(maxMonthlyCost === undefined ? {} : { maxUsdPerMonth: maxMonthlyCost }),
    },
  };
}

const CONTAINERS: Readonly<Partial<Record<ContainerFamily, () => ServingContainer>>> = {
  lmi: () => ServingContainer.lmi(),
  'lmi-trtllm': () => ServingContainer.tensorRtLlm(),
  vllm: () => ServingContainer.vllm(),
  sglang: () => ServingContainer.sglang(),
  'llama-cpp': () => ServingContainer.llamaCpp(),
};

/** Nothing for a container that `QuantizedEndpoint` does not run (Neuron's). */
function servingOf(candidate: Candidate): RecommendedServing[] {
  const { instanceType, quantization, container, tensorParallelSize, instances, usdPerMonth, interTokenMs } = candidate;
  const makeContainer = CONTAINERS[container];
  if (makeContainer === undefined) return [];
  return [
    {
      instanceType: InstanceType.of(instanceType),
      quantization: quantization === CHECKPOINT ? undefined : QuantizationScheme.of(quantization),
      container: makeContainer(),
      tensorParallelSize: container === 'llama-cpp' ? undefined : tensorParallelSize,
      maxModelLen: contextOf(candidate),
      maxConcurrency: candidate.concurrency,
      instanceCount: instances,
      usdPerMonth: usdPerMonth ?? undefined,
      interTokenMs: interTokenMs ?? undefined,
      warnings: [...candidate.warnings],
    },
  ];
}

/** Of one request: llama-server is given that of all its slots together. */
function contextOf({ spec: { options } }: Candidate): number {
  const slots = options?.slots ?? 1;
  return Math.floor((options?.maxModelLen ?? options?.sequenceLength ?? 0) / slots);
}
