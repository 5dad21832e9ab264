/**
 * `npm run local-aws`: a local AWS until Ctrl-C.
 *
 *   node tools/local-aws/start.mjs [--port N] [--region R] [--no-capacity ml.g5.xlarge,…] [--time-scale X] [--faults OPERATION=ERROR:TIMES,…]
 *     [--public-hub FILE] [--log FILE] [--json]
 *
 * `--port 0` takes a free one. `--json`, for programs: writes one line, `{"endpoint": …, "region": …, "environment": {…}}`, when it
 * is ready, and stops when its stdin closes.
 */
import { parseArgs } from 'node:util';
import { ACCOUNT, startLocalAws } from './local-aws.mjs';

const DEFAULT_PORT = 4566;

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: String(DEFAULT_PORT) },
    region: { type: 'string' },
    'no-capacity': { type: 'string', default: '' },
    'time-scale': { type: 'string' },
    faults: { type: 'string' },
    'public-hub': { type: 'string' },
    log: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});

let aws;
let stopping = false;
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, stop);

if (!values.json) console.log('starting the local AWS; the first time, its Python environment is made as well …');
try {
  aws = await startLocalAws({
    port: Number(values.port) || undefined,
    region: values.region,
    noCapacity: values['no-capacity'].split(',').filter(Boolean),
    timeScale: values['time-scale'] === undefined ? undefined : Number(values['time-scale']),
    faults: values.faults,
    publicHub: values['public-hub'],
    logFile: values.log,
  });
} catch (error) {
  console.error(error.message);
  process.exit(1);
}

const variables = Object.entries(aws.environment).filter(([name]) => name.startsWith('AWS_'));
if (values.json) {
  const { endpoint, region } = aws;
  console.log(JSON.stringify({ endpoint, region, environment: Object.fromEntries(variables) }));
  process.stdin.resume().on('end', stop).on('close', stop);
} else explain();

const status = await aws.ended;
if (!stopping) {
  console.error(`the local AWS ended by itself (${status ?? 'killed'})`);
  process.exit(1);
}

async function stop() {
  if (stopping) return;
  stopping = true;
  await aws?.stop();
  process.exit(0);
}

function explain() {
  console.log(`
This is not AWS. It runs on this machine alone, keeps everything in memory, costs nothing and needs no account: account ${ACCOUNT},
region ${aws.region}, ${aws.endpoint}. Endpoints are served by llama.cpp on this machine's CPU, whatever instance they name, and
only GGUF models can be served.

In another terminal:

${variables.map(([name, value]) => `  export ${name}=${value}`).join('\n')}
  npx cdk bootstrap && npx cdk deploy

Log: ${aws.logFile}
Ctrl-C stops it; everything in it is gone then.`);
}
