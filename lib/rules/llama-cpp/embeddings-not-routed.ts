import { isOfHuggingFace } from '../../container';
import { shown } from '../helpers/environment';
import { found } from '../helpers/finding';
import { onLlamaServer as example } from '../helpers/samples';
import type { Rule } from '../types';

const VARIABLES: Readonly<Record<string, string>> = {
  SM_LLAMA_CPP_EMBEDDINGS: 'embeddings',
  SM_LLAMA_CPP_EMBEDDING: 'embeddings',
  LLAMA_ARG_EMBEDDINGS: 'embeddings',
  SM_LLAMA_CPP_RERANKING: 'ranks',
  SM_LLAMA_CPP_RERANK: 'ranks',
  LLAMA_ARG_RERANKING: 'ranks',
};

/** The entry point makes a flag of true or an empty value; llama-server takes these words in its own variables. */
const isOn = (value: string) => /^(true|1|on|enabled|)$/i.test(value);

export const embeddingsNotRouted: Rule = {
  id: 'EMBEDDINGS_NOT_ROUTED',
  severity: 'error',
  summary: 'llama-server is not started for embeddings or ranks, which no request reaches',
  explanation:
    'SageMaker sends every request to /invocations, and the nginx of the AWS image hands that on to /v1/chat/completions alone. A server for embeddings or ranks has its answers at /v1/embeddings and /v1/rerank, which SageMaker has no way to. A model of embeddings is served by the vLLM image.',
  source:
    'aws/deep-learning-containers scripts/docker/llama_cpp/llama_cpp_sagemaker.conf.template, `location = /invocations`; llama.cpp tools/server/README.md, --embeddings and --reranking',
  holdsFor: 'the llama.cpp images of AWS',
  examples: {
    passes: [
      example({ SM_LLAMA_CPP_EMBEDDINGS: 'false', SM_LLAMA_CPP_POOLING: 'mean' }),
      example({ SM_LLAMA_CPP_RERANKING: '${Token[TOKEN.12]}' }),
    ],
    fails: [
      example({ SM_LLAMA_CPP_EMBEDDINGS: 'true' }),
      example({ SM_LLAMA_CPP_RERANKING: 'true' }),
      example({ LLAMA_ARG_EMBEDDINGS: '1' }),
    ],
  },
  evaluate({ container, spec }) {
    const { environment } = spec;
    if (container?.family !== 'llama-cpp' || environment === undefined) return [];
    // What the image of Hugging Face does with /invocations was not read.
    if (isOfHuggingFace(container)) return [];
    const name = Object.keys(VARIABLES).find((one) => environment[one] !== undefined && isOn(environment[one]));
    if (name === undefined) return [];
    return [
      found({
        what: `llama-server is to give ${VARIABLES[name]}, and requests to the endpoint reach its chat completions alone`,
        got: shown(name, environment[name]),
        allowed: 'chat',
        fix: `remove ${name}, or serve the model with the vllm container`,
        path: `/environment/${name}`,
      }),
    ];
  },
};
