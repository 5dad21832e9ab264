import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { factsOfSpec, factsOfTemplate, isTemplate, type EndpointFacts } from '../../lib/diff';
import { SpecError } from '../../lib/errors';
import { parseSpec } from '../../lib/spec';
import { readJson } from '../input';
import { readSpec } from '../plan/spec-file';
import { deployedEndpoint } from './deployed';

const DEPLOYED = 'endpoint:';

/**
 * The endpoints that an argument of `qe diff` names: a spec, a plan of a cloud assembly (`*.plan.json`), a CloudFormation
 * template, a whole assembly (`cdk.out`), or an endpoint of the account (`endpoint:NAME`).
 *
 * @throws SpecError
 */
export async function readEndpoints(argument: string): Promise<readonly EndpointFacts[]> {
  if (argument.startsWith(DEPLOYED)) return [await deployedEndpoint(argument.slice(DEPLOYED.length))];
  if (argument !== '-' && (await isDirectory(argument))) {
    const found = await readAssembly(argument);
    if (found.length > 0) return found;
    throw new SpecError('NO_ENDPOINT_TO_COMPARE', `there is no SageMaker endpoint in ${argument}`, {
      path: argument,
      got: argument,
      allowed: 'a cloud assembly (cdk.out) with an endpoint in one of its templates',
      fix: 'run `cdk synth` first',
    });
  }
  return factsOf(await readSpec(argument));
}

function factsOf(value: unknown): EndpointFacts[] {
  if (isTemplate(value)) return factsOfTemplate(value);
  const { constructPath, spec } = (value ?? {}) as { constructPath?: unknown; spec?: unknown };
  if (typeof constructPath === 'string') return [factsOfSpec(parseSpec(spec), constructPath)];
  return [factsOfSpec(parseSpec(value))];
}

/** The templates say what CloudFormation does, the plans beside them what is served: together they are the endpoint. */
async function readAssembly(directory: string): Promise<EndpointFacts[]> {
  const names = await readdir(directory);
  const read = (files: readonly string[]) => Promise.all(files.map((name) => readJson(path.join(directory, name))));
  const nested = await Promise.all(
    names.filter((name) => name.startsWith('assembly-')).map((name) => readAssembly(path.join(directory, name))),
  );
  const plans = (await read(names.filter((name) => name.endsWith('.plan.json')))).flatMap(factsOf);
  const endpoints = (await read(await templatesIn(directory, names))).flatMap(factsOfTemplate).map((facts) => {
    const plan = plans.find(({ key }) => key === facts.constructPath);
    return plan === undefined ? facts : { ...facts, spec: plan.spec };
  });
  return [...endpoints, ...nested.flat()];
}

/** Templates of the stacks that the manifest names: what an earlier synth left in the directory is none of it. */
async function templatesIn(directory: string, names: readonly string[]): Promise<readonly string[]> {
  const templates = names.filter((name) => name.endsWith('.template.json'));
  if (!names.includes('manifest.json')) return templates;
  const { artifacts = {} } = ((await readJson(path.join(directory, 'manifest.json'))) ?? {}) as {
    artifacts?: Record<string, { properties?: { templateFile?: string } }>;
  };
  const named = new Set(Object.values(artifacts).map(({ properties }) => properties?.templateFile));
  return templates.filter((name) => named.has(name));
}

async function isDirectory(argument: string): Promise<boolean> {
  return stat(argument).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

/** Is the argument something whose spec can be checked too? */
export async function specIn(argument: string): Promise<unknown> {
  if (argument === '-' || argument.startsWith(DEPLOYED) || (await isDirectory(argument))) return undefined;
  const value: unknown = JSON.parse(await readFile(argument, 'utf8'));
  if (isTemplate(value)) return undefined;
  const { constructPath, spec } = (value ?? {}) as { constructPath?: unknown; spec?: unknown };
  return typeof constructPath === 'string' ? spec : value;
}
