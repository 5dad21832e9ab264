import type { Answer } from '../answer';
import type { MonitorPrompt } from '../prompts';
import { askAll } from './ask-all';
import type { MonitorConfig } from './config';
import type { MonitorFiles } from './files';
import type { EndpointAddress, Ports } from './ports';

/**
 * The answers at full precision, captured once; undefined while they are not all there. A temporary endpoint is made, waited for and
 * deleted by calls that follow each other: no call waits for it.
 */
export async function referenceAnswers(
  config: MonitorConfig,
  prompts: readonly MonitorPrompt[],
  files: MonitorFiles,
  ports: Ports,
): Promise<Readonly<Record<string, Answer>> | undefined> {
  if (config.reference.kind === 'prompts')
    return Object.fromEntries(
      prompts.flatMap(({ id, reference }) =>
        reference === undefined ? [] : [[id, { text: reference, positions: [] }]],
      ),
    );
  const file = await files.readReference();
  if (file?.value.complete) {
    await removeTemporary(config, ports);
    return file.value.answers;
  }
  const address = await readyReference(config, ports);
  if (address === undefined) return undefined;
  const known = file?.value.answers ?? {};
  const missing = prompts.filter(({ id }) => known[id] === undefined);
  const { results, failed, left } = await askAll(missing, config.concurrency, ports.hasTime, (prompt) =>
    ports.ask(address, prompt),
  );
  const answers = { ...known };
  missing.forEach(({ id }, i) => {
    const answer = results[i];
    if (answer !== undefined) answers[id] = answer;
  });
  // A prompt that full precision does not answer either is no prompt to compare by; but one answer there must be.
  const complete = left === 0 && Object.keys(answers).length > 0 && failed < prompts.length / 2;
  await files.writeReference({ complete, answers });
  ports.log({ message: 'reference captured', answers: Object.keys(answers).length, failed, left, complete });
  if (!complete) return undefined;
  await removeTemporary(config, ports);
  return answers;
}

async function readyReference({ reference }: MonitorConfig, ports: Ports): Promise<EndpointAddress | undefined> {
  if (reference.kind === 'prompts') return undefined;
  const serving = await ports.describe({ endpointName: reference.endpointName });
  if (serving === undefined && reference.kind === 'temporary') {
    await ports.createEndpoint(reference.endpointName, reference.endpointConfigName);
    ports.log({ message: 'temporary reference endpoint is being created', endpoint: reference.endpointName });
    return undefined;
  }
  if (serving?.status === 'Failed' && reference.kind === 'temporary') {
    // The next call tries again: capacity may have been missing.
    await ports.deleteEndpoint(reference.endpointName);
    ports.log({ message: 'temporary reference endpoint failed', endpoint: reference.endpointName });
    return undefined;
  }
  if (serving?.status !== 'InService') {
    ports.log({ message: 'reference endpoint does not serve', status: serving?.status ?? 'missing' });
    return undefined;
  }
  return reference.kind === 'endpoint' ? reference : { endpointName: reference.endpointName };
}

/** A full-precision endpoint that nobody asks any more costs as much as one that is asked. */
async function removeTemporary({ reference }: MonitorConfig, ports: Ports): Promise<void> {
  if (reference.kind !== 'temporary') return;
  const serving = await ports.describe({ endpointName: reference.endpointName });
  if (serving === undefined || serving.status === 'Deleting') return;
  await ports.deleteEndpoint(reference.endpointName);
  ports.log({ message: 'temporary reference endpoint deleted', endpoint: reference.endpointName });
}
