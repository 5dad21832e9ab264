import { isOfHuggingFace } from '../../container';
import { shown } from '../helpers/environment';
import { found } from '../helpers/finding';
import { onLlamaServer as example } from '../helpers/samples';
import type { Rule } from '../types';

/** Variables that say which model it is, so that the entry point looks for none. */
const MODEL = ['SM_LLAMA_CPP_MODEL', 'SM_LLAMA_CPP_HF_REPO', 'SM_LLAMA_CPP_MODEL_URL', 'LLAMA_ARG_HF_REPO'];

const BESIDES: Readonly<Record<string, string>> = {
  SM_LLAMA_CPP_MMPROJ: 'projector',
  SM_LLAMA_CPP_LORA: 'adapter',
  SM_LLAMA_CPP_LORA_SCALED: 'adapter',
  SM_LLAMA_CPP_MODEL_DRAFT: 'draft',
  SM_LLAMA_CPP_SPEC_DRAFT_MODEL: 'draft',
};

/** Where the entry point looks: `*.gguf` of the model folder, then of the folders in it. */
function isFoundIn(folder: string, file: string): boolean {
  if (!file.startsWith(`${folder}/`)) return false;
  return /^[^/]+(\/[^/]+)?\.gguf(:[\d.]+)?$/.test(file.slice(folder.length + 1).trim());
}

export const modelNotNamed: Rule = {
  id: 'MODEL_NOT_NAMED',
  severity: 'warning',
  summary: 'the model is named where other GGUFs lie beside it',
  explanation:
    'Without SM_LLAMA_CPP_MODEL the entry point takes the first *.gguf of /opt/ml/model, in the order of their names, and then of the folders in it. A projector, an adapter or a draft model that lies there may be the first, and llama-server stops at a projector or an adapter ("unknown model architecture"), or serves the draft.',
  source:
    'aws/deep-learning-containers scripts/docker/llama_cpp/sagemaker_entrypoint.sh: "else pick the first .gguf under the SageMaker model dir"',
  holdsFor: 'the llama.cpp images of AWS',
  examples: {
    passes: [
      example({ SM_LLAMA_CPP_LORA: '/opt/ml/model/adapter.gguf', SM_LLAMA_CPP_MODEL: '/opt/ml/model/model.gguf' }),
      example({ SM_LLAMA_CPP_LORA: '/opt/ml/additional-model-data-sources/lora/adapter.gguf' }),
      example({ SM_LLAMA_CPP_MMPROJ: '${Token[TOKEN.12]}' }),
    ],
    fails: [
      example({ SM_LLAMA_CPP_LORA: '/opt/ml/model/adapter.gguf' }),
      example({ SM_LLAMA_CPP_MMPROJ: '/opt/ml/model/mmproj-F16.gguf' }),
    ],
  },
  evaluate({ container, spec }) {
    const { environment } = spec;
    if (container?.family !== 'llama-cpp' || environment === undefined) return [];
    if (isOfHuggingFace(container)) return [];
    if (MODEL.some((name) => environment[name] !== undefined)) return [];
    const folder = (environment.SM_LLAMA_CPP_MODEL_DIR ?? '/opt/ml/model').replace(/\/+$/, '');
    const name = Object.keys(BESIDES).find((one) =>
      (environment[one] ?? '').split(',').some((file) => isFoundIn(folder, file.trim())),
    );
    if (name === undefined) return [];
    return [
      found({
        what: `the entry point takes the first *.gguf below ${folder} for the model, which may be the ${BESIDES[name]}`,
        got: `${shown(name, environment[name])} without SM_LLAMA_CPP_MODEL`,
        allowed: 'SM_LLAMA_CPP_MODEL with the path of the model',
        fix: 'name the model’s own file in SM_LLAMA_CPP_MODEL',
        path: '/environment',
      }),
    ];
  },
};
