import { shown } from '../helpers/environment';
import { found } from '../helpers/finding';
import { onLlamaServer as example } from '../helpers/samples';
import type { Rule } from '../types';

/** Variables that name the file of the model; what goes with it has variables of its own. */
const VARIABLES = ['SM_LLAMA_CPP_MODEL', 'SM_LLAMA_CPP_HF_FILE'];
/** Variables that name a GGUF besides. */
const BESIDES = [
  ['SM_LLAMA_CPP_LORA', 'an adapter (LoRA)'],
  ['SM_LLAMA_CPP_MODEL_DRAFT', 'a draft model'],
  ['SM_LLAMA_CPP_SPEC_DRAFT_MODEL', 'a draft model'],
  ['SM_LLAMA_CPP_MMPROJ', 'a projector'],
] as const;

/** Files of other formats: PyTorch’s and safetensors, and the GGML files of 2023, of which nearly all name their type. */
const OTHER_FORMAT = /\.(safetensors|pth?|onnx)$|(ggml|[._-]i?q\d).*\.bin$/i;
const OTHER_ADAPTER = /\.(safetensors|pth?|onnx|bin)$/i;

interface Fault {
  readonly what: string;
  readonly allowed: string;
  readonly fix: string;
}

/** A name of the hub and no path: two parts, without the ending of a file. */
const HUB_NAME = /^\w[\w.-]*\/[\w.-]+(:[\w.-]+)?$/;
const ADDRESS = /^([a-z][a-z\d+.-]*):\/\//i;

/** What is no file of the container. */
function addressFault(value: string): Fault | undefined {
  const scheme = ADDRESS.exec(value)?.[1].toLowerCase();
  if (scheme !== undefined)
    return {
      what: 'llama-server opens a file of the container, and this is an address',
      allowed: 'a path, such as /opt/ml/model/model.gguf',
      fix: /^https?$/.test(scheme)
        ? 'give it as SM_LLAMA_CPP_MODEL_URL, in place of SM_LLAMA_CPP_MODEL'
        : 'let SageMaker bring the file (model.id with modelData s3-prefix), and name its path below /opt/ml/model',
    };
  if (!HUB_NAME.test(value) || /\.(gguf|bin)$/i.test(value)) return undefined;
  return {
    what: 'llama-server opens a file of the container, and this is a name of the Hugging Face hub',
    allowed: 'a path, such as /opt/ml/model/model.gguf',
    fix: 'give it as SM_LLAMA_CPP_HF_REPO, in place of SM_LLAMA_CPP_MODEL',
  };
}

function faultOf(name: string, value: string): Fault | undefined {
  const address = name === 'SM_LLAMA_CPP_MODEL' ? addressFault(value) : undefined;
  if (address !== undefined) return address;
  const file = value.slice(value.lastIndexOf('/') + 1);
  if (file === '' || !/\.\w+$/.test(file)) {
    if (name !== 'SM_LLAMA_CPP_MODEL' || !/^\/opt\/ml(\/model)?\/?$/.test(value)) return undefined;
    return {
      what: 'llama-server loads a file, and this is a folder ("invalid magic characters")',
      allowed: 'the path of a .gguf file',
      fix: 'name the file, or leave the variable out: the first *.gguf of /opt/ml/model is then taken',
    };
  }
  if (/^mmproj[-_.]/i.test(file))
    return {
      what: 'a projector (mmproj) is no model that llama-server can load ("unknown model architecture: \'clip\'")',
      allowed: 'the GGUF of the language model',
      fix: `name the model’s own file in ${name}, and the projector in SM_LLAMA_CPP_MMPROJ`,
    };
  if (OTHER_FORMAT.test(file))
    return {
      what: 'llama-server loads GGUF files alone, and this is another format ("invalid magic characters")',
      allowed: 'a .gguf file',
      fix: `convert the model to GGUF, and name that file in ${name}`,
    };
  const part = /-(\d{5})-of-(\d{5})\.gguf$/i.exec(file);
  if (part === null || Number(part[1]) === 1) return undefined;
  const first = value.replace(/-\d{5}-of-/, '-00001-of-');
  return {
    what: 'llama-server begins with the first part of a model in several files ("model must be loaded with the first split")',
    allowed: first,
    fix: `set ${name} to ${first}`,
  };
}

export const modelFileNotLoadable: Rule = {
  id: 'MODEL_FILE_NOT_LOADABLE',
  severity: 'error',
  summary: 'the file that is named is one that llama-server can begin with',
  explanation:
    'SM_LLAMA_CPP_MODEL and SM_LLAMA_CPP_HF_FILE name one file. llama-server finds the other parts of a split GGUF by itself from the first one, and stops at any other: "illegal split file idx: 1, model must be loaded with the first split". The projector of a model that sees is no model, and a folder, an address or a name of the hub no file. Neither safetensors nor the GGML files of 2023 are GGUF, and an adapter, a draft or a projector is a GGUF as well.',
  source:
    'llama.cpp src/llama-model-loader.cpp; ggml-org/llama.cpp#7779, #9061, ollama/ollama#1965; aws/deep-learning-containers docs/llama-cpp: the first shard of a split GGUF',
  examples: {
    passes: [
      example({ SM_LLAMA_CPP_MODEL: '/opt/ml/model/llama-Q4_K_M-00001-of-00003.gguf' }),
      example({ SM_LLAMA_CPP_MODEL: '/opt/ml/model/llama.gguf', SM_LLAMA_CPP_MMPROJ: '/opt/ml/model/mmproj-F16.gguf' }),
      example({ SM_LLAMA_CPP_HF_FILE: '${Token[FILE.12]}' }),
      example({ SM_LLAMA_CPP_MODEL: '/opt/ml/model/weights.bin' }),
    ],
    fails: [
      example({ SM_LLAMA_CPP_MODEL: '/opt/ml/model/llama-Q4_K_M-00002-of-00003.gguf' }),
      example({ SM_LLAMA_CPP_HF_FILE: 'mmproj-F16.gguf' }),
      example({ SM_LLAMA_CPP_MODEL: '/opt/ml/model/' }),
      example({ SM_LLAMA_CPP_MODEL: 'unsloth/Qwen3-8B-GGUF' }),
      example({ SM_LLAMA_CPP_MODEL: 's3://bucket/model.gguf' }),
      example({ SM_LLAMA_CPP_MODEL: '/opt/ml/model/model.safetensors' }),
      example({ SM_LLAMA_CPP_HF_FILE: 'llama-2-7b-chat.ggmlv3.q4_0.bin' }),
      example({ SM_LLAMA_CPP_MODEL: '/opt/ml/model/llama-2-7b-chat.q4_K_M.bin' }),
      example({ SM_LLAMA_CPP_LORA: '/opt/ml/model/adapter_model.safetensors' }),
    ],
  },
  evaluate({ container, spec }) {
    if (container?.engine !== 'llama.cpp') return [];
    const { environment } = spec;
    if (environment === undefined) return [];
    const besides = BESIDES.flatMap(([name, what]) => {
      const value = environment[name];
      if (value === undefined || value.includes('${')) return [];
      const other = value.split(',').find((file) => OTHER_ADAPTER.test(file.trim()));
      if (other === undefined) return [];
      return [
        found({
          what: `llama-server loads ${what} as a GGUF alone, and this is another format`,
          got: shown(name, value),
          allowed: 'a .gguf file',
          fix: `convert it to GGUF (convert_lora_to_gguf.py or convert_hf_to_gguf.py), and name that file in ${name}`,
          path: `/environment/${name}`,
        }),
      ];
    });
    const models = VARIABLES.flatMap((name) => {
      const value = environment[name];
      const fault = value === undefined || value.includes('${') ? undefined : faultOf(name, value);
      if (value === undefined || fault === undefined) return [];
      return [found({ ...fault, got: shown(name, value), path: `/environment/${name}` })];
    });
    return [...models, ...besides];
  },
};
