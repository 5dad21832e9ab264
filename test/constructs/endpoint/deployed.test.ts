import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import type { QuantizedEndpointProps } from '../../../index';
import { useTemporaryFolder } from '../../format/temporary-folder';
import { ENV, makeEndpoint, messagesOf, testStack, warningsOf } from '../support';

const temporary = useTemporaryFolder();

/** Synthesizes what is deployed, as a release would keep it, and gives its assembly. */
function released(props: Partial<QuantizedEndpointProps>): string {
  const outdir = path.join(temporary(), 'released');
  const app = new App({ outdir, context: { 'cdk-quantized-endpoints:lockFile': '/nowhere/lock.json' } });
  makeEndpoint(new Stack(app, 'Test', { env: ENV }), props);
  app.synth();
  return outdir;
}

function warningsAfter(before: Partial<QuantizedEndpointProps>, after: Partial<QuantizedEndpointProps>): string[] {
  const stack = testStack(ENV, { 'cdk-quantized-endpoints:deployed': released(before) });
  makeEndpoint(stack, after);
  return warningsOf(stack);
}

test.each<[string, Partial<QuantizedEndpointProps>, Partial<QuantizedEndpointProps>]>([
  ['nothing', {}, {}],
  ['the context', { maxModelLen: 8_192 }, {}],
  ['the bounds of scaling', { maxInstanceCount: 2 }, { maxInstanceCount: 4 }],
])('an update of %s replaces and drops nothing', (_, before, after) => {
  expect(warningsAfter(before, after)).toEqual([]);
});

test('another name replaces what is deployed, and synth says so', () => {
  expect(warningsAfter({ endpointName: 'chat' }, { endpointName: 'talk' })).toEqual(['ENDPOINT_REPLACED']);
});

test('so does scaling to zero', () => {
  expect(warningsAfter({ maxInstanceCount: 2 }, { minInstanceCount: 0, maxInstanceCount: 2 })).toContain(
    'ENDPOINT_REPLACED',
  );
});

test('an endpoint that stops scaling drops its count, and synth says to what', () => {
  const stack = testStack(ENV, { 'cdk-quantized-endpoints:deployed': released({ maxInstanceCount: 4 }) });
  makeEndpoint(stack, { maxModelLen: 8_192 });
  expect(warningsOf(stack)).toEqual(['SCALED_COUNT_DROPPED']);
  expect(messagesOf(stack, 'warning').join()).toContain('got 1; allowed: up to 4');
});

test('an endpoint that is new is compared with nothing', () => {
  const stack = testStack(ENV, { 'cdk-quantized-endpoints:deployed': released({ endpointName: 'chat' }) });
  makeEndpoint(stack, { endpointName: 'talk' }, 'Other');
  expect(warningsOf(stack)).toEqual([]);
});

test('an assembly that is not there is said so', () => {
  const stack = testStack(ENV, { 'cdk-quantized-endpoints:deployed': path.join(temporary(), 'nowhere') });
  expect(() => makeEndpoint(stack)).toThrow(expect.objectContaining({ id: 'DEPLOYED_ASSEMBLY_UNREADABLE' }));
});

test('a plan that is none is said so', () => {
  const directory = path.join(temporary(), 'broken');
  mkdirSync(directory);
  writeFileSync(path.join(directory, 'Test.plan.json'), '{');
  const stack = testStack(ENV, { 'cdk-quantized-endpoints:deployed': directory });
  expect(() => makeEndpoint(stack)).toThrow(expect.objectContaining({ id: 'DEPLOYED_ASSEMBLY_UNREADABLE' }));
});
