// Loads GGUF files with llama.cpp, and prints for each the probabilities of every next token after some tokens, as JSON, one line a file.
// A process of its own, as in generate-with-llama-cpp.mjs.
import { getLlama, LlamaLogLevel } from 'node-llama-cpp';

const [given, ...files] = process.argv.slice(2);
const tokens = JSON.parse(given);
const llama = await getLlama({ gpu: false, build: 'never', logLevel: LlamaLogLevel.error });
for (const modelPath of files) {
  const model = await llama.loadModel({ modelPath });
  const context = await model.createContext({ contextSize: 128, threads: 1 });
  const last = [
    tokens.at(-1),
    { generateNext: { probabilities: true, options: { temperature: 1, topK: 0, topP: 1 } } },
  ];
  const answers = await context.getSequence().controlledEvaluate([...tokens.slice(0, -1), last]);
  console.log(JSON.stringify([...answers.at(-1).next.probabilities]));
  await context.dispose();
  await model.dispose();
}
await llama.dispose();
