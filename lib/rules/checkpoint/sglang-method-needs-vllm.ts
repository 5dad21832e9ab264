import { isSglang, serverName } from '../helpers/engine';
import { found } from '../helpers/finding';
import { AWQ, BITSANDBYTES, GPTQ, LLAMA_8B, quantized, type Json } from '../helpers/samples';
import { NEEDS_VLLM, NEEDS_VLLM_SOURCE } from '../helpers/sglang-limits';
import type { Rule } from '../types';

const example = (quantization: Json, version: string) => ({
  model: { config: quantized(LLAMA_8B, quantization) },
  container: { family: 'sglang', version },
  instanceType: 'ml.g6e.xlarge',
  options: { maxModelLen: 4096, dtype: 'float16' },
});

export const sglangMethodNeedsVllm: Rule = {
  id: 'SGLANG_METHOD_NEEDS_VLLM',
  severity: 'error',
  summary: 'SGLang has kernels of its own for how the weights are quantized',
  explanation:
    'Up to 0.4.4.post1 SGLang installed vLLM and took its kernels for AWQ, GPTQ and other methods. From 0.4.4.post2 on it installs it no more, and its images do not have it: "ValueError: awq quantization requires some operators from vllm. Please install vllm by `pip install vllm==0.8.4`". Kernels of its own for AWQ and GPTQ came with 0.5.1, for GGUF with 0.5.4.post1 and for bitsandbytes with 0.5.4.post2. An image into which vLLM was installed serves them; for the last two that it has none is not verified, and a warning.',
  source: NEEDS_VLLM_SOURCE,
  holdsFor: 'SGLang 0.4.4.post2 to 0.5.4.post1',
  server: { engine: 'sglang' },
  examples: {
    passes: [example(AWQ, '0.4.4.post1'), example(GPTQ, '0.5.1'), example(BITSANDBYTES, '0.5.4.post2')],
    fails: [example(AWQ, '0.4.6'), example(GPTQ, '0.4.9'), example(BITSANDBYTES, '0.5.3')],
  },
  evaluate(context) {
    const { layout, name } = context.scheme;
    const row = NEEDS_VLLM.find((one) => one.layouts.includes(layout) && isSglang(context, one));
    if (row === undefined) return [];
    return [
      found({
        what: `${serverName(context)} computes ${layout} weights with kernels of vLLM, which it does not install`,
        got: name,
        allowed: `SGLang ${row.before} or newer, or an image with vLLM in it`,
        fix: `use an image with SGLang ${row.before} or newer`,
        path: '/container/version',
        severity: row.verified ? 'error' : 'warning',
      }),
    ];
  },
};
