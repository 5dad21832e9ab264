/**
 * A SageMaker container in one Node process: llama.cpp behind `/ping` and `/invocations`.
 *
 * Reads one line of JSON from stdin, `{"environment": {…}, "modelDirectory": "…", "takesInputs": false}`, writes
 * `{"port": N}` to stdout once it listens, and its log to stderr. It ends when stdin closes, so that it never outlives whoever
 * started it.
 */
import { createInterface } from 'node:readline';
import { argumentsOf } from './command-line.mjs';
import { chatPrompt } from './chat-prompt.mjs';
import { loadEngine } from './engine.mjs';
import { findModel } from './model-file.mjs';
import { parseOptions } from './options.mjs';
import { containerServer } from './server.mjs';

const log = (line) => process.stderr.write(`${line}\n`);

const lines = createInterface({ input: process.stdin });
lines.on('close', () => process.exit(0));
const { environment, modelDirectory, takesInputs } = JSON.parse((await lines[Symbol.asyncIterator]().next()).value);
lines.resume();

const state = { takesInputs };
const server = containerServer(state, log);
server.listen(0, '127.0.0.1', () => process.stdout.write(`${JSON.stringify({ port: server.address().port })}\n`));

try {
  const args = argumentsOf(environment);
  const model = findModel(environment, modelDirectory);
  log(`llama-server ${['--model', model.replace(modelDirectory, '/opt/ml/model'), ...args].join(' ')}`);
  const options = parseOptions(args);
  const engine = await loadEngine(model, options, log);
  state.toPrompt = chatPrompt({
    template: options.chatTemplate ?? engine.chatTemplate,
    bos: engine.bos,
    eos: engine.eos,
  });
  state.engine = engine;
  log('server is listening, the model is loaded');
} catch (error) {
  log(error.message);
  process.exit(1);
}
