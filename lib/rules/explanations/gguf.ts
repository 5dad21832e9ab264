import type { Explanation } from '../types';

/** What GGUF endpoints and edge deployments find in their files. */
export const ggufExplanations: readonly Explanation[] = [
  {
    id: 'CONTEXT_KNOWN_AT_DEPLOYMENT_ONLY',
    severity: 'error',
    summary: 'the context of a llama.cpp endpoint is a number at synth',
    explanation:
      'llama-server is given the context of all slots together, maxModelLen times slots. A CloudFormation parameter cannot be multiplied in a template.',
    source: 'llama.cpp tools/server/README.md, --ctx-size and --parallel',
  },
  {
    id: 'GGUF_FILE_NOT_NAMED',
    severity: 'warning',
    summary: 'the GGUF that is served is named',
    explanation:
      'A repository often holds one file for each type, of very different sizes. Without files the first by name is served, and memory is planned for a type that may be another. A Greengrass component, which lists each of its files, cannot do without: there it is an error.',
    source: 'llama.cpp tools/server/README.md, --model; AWS IoT Greengrass developer guide, component recipe',
  },
  {
    id: 'GGUF_TYPE_NOT_TOLD',
    severity: 'error',
    summary: 'the type of the GGUF is known',
    explanation:
      'Bytes, speed and loss all follow from the file type, which names usually end in: model-Q4_K_M.gguf. Where a name does not tell it, fileType does.',
    source: 'ggml docs/gguf.md, naming convention',
  },
  {
    id: 'GGUF_PART_NOT_FIRST',
    severity: 'error',
    summary: 'of a model in parts the first is named',
    explanation:
      'llama-server reads from the first part how many there are, and opens the others beside it by their names.',
    source: 'llama.cpp tools/gguf-split/README.md',
  },
  {
    id: 'GGUF_REVISION_NOT_READ',
    severity: 'warning',
    summary: 'a GGUF does not change while it is served',
    explanation:
      'llama-server downloads by repository and file name and knows no revision. After a push, new instances serve another file than those that run. A file in S3 changes only when you change it.',
    source: 'llama.cpp tools/server/README.md, --hf-repo and --hf-file',
  },
  {
    id: 'GGUF_TYPE_NOT_WRITTEN',
    severity: 'error',
    summary: 'the GGUF type is one that qe quantizes to',
    explanation:
      'qe simulate and qe quantize make the file types of K-quants, legacy quants, IQ4_NL and IQ4_XS; Q2_K_S, as llama-quantize does, with an importance matrix alone. IQ1, IQ2 and IQ3 search codebooks that it does not have. Files of every type can be served.',
    source: 'llama.cpp, src/llama-quant.cpp',
  },
];
