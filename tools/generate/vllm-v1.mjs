/** `data/sources/vllm-v1.json` → `lib/endpoint/data/vllm-v1.json`: what vLLM's V1 engine learnt between 0.8.0 and 0.10.1, with the version since when. */
import { readSource, toJson } from './emit.mjs';

export async function outputs() {
  const { date, source, architectures, attentionBackends, arguments: asked } = await readSource('vllm-v1.json');
  const text = toJson({ date, source, architectures, attentionBackends, arguments: asked });
  return [{ file: 'lib/endpoint/data/vllm-v1.json', text }];
}
