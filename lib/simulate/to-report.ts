import type { SchemeEvaluation, SensitivityReport, SimulationReport } from '../report/simulation-report';
import type { ErrorFigures } from './figures';
import type { VariantFigures } from './forward/decoder-run';
import type { Evaluation } from './quality/evaluate';
import type { InstanceFit } from './quality/instance-fit';
import type { EmbeddingEvaluation } from './quality/embeddings';
import type { Sensitivity } from './quality/sensitivity';
import type { TextWindows } from './quality/windows';
import type { Simulation } from './simulation';

const BYTES_PER_GB = 1e9;

/**
 * A simulation as `qe simulate --report` writes it.
 *
 * @param evaluation of the same schemes in the same order, where a held-out text was given
 * @param embedding the same of an encoder
 * @param fits of the same schemes in the same order, where instance types were given
 */
export function toReport(
  simulation: Simulation,
  evaluation?: Evaluation & { readonly text: TextWindows; readonly sensitivity?: readonly Sensitivity[] },
  embedding?: EmbeddingEvaluation,
  fits?: readonly (readonly InstanceFit[])[],
): SimulationReport {
  const { model, schemes, run } = simulation;
  return {
    model: { ...model, digest: model.digest ?? '' },
    evaluation: evaluation && {
      tokens: evaluation.full.tokens,
      window: evaluation.text.window,
      stride: evaluation.text.stride,
      perplexity: evaluation.full.perplexity,
      kvCache: evaluation.kvCache && { type: evaluation.kvCache.kv, ...schemeEvaluation(evaluation.kvCache) },
      inputs: evaluation.inputs.map(({ kind, weights, channels, peak, typical, tokenSteps, staticSteps }) => ({
        kind,
        weights,
        channels,
        peak,
        typical,
        tokenSteps,
        staticSteps,
      })),
      sensitivity: (evaluation.sensitivity ?? []).map(sensitivityReport),
    },
    embedding: embedding && { texts: embedding.texts, tokens: embedding.tokens },
    schemes: schemes.map(({ scheme, bytes, bitsPerWeight, figures, tensors, notes }, index) => ({
      scheme: scheme.name,
      groupSize: scheme.groupSize,
      bytes,
      bitsPerWeight,
      weights: errors(figures),
      evaluation: evaluation && schemeEvaluation(evaluation.schemes[index]),
      embedding: embedding?.schemes[index].figures,
      instances: fits?.[index],
      // The same may be said of the weights and of the predictions.
      notes: [...new Set([...notes, ...((evaluation ?? embedding)?.schemes[index].notes ?? [])])],
      tensors: tensors.map(({ name, shape, figures: own, clipped, outlierColumns }) => ({
        name,
        shape,
        ...errors(own),
        clipped,
        outlierColumns,
      })),
    })),
    run: { ...run, gigabytesPerSecond: run.bytesRead / BYTES_PER_GB / run.seconds },
  };
}

function schemeEvaluation({ perplexity, meanKl, p99Kl, top1Agreement }: VariantFigures): SchemeEvaluation {
  return { perplexity, meanKl, p99Kl, top1Agreement };
}

function sensitivityReport({ scheme, full, whole, units, proposal }: Sensitivity): SensitivityReport {
  return {
    scheme,
    tokens: full.tokens,
    perplexity: full.perplexity,
    whole: schemeEvaluation(whole),
    units: units.map(({ weights, meanKl, perplexity }) => ({ weights, meanKl, perplexity })),
    proposal: proposal && { ...proposal, measured: schemeEvaluation(proposal.measured) },
  };
}

/** JSON has no infinity: no error at all is null. */
function errors({ sqnrDb, relativeError, maxAbsError }: ErrorFigures): {
  sqnrDb: number | null;
  relativeError: number;
  maxAbsError: number;
} {
  return { sqnrDb: Number.isFinite(sqnrDb) ? sqnrDb : null, relativeError, maxAbsError };
}
