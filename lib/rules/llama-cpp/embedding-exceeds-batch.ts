import { count, found } from '../helpers/finding';
import { LLAMA_8B } from '../helpers/samples';
import type { Rule } from '../types';

const example = (environment: Record<string, string>, maxModelLen = 4096) => ({
  model: { config: LLAMA_8B },
  quantization: 'gguf:Q4_K_M',
  container: { family: 'llama-cpp' },
  options: { maxModelLen, slots: 1 },
  environment,
});

/** llama-server's `--ubatch-size` where nobody sets it. */
const DEFAULT = 512;

const MODES = ['EMBEDDINGS', 'EMBEDDING', 'RERANKING', 'RERANK'];
const isOn = (value: string | undefined) => value !== undefined && /^(true|1|on|)$/i.test(value);

export const embeddingExceedsBatch: Rule = {
  id: 'EMBEDDING_EXCEEDS_BATCH',
  severity: 'warning',
  summary: 'a physical batch holds the longest input of an embedding',
  explanation:
    'llama-server computes an embedding, or a rank, in one physical batch (--ubatch-size, 512 tokens by default), unless the pooling is last, and refuses a longer input: "input (596 tokens) is too large to process. increase the physical batch size". The context may be longer, and helps nobody then.',
  source:
    'llama.cpp tools/server/server-context.cpp, can_split; ggml-org/llama.cpp#25293, #12295; containers/ramalama#2852',
  examples: {
    passes: [
      example({ SM_LLAMA_CPP_EMBEDDINGS: 'true' }, 512),
      example({ SM_LLAMA_CPP_EMBEDDINGS: 'true', SM_LLAMA_CPP_UBATCH_SIZE: '4096' }),
      example({ SM_LLAMA_CPP_EMBEDDINGS: 'true', SM_LLAMA_CPP_POOLING: 'last' }),
      example({ SM_LLAMA_CPP_UBATCH_SIZE: '64' }),
      example({ SM_LLAMA_CPP_EMBEDDINGS: 'true', SM_LLAMA_CPP_UBATCH_SIZE: '${Token[TOKEN.12]}' }),
    ],
    fails: [
      example({ SM_LLAMA_CPP_EMBEDDINGS: 'true' }),
      example({ SM_LLAMA_CPP_RERANKING: 'true', SM_LLAMA_CPP_UBATCH_SIZE: '8' }),
    ],
  },
  evaluate({ container, options, spec }) {
    const { environment } = spec;
    if (container?.engine !== 'llama.cpp' || environment === undefined) return [];
    const valueOf = (name: string) => environment[`SM_LLAMA_CPP_${name}`] ?? environment[`LLAMA_ARG_${name}`];
    if (!MODES.some((mode) => isOn(valueOf(mode))) || /last|\$\{/.test(valueOf('POOLING') ?? '')) return [];
    const set = environment.SM_LLAMA_CPP_UBATCH_SIZE ?? environment.LLAMA_ARG_UBATCH;
    const batch = set === undefined ? DEFAULT : /^\d+$/.test(set) ? Number(set) : undefined;
    const longest = Math.floor((options.maxModelLen ?? 0) / (options.slots ?? 1));
    if (batch === undefined || batch < 1 || longest <= batch) return [];
    return [
      found({
        what: `llama-server computes an embedding in one physical batch of ${count(batch)} tokens, and refuses longer inputs`,
        got: `${set === undefined ? 'no SM_LLAMA_CPP_UBATCH_SIZE' : `ubatch-size ${batch}`} for a context of ${count(longest)}`,
        allowed: `SM_LLAMA_CPP_UBATCH_SIZE ${longest}`,
        fix: `set SM_LLAMA_CPP_UBATCH_SIZE and SM_LLAMA_CPP_BATCH_SIZE to ${longest}`,
        path: '/environment/SM_LLAMA_CPP_UBATCH_SIZE',
      }),
    ];
  },
};
