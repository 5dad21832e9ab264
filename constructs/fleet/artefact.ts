import { writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { attachCustomSynthesis, Names, type ISynthesisSession } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Packing, Reservation } from '../../lib/fleet';

/** What is written into the cloud assembly, `<construct>.fleet.json`: which models lie where. */
export interface FleetArtefact {
  readonly schema: 1;
  readonly constructPath: string;
  readonly instanceType: string;
  readonly instances: { readonly min: number; readonly initial: number; readonly max: number };
  /** What one instance has for models. */
  readonly capacity?: Reservation;
  readonly models: readonly {
    readonly id: string;
    readonly constructPath: string;
    readonly inferenceComponentName: string;
    readonly reserves: Reservation;
    readonly copies: { readonly min: number; readonly initial: number; readonly max: number };
    readonly adapters: readonly string[];
  }[];
  /** With the copies that the models begin with, and with their most; null where the instance is not known. */
  readonly packing: { readonly initial: Packing | null; readonly most: Packing | null };
}

/** @param make called when the app is synthesized: models are added until then */
export function writeFleet(scope: Construct, make: () => FleetArtefact): void {
  const file = `${Names.uniqueId(scope)}.fleet.json`;
  attachCustomSynthesis(scope, {
    onSynthesize: (session: ISynthesisSession) =>
      writeFileSync(path.join(session.outdir, file), JSON.stringify(make(), undefined, 2) + '\n'),
  });
}
