import { existsSync } from 'node:fs';
import * as path from 'node:path';
import { Code } from 'aws-cdk-lib/aws-lambda';
import { QuantizedEndpointsError } from '../../lib/errors';

/**
 * The bundled program `lambda/<name>` of this package, to upload as it is.
 *
 * @throws {QuantizedEndpointsError} in a checkout where the programs have not been bundled yet
 */
export function lambdaProgram(name: string): Code {
  // This file runs from the sources (constructs/shared) and from the package (dist/constructs/shared).
  const candidates = ['../../lambda', '../../dist/lambda'].map((folder) => path.join(__dirname, folder, name));
  const found = candidates.find((folder) => existsSync(path.join(folder, 'index.js')));
  if (found === undefined)
    throw new QuantizedEndpointsError('LAMBDA_PROGRAM_NOT_BUNDLED', `the program ${name} is not bundled`, {
      fix: 'run `npm run build:lambdas`',
    });
  return Code.fromAsset(found);
}
