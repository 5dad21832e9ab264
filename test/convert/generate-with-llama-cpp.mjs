// Loads GGUF files with llama.cpp, writes on from a text by the likeliest token each time, and prints what came of it as JSON, one
// line a file. A process of its own: node-llama-cpp is an ES module, which jest does not load.
import { getLlama, LlamaLogLevel } from 'node-llama-cpp';

const [text, count, ...files] = process.argv.slice(2);
const llama = await getLlama({ gpu: false, build: 'never', logLevel: LlamaLogLevel.error });
for (const modelPath of files) {
  const model = await llama.loadModel({ modelPath });
  const context = await model.createContext({ contextSize: 128, threads: 1 });
  const prompt = model.tokenize(text);
  const written = [];
  for await (const token of context.getSequence().evaluate(prompt, { temperature: 0 })) {
    written.push(token);
    if (written.length === Number(count)) break;
  }
  const { architecture, file_type: fileType } = model.fileInfo.metadata.general;
  console.log(JSON.stringify({ architecture, fileType, text: model.detokenize(prompt), prompt, written }));
  await context.dispose();
  await model.dispose();
}
await llama.dispose();
