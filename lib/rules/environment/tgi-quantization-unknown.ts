import { found } from '../helpers/finding';
import { LLAMA_8B } from '../helpers/samples';
import {
  firstWithQuantization,
  quantizations,
  takesQuantization,
  TGI,
  TGI_SOURCE,
  tgiAtLeast,
  tgiQuantization,
  tgiRelease,
} from '../helpers/tgi';
import type { Rule } from '../types';

const example = (release: string, HF_MODEL_QUANTIZE: string) => ({
  model: { config: LLAMA_8B },
  container: {
    family: 'custom',
    image: `763104351884.dkr.ecr.us-east-1.amazonaws.com/${TGI}:2.0.1-tgi${release}-gpu-py39-cu118-ubuntu20.04`,
  },
  environment: { HF_MODEL_QUANTIZE },
});

/** Release from which SageMaker's image builds the AWQ kernels that the server asks for. Source: awslabs/llm-hosting-container, Dockerfile of 1.1.0 and 1.2.0. */
const AWQ_KERNELS = '1.2.0';

export const tgiQuantizationUnknown: Rule = {
  id: 'TGI_QUANTIZATION_UNKNOWN',
  severity: 'error',
  summary: 'the release of text-generation-inference knows the quantization asked for',
  explanation:
    'The launcher takes HF_MODEL_QUANTIZE or QUANTIZE from a list that grew with the releases, and ends on any other word. AWQ is on it from 1.1.0 on, but SageMaker’s image of that release was built without its kernels: "name \'WQLinear\' is not defined".',
  source: `${TGI_SOURCE}; awslabs/llm-hosting-container huggingface/pytorch/tgi/docker; huggingface/text-generation-inference#1234; huggingface.co/TheBloke/Llama-2-70B-Chat-AWQ/discussions/2`,
  needs: ['environment'],
  examples: {
    passes: [
      example('1.2.0', 'awq'),
      example('1.1.0', 'gptq'),
      example('0.9.3', '${Token[TOKEN.12]}'),
      example('3.3.6', 'anything'),
    ],
    fails: [example('1.1.0', 'awq'), example('0.9.3', 'awq'), example('1.4.0', 'fp8'), example('2.0.0', 'int4')],
  },
  evaluate(context) {
    const asked = tgiQuantization(context);
    const release = asked === undefined ? undefined : tgiRelease(context);
    if (asked === undefined || release === undefined) return [];
    const { name, value } = asked;
    const isTaken = takesQuantization(release, value);
    const lacksKernels = value === 'awq' && !tgiAtLeast(release, AWQ_KERNELS);
    if (isTaken && !lacksKernels) return [];
    const first = lacksKernels ? AWQ_KERNELS : firstWithQuantization(value);
    return [
      found({
        what: isTaken
          ? `SageMaker’s image of text-generation-inference ${release} has no kernels for ${value}: "name 'WQLinear' is not defined"`
          : `text-generation-inference ${release} knows no quantization ${value}, and its launcher ends`,
        got: `${name}=${value}`,
        allowed: first === undefined ? quantizations(release).join(', ') : `tgi${first} or newer`,
        fix: first === undefined ? `unset ${name}` : `use an image of tgi${first} or newer, or the lmi container`,
        path: `/environment/${name}`,
      }),
    ];
  },
};
