import { methodAt } from '../../scheme';
import { isVllm, serverName } from '../helpers/engine';
import { found } from '../helpers/finding';
import { argumentOf } from '../helpers/switches';
import type { Rule, RuleContext } from '../types';

const example = (id: string, family: string, version?: string) => ({
  model: { id },
  container: { family, ...(version === undefined ? {} : { version }) },
  options: { maxModelLen: 4096, tensorParallelSize: 1 },
});

/** A repository of the hub that says by its name what its files are. */
const REPOSITORY = /^[^/]+\/[^/]+[-_.]gguf$/i;

/** Those for which it is known what a repository has to hold. */
const ENGINES: ReadonlySet<string> = new Set(['vllm', 'sglang', 'tensorrt-llm', 'neuron-vllm', 'transformers-neuronx']);

/** Could the server load a GGUF, if it were told which? Of SGLang it is not known for a repository. */
function mayReadOne(context: RuleContext): boolean {
  const { container } = context;
  if (container?.engine === 'sglang') return true;
  return isVllm(context) && methodAt('gguf', container?.engineVersion) !== undefined;
}

export const ggufRepositoryNotRead: Rule = {
  id: 'GGUF_REPOSITORY_NOT_READ',
  severity: 'error',
  summary: 'a repository of GGUF files is served by llama.cpp',
  explanation:
    'Repositories whose names end with -GGUF hold one file for each type of quantization, and mostly neither a config.json nor weights in safetensors. Servers of the other kind stop with "does not appear to have a file named config.json" or find no weights. vLLM could load one such file until 0.23, if it was named, with the tokenizer of the original model.',
  source:
    'vLLM docs of 0.10, features/quantization/gguf; vLLM 0.24.0, layers/quantization, which has no gguf any more; llama.cpp tools/server/README.md, --hf-repo',
  examples: {
    passes: [
      example('bartowski/Meta-Llama-3.1-8B-Instruct-GGUF', 'llama-cpp'),
      example('org/gguf-tools', 'vllm'),
      { ...example('org/Model-GGUF', 'vllm', '0.10.0'), quantization: 'gguf:Q4_K_M' },
    ],
    fails: [
      example('bartowski/Meta-Llama-3.1-8B-Instruct-GGUF', 'vllm'),
      example('TheBloke/Llama-2-7B-GGUF', 'lmi'),
      example('org/Model-GGUF', 'vllm', '0.10.0'),
    ],
  },
  evaluate(context) {
    const { container, scheme, spec } = context;
    const { id } = spec.model;
    if (id === undefined || scheme.layout === 'gguf' || !REPOSITORY.test(id)) return [];
    if (container === undefined || !ENGINES.has(container.engine) || argumentOf(context, 'MODEL') !== undefined)
      return [];
    const reads = mayReadOne(context);
    return [
      found({
        what: reads
          ? `${serverName(context)} loads one GGUF file that it is told, and no repository of them`
          : `${serverName(context)} reads no GGUF, and this repository is named for them`,
        got: id.slice(0, 100),
        allowed: 'a repository with a config.json and weights in safetensors',
        fix: 'use the llama-cpp container, or the repository that the files were made from',
        path: '/model/id',
        severity: reads ? 'warning' : undefined,
      }),
    ];
  },
};
