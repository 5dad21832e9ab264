import { writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { attachCustomSynthesis, Names, type ISynthesisSession } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { OptimizationConfig, OptimizationSpec } from '../../lib/optimization';
import type { Finding } from '../../lib/rules/types';
import type { ModelSpec } from '../../lib/spec/types';

/** What is written into the cloud assembly, `<construct>.plan.json`. */
export interface OptimizationArtefact {
  readonly schema: 1;
  readonly constructPath: string;
  readonly spec: OptimizationSpec;
  readonly findings: readonly Finding[];
  /** Steps of the job, as the API gets them. */
  readonly configs: readonly OptimizationConfig[];
  /** What is known of the checkpoint that the job will write. */
  readonly result: ModelSpec;
  /** Bytes of all weights before and after; null where the model is not known. */
  readonly sourceBytes: number | null;
  readonly resultBytes: number | null;
}

/** Leaves what a job will do beside the template, for pipelines and for whoever reviews the deployment. */
export function writeArtefact(scope: Construct, artefact: OptimizationArtefact): void {
  const file = `${Names.uniqueId(scope)}.plan.json`;
  attachCustomSynthesis(scope, {
    onSynthesize: (session: ISynthesisSession) =>
      writeFileSync(path.join(session.outdir, file), JSON.stringify(artefact, undefined, 2) + '\n'),
  });
}
