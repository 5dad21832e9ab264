import type { Finding } from '../../lib/rules/types';
import type { GatedEndpoint } from './gated';
import { lossOf, mixFigures, schemeFigures, type GateFigures } from './figures';
import { cacheFindings } from './kv-cache';
import { assertLimits, violations } from './limits';
import type { QualityGateOptions } from './options';
import { quantizationOrigin, type QuantizationOrigin } from './origin';
import { readQualityReport, type QualityReport, type ReportedMix, type ReportedScheme } from './report';
import { weightsDigest } from './weights-digest';

/** A gate's word on one model. */
export interface Judgement {
  readonly findings: readonly Finding[];
  /** Undefined where the report has none of it. */
  readonly figures?: GateFigures;
}

/** Schemes that store the weights as they are: there is nothing to lose. */
const UNQUANTIZED = new Set(['none', 'bf16', 'fp16', 'fp32']);

/** Where the findings are about. */
const PATH = '/quantization';

/**
 * Holds an endpoint to measured quality: synth fails when the report of `qe simulate --evaluate` says that the scheme
 * loses more than allowed, or when the report is of other weights, of another scheme, of another KV cache below eight
 * bits, or too old. The figures go into the plan artefact and into the endpoint's tags. Each model of an endpoint's
 * instance pools is held to it.
 *
 * @example
 * new QuantizedEndpoint(this, 'Chat', {
 *   model: ModelSource.localDirectory('models/small'),
 *   instanceType: InstanceType.G6_2XLARGE,
 *   quantization: QuantizationScheme.FP8,
 *   qualityGate: QualityGate.fromReport('report.json', { maxPerplexityIncrease: 0.03, maxKl: 0.05 }),
 * });
 */
export class QualityGate {
  /**
   * A gate on what `qe simulate MODEL --scheme NAMES --evaluate TEXT --report FILE` wrote.
   *
   * @param file relative to the directory in which the app runs
   */
  public static fromReport(file: string, options: QualityGateOptions = {}): QualityGate {
    assertLimits(options, PATH);
    return new QualityGate(readQualityReport(file), options);
  }

  private constructor(
    private readonly report: QualityReport,
    private readonly options: QualityGateOptions,
  ) {}

  /** @internal */
  public _judge(endpoint: GatedEndpoint): Judgement {
    if (UNQUANTIZED.has(endpoint.scheme ?? 'none')) return this.judgeCache(endpoint);
    const directory = localDirectory(endpoint);
    const origin = directory === undefined ? undefined : quantizationOrigin(directory, endpoint.scheme);
    // What `qe quantize` was asked for is more than its checkpoint's layout tells: int4-rtn is laid out as AWQ is.
    const asked = origin?.scheme === undefined ? endpoint : { ...endpoint, ...origin };
    const findings = [...this.weightFindings(endpoint), ...this.ageFindings()];
    const mix = origin && this.mixOf(origin);
    // Mixes are measured without a quantized cache, whatever else the report has.
    if (mix !== undefined) return this.limited(endpoint, findings, mixFigures(this.report, mix), undefined);
    const reported = this.report.schemes.find((candidate) => isScheme(candidate, asked));
    if (reported === undefined) return { findings: [...findings, this.otherScheme(asked)] };
    const figures = this.figuresOf(reported);
    if (figures === undefined) return { findings: [...findings, this.notMeasured(reported.scheme)] };
    if (origin !== undefined && origin.kept.length > 0) findings.push(this.mixNotMeasured(origin));
    return this.limited(endpoint, findings, figures, this.report.kvCache?.type);
  }

  /** A model at full precision whose KV cache is quantized. */
  private judgeCache(endpoint: GatedEndpoint): Judgement {
    const { cache } = endpoint;
    if (cache === undefined) return { findings: [] };
    const { kvCache, file } = this.report;
    const findings = [...this.weightFindings(endpoint), ...this.ageFindings()];
    const figures = this.figuresOf({ scheme: `a KV cache in ${cache.name}`, evaluation: kvCache?.evaluation });
    if (kvCache?.type !== cache.name || figures === undefined)
      return { findings: [...findings, ...cacheFindings(cache, undefined, file).map(atPath)] };
    const fix = 'store keys and values in more bits, or as they are';
    return { findings: [...findings, ...this.limitFindings(figures, fix)], figures };
  }

  /** @param measured type of the KV cache that the figures were measured with */
  private limited(
    endpoint: GatedEndpoint,
    findings: readonly Finding[],
    figures: GateFigures,
    measured?: string,
  ): Judgement {
    const ofCache = cacheFindings(endpoint.cache, measured, this.report.file).map(atPath);
    return { findings: [...findings, ...this.limitFindings(figures), ...ofCache], figures };
  }

  /** The mix of this report that keeps the same layers in the same way. */
  private mixOf({ scheme, kept, keptAs }: QuantizationOrigin): ReportedMix | undefined {
    if (kept.length === 0) return undefined;
    const names = new Set(kept);
    return this.report.mixes.find(
      (mix) =>
        mix.scheme === scheme &&
        mix.keptAs === keptAs &&
        mix.kept.length === names.size &&
        mix.kept.every((name) => names.has(name)),
    );
  }

  private mixNotMeasured({ scheme, kept }: QuantizationOrigin): Finding {
    return finding('QUALITY_MIX_NOT_MEASURED', 'warning', {
      message: `the model keeps ${kept.length} matrices at higher precision, and ${this.report.file} has figures of ${scheme} without them`,
      got: `figures of ${scheme} alone, which loses more as a rule`,
      allowed: 'a report of `qe simulate --sensitivity` whose proposal was written with `qe quantize --keep`',
      fix: 'run `qe simulate` with --sensitivity, and write what it proposes',
    });
  }

  private figuresOf(reported: Pick<ReportedScheme, 'scheme' | 'evaluation' | 'embedding'>): GateFigures | undefined {
    return schemeFigures(this.report, reported);
  }

  private limitFindings(figures: GateFigures, fix = this.wayOut()): Finding[] {
    const { file } = this.report;
    return violations(figures, this.options).map(({ option, name, value, limit, bound }) =>
      value === undefined
        ? finding('QUALITY_NOT_MEASURED', 'error', {
            message: `${file} has no ${name} of ${figures.scheme}, which ${option} of the quality gate limits`,
            got: figures.meanCosine === undefined ? 'a report of a decoder' : 'a report of an encoder',
            allowed: 'limits on what is measured: a decoder’s predictions, an encoder’s embeddings',
            fix: `leave ${option} out`,
          })
        : finding('QUALITY_BELOW_LIMIT', 'error', {
            message: `${figures.scheme} has a ${name} of ${show(value)} in ${file}, which the quality gate does not let through`,
            got: show(value),
            allowed: `${bound} ${show(limit)}`,
            fix,
          }),
    );
  }

  /** The schemes of the same report that pass, those that lose least first; else what else can be done. */
  private wayOut(): string {
    const passing = this.report.schemes
      .map((scheme) => this.figuresOf(scheme))
      .filter((figures) => figures !== undefined)
      .filter((figures) => violations(figures, this.options).length === 0)
      .sort((left, right) => lossOf(left) - lossOf(right));
    return passing.length > 0
      ? `take ${passing.map(({ scheme }) => scheme).join(' or ')}, which the same report lets through`
      : 'take a milder scheme, or keep the layers that lose most at higher precision: `qe simulate --sensitivity` names them';
  }

  private weightFindings({ modelId, scheme }: GatedEndpoint): Finding[] {
    const { file, digest } = this.report;
    const directory = localDirectory({ modelId });
    const expected =
      this.options.modelDigest ?? (directory === undefined ? undefined : weightsDigest(directory, scheme));
    if (expected === undefined) {
      return [
        finding('QUALITY_WEIGHTS_NOT_COMPARED', 'warning', {
          message: `whether ${file} is about the weights of this endpoint cannot be told at synth`,
          got: modelId,
          allowed:
            'a local directory that is not quantized or that qe quantize wrote (a GGUF with --digest), or modelDigest',
          fix: `give the gate modelDigest: '${digest}' once you know that the model was made from these weights`,
        }),
      ];
    }
    if (expected === digest) return [];
    return [
      finding('QUALITY_REPORT_OTHER_WEIGHTS', 'error', {
        message: `${file} was measured on other weights than this endpoint's`,
        got: digest || 'a report without a digest',
        allowed: expected,
        fix: 'run `qe simulate --evaluate` on the weights of this endpoint',
      }),
    ];
  }

  private ageFindings(): Finding[] {
    const { maxAge } = this.options;
    const { file, measuredAt } = this.report;
    if (maxAge === undefined) return [];
    const seconds = measuredAt === undefined ? Infinity : (Date.now() - measuredAt.getTime()) / 1000;
    if (seconds <= maxAge.toSeconds()) return [];
    return [
      finding('QUALITY_REPORT_TOO_OLD', 'error', {
        message: `${file} is older than the quality gate allows`,
        got:
          measuredAt === undefined ? 'a report without a date' : `measured on ${measuredAt.toISOString().slice(0, 10)}`,
        allowed: `${maxAge.toHumanString()} at most`,
        fix: 'run `qe simulate --evaluate` again',
      }),
    ];
  }

  private otherScheme({ scheme, groupSize }: GatedEndpoint): Finding {
    const group = groupSize === undefined || groupSize <= 0 ? '' : ` with groups of ${groupSize}`;
    return finding('QUALITY_REPORT_OTHER_SCHEME', 'error', {
      message: `${this.report.file} says nothing of ${scheme}${group}`,
      got: this.report.schemes.map((known) => known.scheme).join(', ') || 'a report without schemes',
      allowed: `a report that has ${scheme}${group}`,
      fix: `add ${scheme} to \`qe simulate --scheme\``,
    });
  }

  private notMeasured(scheme: string): Finding {
    return finding('QUALITY_NOT_MEASURED', 'error', {
      message: `${this.report.file} compares the weights of ${scheme} alone, which says nothing of answers`,
      got: 'a report without a held-out text',
      allowed: 'a report of `qe simulate --evaluate TEXT`',
      fix: 'run `qe simulate` with --evaluate',
    });
  }
}

/** A path is written with its dot in the spec; nothing on the hub begins so. */
function localDirectory({ modelId }: Pick<GatedEndpoint, 'modelId'>): string | undefined {
  return modelId?.startsWith('.') === true ? modelId : undefined;
}

function isScheme(reported: ReportedScheme, { scheme, groupSize }: GatedEndpoint): boolean {
  if (reported.scheme !== scheme) return false;
  return reported.groupSize === undefined || groupSize === undefined || reported.groupSize === groupSize;
}

function atPath(found: Omit<Finding, 'path'>): Finding {
  return { ...found, path: PATH };
}

function finding(
  rule: string,
  severity: Finding['severity'],
  details: Omit<Finding, 'rule' | 'severity' | 'path'>,
): Finding {
  return { rule, severity, ...details, path: PATH };
}

function show(value: number): string {
  return Number.isFinite(value) ? String(Number(value.toPrecision(4))) : 'infinity';
}
