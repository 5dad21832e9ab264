import { buildSpan, comesAfter, LLAMA_CPP_BUILDS_SOURCE, llamaCppBuild, llamaCppName } from '../../container';
import { found } from '../helpers/finding';
import { mainTensorType } from '../helpers/gguf-type';
import { LLAMA_8B } from '../helpers/samples';
import type { Rule } from '../types';

const example = (quantization: string, version?: string) => ({
  model: { config: LLAMA_8B },
  quantization,
  container: { family: 'llama-cpp', ...(version === undefined ? {} : { version }) },
  options: { maxModelLen: 4096, slots: 1 },
});

export const tensorTypeNotInBuild: Rule = {
  id: 'TENSOR_TYPE_NOT_IN_BUILD',
  severity: 'error',
  summary: 'the build of llama.cpp that is named reads the types of the GGUF',
  explanation:
    'A build of llama.cpp reads the tensor types that it knows the numbers of, and stops at a GGUF with any other: "tensor has invalid ggml type 39 (NONE)". MXFP4 came by b6122, TQ1_0 and TQ2_0 by b3889, NVFP4 by b8352.',
  source: LLAMA_CPP_BUILDS_SOURCE,
  holdsFor: 'builds that are named',
  examples: {
    passes: [example('gguf:MXFP4_MOE', 'b6122'), example('gguf:NVFP4'), example('gguf:Q4_K_M', 'b1492')],
    fails: [example('gguf:MXFP4_MOE', 'b5640'), example('gguf-tensor:IQ4_XS', 'b2254')],
  },
  evaluate({ container, scheme }) {
    const build = llamaCppBuild(container);
    const type = mainTensorType(scheme);
    if (build === undefined || type === undefined) return [];
    const span = buildSpan('tensorTypes', type);
    if (span === undefined || !comesAfter(span, build)) return [];
    return [
      found({
        what: `${llamaCppName(container)} does not read tensors of the type ${type} yet ("invalid ggml type")`,
        got: scheme.name,
        allowed: span.first === undefined ? 'a newer build' : `b${span.first} or newer`,
        fix: 'leave container.version out, which takes the newest image, or take another type such as gguf:Q4_K_M',
        path: '/container/version',
      }),
    ];
  },
};
