import type { Explanation } from '../types';

/** What the reader of endpoint specs refuses. */
export const specExplanations: readonly Explanation[] = [
  {
    id: 'SPEC_WRONG_TYPE',
    severity: 'error',
    summary: 'every value of the spec has the type that its key takes',
    explanation:
      'A number in quotes, a list in place of a name, a number as an environment variable: what a key takes is fixed, and nothing is guessed. The finding names the key by its JSON pointer, and what was given there. Variables of a process are text, so that SM_TENSOR_PARALLEL 4 has to be written "4".',
    source: 'the format of an endpoint spec, docs/endpoint-spec.md',
  },
  {
    id: 'SPEC_OUT_OF_RANGE',
    severity: 'error',
    summary: 'every number of the spec is one that can be meant',
    explanation:
      'A context of -1 tokens, a share above 1 or a list of a thousand pools can only be a slip. The range is that of the quantity itself; what a server, a GPU or SageMaker takes is narrower and is judged by rules of their own.',
    source: 'the format of an endpoint spec, docs/endpoint-spec.md',
  },
  {
    id: 'SPEC_UNKNOWN_VALUE',
    severity: 'error',
    summary: 'a key with a fixed set of values has one of them',
    explanation:
      'The values are listed in the finding, the nearest in its fix. Names of servers, of places where weights lie and of token states are such sets.',
    source: 'the format of an endpoint spec, docs/endpoint-spec.md',
  },
  {
    id: 'SPEC_UNKNOWN_KEY',
    severity: 'error',
    summary: 'the spec has no key that nobody reads',
    explanation:
      'A key that is misspelt or at the wrong place would be ignored, and the endpoint deployed without what it asks for. The fix names the key that is spelt nearest, or the place to which it belongs.',
    source: 'the format of an endpoint spec, docs/endpoint-spec.md',
  },
  {
    id: 'SPEC_MISSING_KEY',
    severity: 'error',
    summary: 'the spec has the keys without which it says nothing',
    explanation:
      'Only few keys are required, such as the model. What is left out otherwise has a default, or is not judged.',
    source: 'the format of an endpoint spec, docs/endpoint-spec.md',
  },
  {
    id: 'SPEC_UNREADABLE',
    severity: 'error',
    summary: 'the spec is plain data',
    explanation:
      'A line that is no JSON, or an object whose getters throw, cannot be judged. Specs are what JSON.parse gives.',
    source: 'the format of an endpoint spec, docs/endpoint-spec.md',
  },
  {
    id: 'SPEC_TOO_MANY_PROBLEMS',
    severity: 'error',
    summary: 'the file is an endpoint spec',
    explanation:
      'A file with so many problems is most likely another kind of file; the list is cut so that the first ones can be read.',
    source: 'the format of an endpoint spec, docs/endpoint-spec.md',
  },
  {
    id: 'SCHEME_UNKNOWN',
    severity: 'error',
    summary: 'the quantization is a scheme that the library knows',
    explanation:
      'A scheme names method, bits and what is quantized, such as awq-int4, fp8 or gguf:Q4_K_M, and everything else follows from it: bytes, kernels, servers. Names that others use for the same thing are understood; the fix proposes the nearest.',
    source:
      'the catalogue of schemes in lib/scheme, from the documents of vLLM, AutoAWQ, GPTQModel, compressed-tensors and llama.cpp',
  },
];
