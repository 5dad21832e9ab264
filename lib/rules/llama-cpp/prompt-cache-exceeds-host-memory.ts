import { found, gib } from '../helpers/finding';
import { LLAMA_8B } from '../helpers/samples';
import type { Rule, RuleContext } from '../types';
import { MIB } from '../../units';

const example = (instanceType: string, mebibytes: string) => ({
  model: { config: LLAMA_8B },
  quantization: 'gguf:Q4_K_M',
  container: { family: 'llama-cpp' },
  instanceType,
  options: { maxModelLen: 8192, slots: 1 },
  environment: { SM_LLAMA_CPP_CACHE_RAM: mebibytes },
});

/** Bytes of the host that weights, KV cache and compute buffers take. */
function taken({ instance, plan }: RuleContext): number {
  const { weights, activations, kvCache } = plan.memory;
  return instance?.kind === 'cpu' ? (weights ?? 0) + (activations ?? 0) + (kvCache ?? 0) : 0;
}

export const promptCacheExceedsHostMemory: Rule = {
  id: 'PROMPT_CACHE_EXCEEDS_HOST_MEMORY',
  severity: 'warning',
  summary: 'the prompt cache of llama-server fits into the host memory that is left',
  explanation:
    '--cache-ram bounds the host memory in which llama-server keeps the KV caches of former prompts, 8192 MiB where nobody says otherwise. It fills as requests come, so that a bound beyond the memory ends the server only after hours, when the kernel kills it. A negative number is no bound at all.',
  source: 'llama.cpp tools/server/README.md, --cache-ram',
  examples: {
    passes: [example('ml.c7i.4xlarge', '8192'), example('ml.g6.xlarge', '4096'), example('ml.c7i.2xlarge', '0')],
    fails: [example('ml.c7i.2xlarge', '12288'), example('ml.g6.xlarge', '-1')],
  },
  evaluate(context) {
    const { container, instance, spec } = context;
    const text = spec.environment?.SM_LLAMA_CPP_CACHE_RAM;
    if (container?.engine !== 'llama.cpp' || instance === undefined || text === undefined || !/^-?\d+$/.test(text))
      return [];
    const wanted = Number(text) < 0 ? Infinity : Number(text) * MIB;
    const left = Math.max(0, (instance.memoryBytesUsable ?? instance.memoryBytes) - taken(context));
    if (wanted <= left) return [];
    const most = Math.floor(left / 2 / MIB / 256) * 256;
    return [
      found({
        what: 'the prompt cache may outgrow the host memory, and the kernel then ends the server',
        got: wanted === Infinity ? 'SM_LLAMA_CPP_CACHE_RAM without a bound' : `SM_LLAMA_CPP_CACHE_RAM ${text} MiB`,
        allowed: `${gib(left)}, which ${instance.instanceType} has left`,
        fix: `set SM_LLAMA_CPP_CACHE_RAM to ${most}`,
        path: '/environment/SM_LLAMA_CPP_CACHE_RAM',
      }),
    ];
  },
};
