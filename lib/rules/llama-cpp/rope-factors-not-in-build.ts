import { ggufArchitectures, llamaCppHas, llamaCppName } from '../../container';
import { found } from '../helpers/finding';
import { LLAMA2_7B, LLAMA_8B } from '../helpers/samples';
import type { Rule } from '../types';

const example = (config: object, version?: string) => ({
  model: { config },
  quantization: 'gguf:Q4_K_M',
  container: { family: 'llama-cpp', ...(version === undefined ? {} : { version }) },
  options: { maxModelLen: 4096, slots: 1 },
});

/** Llama 3.1’s way of scaling positions; Transformers 5 calls the object rope_parameters. */
function scalesAsLlama3({ rope_scaling, rope_parameters }: Readonly<Record<string, unknown>>): boolean {
  const scaling = (rope_scaling ?? rope_parameters) as { readonly rope_type?: unknown } | null | undefined;
  return typeof scaling === 'object' && scaling !== null && scaling.rope_type === 'llama3';
}

export const ropeFactorsNotInBuild: Rule = {
  id: 'ROPE_FACTORS_NOT_IN_BUILD',
  severity: 'error',
  summary: 'the build of llama.cpp that is named reads the RoPE factors of Llama 3.1 and later',
  explanation:
    'Models that scale positions as Llama 3.1 does have their factors in a tensor of the GGUF (rope_freqs.weight). A build of llama.cpp before that counts one tensor more than it knows, and stops: "done_getting_tensors: wrong number of tensors; expected 292, got 291".',
  source: 'ggml-org/llama.cpp#8676, #8761, #10759; src/llama.cpp, LLM_ARCH_LLAMA, of b3347 and b3543',
  holdsFor: 'builds that are named, up to b3445',
  examples: {
    passes: [example(LLAMA_8B), example(LLAMA_8B, 'b3543'), example(LLAMA2_7B, 'b3445')],
    fails: [example(LLAMA_8B, 'b3445'), example(LLAMA_8B, 'b2750')],
  },
  evaluate({ container, model }) {
    if (container?.engine !== 'llama.cpp' || model === undefined || !scalesAsLlama3(model.config)) return [];
    if (llamaCppHas(container, 'ropeFactorsInFile') !== false) return [];
    if (!ggufArchitectures(model.architecture).includes('llama')) return [];
    return [
      found({
        what: `${llamaCppName(container)} does not read the RoPE factors that the GGUF of such a model has ("wrong number of tensors")`,
        got: `rope_type llama3 with ${llamaCppName(container)}`,
        allowed: 'b3543 or newer',
        fix: 'leave container.version out, which takes the newest image',
        path: '/container/version',
      }),
    ];
  },
};
