import { parseImageUri } from '../../container';
import { found } from '../helpers/finding';
import { LLAMA_8B } from '../helpers/samples';
import type { Rule } from '../types';

const REGISTRY = '123456789012.dkr.ecr.us-east-1.amazonaws.com';

const example = (image: string) => ({
  model: { config: LLAMA_8B },
  container: { family: 'custom', image: `${REGISTRY}/${image}` },
  options: { maxModelLen: 4096 },
});

/** Names under which the servers themselves publish images, none of which has an entry point for SageMaker. */
const UPSTREAM: readonly (readonly [RegExp, string])[] = [
  [/(^|\/)vllm-openai$/, 'vLLM’s own image'],
  [/(^|\/)lmsysorg\/sglang$/, 'SGLang’s own image'],
  [/(^|\/)tensorrt-?llm(\/release)?$/, 'NVIDIA’s image of TensorRT-LLM'],
  [/(^|\/)ggml-org\/llama\.cpp$/, 'llama.cpp’s own image'],
  [/(^|\/)text-generation-inference$/, 'Hugging Face’s own image of TGI'],
  [/(^|\/)pytorch-inference-vllm-neuronx$/, 'the vLLM image of AWS Neuron'],
];

export const customImageWithoutServe: Rule = {
  id: 'CUSTOM_IMAGE_WITHOUT_SERVE',
  severity: 'warning',
  summary: 'an image of your own answers as SageMaker asks',
  explanation:
    'SageMaker starts a container with the argument `serve`, and asks /ping and /invocations on port 8080. The images that vLLM, SGLang, NVIDIA, llama.cpp, Hugging Face and AWS Neuron publish for other platforms take that argument for the name of a model or an unknown option, and most listen elsewhere: the endpoint stays in Creating until its health check times out. An image built upon one of them, with an entry point, works under any name; this is told by the name alone.',
  source:
    'SageMaker developer guide, "Custom Inference Code with Hosting Services"; vllm docker/Dockerfile, ENTRYPOINT; tools/server of llama.cpp; aws-neuron/deep-learning-containers#171; huggingface/text-generation-inference#885',
  examples: {
    passes: [example('team/chat-server:1'), example('vllm:0.28.0-gpu-py312-cu130-ubuntu22.04-sagemaker')],
    fails: [
      example('mirror/vllm-openai:v0.28.0'),
      example('pytorch-inference-vllm-neuronx:0.13.0'),
      example('nvidia/tensorrt-llm/release:1.0.0'),
    ],
  },
  evaluate({ spec }) {
    const image = spec.container?.family === 'custom' ? spec.container.image : undefined;
    const repository = image === undefined ? undefined : parseImageUri(image)?.repository;
    if (repository === undefined) return [];
    const name = UPSTREAM.find(([pattern]) => pattern.test(repository))?.[1];
    if (name === undefined) return [];
    return [
      found({
        what: `${name} has no entry point for SageMaker, which starts it with the argument serve and asks port 8080`,
        got: repository,
        allowed: 'an image that takes `serve`, and answers /ping and /invocations on port 8080',
        fix: 'build one upon it with such an entry point, or use the vllm, sglang or llama-cpp container',
        path: '/container/image',
      }),
    ];
  },
};
