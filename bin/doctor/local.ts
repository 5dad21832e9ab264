import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { engines, peerDependencies } from '../../package.json';
import type { QuantizedEndpointsError } from '../../lib/errors';
import { LOCK_FILE_NAME } from '../../lib/lock';
import { readLockFile } from '../../lib/lock/file';
import { isAtLeast, parseVersion } from '../../lib/text/version';
import type { Diagnosis } from './types';

/** What can be told without an account. */
export function localDiagnoses(directory: string, nodeVersion: string): Diagnosis[] {
  return [node(nodeVersion), ...cdk(directory), lock(directory)];
}

function node(nodeVersion: string): Diagnosis {
  const least = leastOf(engines.node);
  const id = 'node';
  return isAtLeast(parseVersion(nodeVersion) ?? [], least)
    ? { id, status: 'ok', message: `Node.js ${nodeVersion}` }
    : { id, status: 'error', message: `Node.js ${nodeVersion} is too old`, fix: `install Node.js ${least} or newer` };
}

/** The library and the command line of CDK: the one must be new enough for us, the other must read what the first writes. */
function cdk(directory: string): Diagnosis[] {
  const library = installed(directory, 'aws-cdk-lib');
  if (library === undefined)
    return [
      {
        id: 'cdk-library',
        status: 'warning',
        message: `no aws-cdk-lib is installed in ${directory}`,
        fix: 'run `npm install` in the directory of the app, or `qe init` for a new one',
      },
    ];
  const least = leastOf(peerDependencies['aws-cdk-lib']);
  const libraryDiagnosis: Diagnosis = isAtLeast(parseVersion(library.version) ?? [], least)
    ? { id: 'cdk-library', status: 'ok', message: `aws-cdk-lib ${library.version}` }
    : {
        id: 'cdk-library',
        status: 'error',
        message: `aws-cdk-lib ${library.version} is too old`,
        fix: `npm install aws-cdk-lib@${peerDependencies['aws-cdk-lib']}`,
      };
  return [libraryDiagnosis, commandLine(directory, library)];
}

interface Manifest {
  readonly version: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

const SCHEMA = '@aws-cdk/cloud-assembly-schema';

/** A command line reads assemblies up to the schema that it was built with; both packages name theirs. */
function commandLine(directory: string, library: Manifest): Diagnosis {
  const id = 'cdk-command-line';
  const cli = installed(directory, 'aws-cdk');
  if (cli === undefined)
    return {
      id,
      status: 'warning',
      message: 'no aws-cdk is installed beside the app: whatever `cdk` is found first will deploy it',
      fix: 'npm install --save-dev aws-cdk@2',
    };
  const writes = majorOf(library.dependencies?.[SCHEMA]);
  const reads = majorOf(cli.devDependencies?.[SCHEMA] ?? cli.dependencies?.[SCHEMA]);
  if (writes === undefined || reads === undefined)
    return {
      id,
      status: 'warning',
      message: `whether aws-cdk ${cli.version} can read what aws-cdk-lib ${library.version} writes is not known`,
      fix: 'use the newest aws-cdk 2',
    };
  return reads >= writes
    ? { id, status: 'ok', message: `aws-cdk ${cli.version} reads what aws-cdk-lib ${library.version} writes` }
    : {
        id,
        status: 'error',
        message: `aws-cdk ${cli.version} reads cloud assemblies up to schema ${reads}, aws-cdk-lib ${library.version} writes schema ${writes}`,
        fix: 'npm install --save-dev aws-cdk@2',
      };
}

function lock(directory: string): Diagnosis {
  const id = 'lock-file';
  const file = path.join(directory, LOCK_FILE_NAME);
  if (!existsSync(file))
    return {
      id,
      status: 'warning',
      message: `there is no ${LOCK_FILE_NAME}: synth knows of no model from a hub`,
      fix: 'qe models add <id>; a model from a directory needs none',
    };
  try {
    const ids = Object.keys(readLockFile(file).models);
    return { id, status: 'ok', message: `${LOCK_FILE_NAME} holds ${ids.length === 0 ? 'no model' : ids.join(', ')}` };
  } catch (error) {
    const { message, fix } = error as QuantizedEndpointsError;
    return { id, status: 'error', message, fix };
  }
}

/** package.json of a package as the app finds it. */
function installed(directory: string, name: string): Manifest | undefined {
  try {
    const found = createRequire(path.join(directory, 'package.json')).resolve(`${name}/package.json`);
    return JSON.parse(readFileSync(found, 'utf8')) as Manifest;
  } catch {
    return undefined;
  }
}

function leastOf(range: string): string {
  return /\d+(\.\d+)*/.exec(range)?.[0] ?? '0';
}

function majorOf(range: string | undefined): number | undefined {
  const major = /\d+/.exec(range ?? '')?.[0];
  return major === undefined ? undefined : Number(major);
}
