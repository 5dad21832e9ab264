import { createKernelEngine } from '../../lib/simulate';
import { awqPseudoQuantize, awqSearch } from './cases/awq';
import { compressedActivations, compressedWeights } from './cases/compressed-tensors';
import { float8Casts } from './cases/float8';
import { ggufBlocks } from './cases/gguf';
import { fp4Weights } from './cases/fp4';
import { gptqModel, gptqModifier, gptqRoundToNearest } from './cases/gptq';
import { neuronWeights } from './cases/neuron';
import { smoothQuant } from './cases/smoothquant';
import type { CaseContext, Outputs } from './context';
import { VectorSet, type VectorCase } from './manifest';
import { compare } from './tolerance';

interface CaseKind {
  /** Whether a case is of this kind, by its scheme and parameters. */
  readonly fits: (vector: VectorCase) => boolean;
  readonly run: (context: CaseContext) => Outputs;
}

/** Every kind of case, first match first. */
const KINDS: readonly CaseKind[] = [
  { fits: ({ params }) => params.format !== undefined, run: compressedWeights },
  { fits: ({ params }) => params.activation !== undefined, run: compressedActivations },
  { fits: ({ scheme }) => scheme.startsWith('gguf-'), run: ggufBlocks },
  { fits: ({ scheme }) => scheme === 'mxfp4' || scheme === 'nvfp4', run: fp4Weights },
  { fits: ({ scheme }) => scheme === 'fp8', run: float8Casts },
  { fits: ({ scheme }) => scheme.startsWith('neuron-'), run: neuronWeights },
  { fits: ({ scheme, params }) => scheme === 'awq' && params.w_bit !== undefined, run: awqPseudoQuantize },
  { fits: ({ scheme, params }) => scheme === 'awq' && params.n_grid !== undefined, run: awqSearch },
  { fits: ({ scheme }) => scheme.startsWith('rtn-'), run: gptqRoundToNearest },
  { fits: ({ scheme, params }) => scheme === 'gptq' && params.damp_percent !== undefined, run: gptqModel },
  { fits: ({ scheme, params }) => scheme === 'gptq' && params.percdamp !== undefined, run: gptqModifier },
  { fits: ({ scheme }) => scheme === 'smoothquant', run: smoothQuant },
];

export interface CaseResult {
  readonly id: string;
  /** What is wrong; empty when the case passes. */
  readonly problems: readonly string[];
}

/** Runs every case of a folder, one after the other. */
export function* runVectors(folder: string): Generator<CaseResult> {
  const set = new VectorSet(folder);
  const engine = createKernelEngine();
  for (const vector of set.cases) yield { id: vector.id, problems: runCase({ engine, set, vector }) };
}

function runCase(context: CaseContext): string[] {
  const { engine, set, vector } = context;
  const kind = KINDS.find(({ fits }) => fits(vector));
  if (kind === undefined) return [`no code runs the scheme ${vector.scheme}`];
  let outputs: Outputs;
  try {
    outputs = kind.run(context);
  } catch (error) {
    return [(error as Error).stack ?? String(error)];
  }
  const stored = set.tensors(vector.output.file);
  const problems: string[] = [];
  for (const [name, { tolerance }] of Object.entries(vector.output.tensors)) {
    if (tolerance.kind === 'skip') continue;
    const expected = stored.get(name);
    const got = outputs.get(name);
    if (expected === undefined) problems.push(`${name}: not in ${vector.output.file}`);
    else if (got === undefined) problems.push(`${name}: not computed`);
    else {
      const wrong = compare(engine, got, expected, tolerance, Number(vector.params.bits ?? 4));
      if (wrong !== undefined) problems.push(`${name}: ${wrong}`);
    }
  }
  return problems;
}
