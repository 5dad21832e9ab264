import { parseJsonObject } from '../../text/json';
import { shown } from '../helpers/environment';
import { found } from '../helpers/finding';
import { argumentsOf } from '../helpers/passed-on';
import { onLlamaServer as example } from '../helpers/samples';
import type { Rule } from '../types';

/** What llama-server takes an argument apart by, and how that is written. */
interface Form {
  readonly words: string;
  readonly sample: string;
  readonly isMet: (value: string) => boolean;
}

const each = (pattern: RegExp) => (value: string) => value.split(',').every((item) => pattern.test(item.trim()));
const SCALED: Form = { words: 'FILE:SCALE', sample: 'adapter.gguf:0.5', isMet: each(/^[^:]+:[+-]?(\d|\.\d)[^:]*$/) };

const REPOSITORY: Form = {
  words: 'USER/MODEL or USER/MODEL:QUANT, of the Hugging Face hub',
  sample: 'unsloth/Qwen3-8B-GGUF:Q4_K_M',
  isMet: (value) => /^[^/:]*\/[^/:]*(:|$)/.test(value),
};
/** Read with `std::stoi`, which stops where no number begins. */
const LAYERS: Form = {
  words: 'a number, auto or all',
  sample: '999',
  isMet: (value) => /^(auto|all)$|^\s*[+-]?\d/.test(value),
};

const FORMS: Readonly<Record<string, Form>> = {
  'lora-scaled': SCALED,
  'control-vector-scaled': SCALED,
  'override-kv': {
    words: 'KEY=TYPE:VALUE with int, float, bool or str',
    sample: 'llama.context_length=int:8192',
    isMet: each(/^[^=]{1,127}=(int:|float:|bool:(true|false)$|str:)/),
  },
  'tensor-split': {
    words: 'numbers with commas between them',
    sample: '1,1',
    isMet: (value) => value.split(/[,/]+/).every((part) => /^\s*[+-]?(\d|\.\d|inf|nan)/i.test(part)),
  },
  'hf-repo': REPOSITORY,
  'spec-draft-hf': REPOSITORY,
  'hf-repo-draft': REPOSITORY,
  'n-gpu-layers': LAYERS,
  'gpu-layers': LAYERS,
  'chat-template-kwargs': {
    words: 'a JSON object',
    sample: '{"enable_thinking": false}',
    isMet: (value) => parseJsonObject(value) !== undefined,
  },
};

export const argumentFormUnknown: Rule = {
  id: 'ARGUMENT_FORM_UNKNOWN',
  severity: 'error',
  summary: 'an argument of llama-server that is taken apart has its parts',
  explanation:
    'llama-server takes some arguments apart before it loads the model, and stops where a part is missing: "lora-scaled format: FNAME:SCALE", "Invalid type for KV override", "invalid HF repo format, expected <user>/<model>[:quant]", "stof" or "stoi" where no number begins, or what its JSON reader says of --chat-template-kwargs.',
  source:
    'llama.cpp common/arg.cpp, the handlers of these arguments; common/common.cpp, string_parse_kv_override; common/download.cpp, common_download_split_repo_tag',
  examples: {
    passes: [
      example({ SM_LLAMA_CPP_HF_REPO: 'org/model-GGUF:Q4_K_M', SM_LLAMA_CPP_N_GPU_LAYERS: 'all' }),
      example({ SM_LLAMA_CPP_TENSOR_SPLIT: '3,1' }),
      example({ SM_LLAMA_CPP_LORA_SCALED: '/opt/ml/model/a.gguf:0.5,/opt/ml/model/b.gguf:1' }),
      example({ SM_LLAMA_CPP_OVERRIDE_KV: 'tokenizer.ggml.add_bos_token=bool:false' }),
      example({ SM_LLAMA_CPP_CHAT_TEMPLATE_KWARGS: '{"enable_thinking":false}' }),
      example({ SM_LLAMA_CPP_CHAT_TEMPLATE_KWARGS: '${Token[TOKEN.12]}' }),
    ],
    fails: [
      example({ SM_LLAMA_CPP_HF_REPO: 'https://huggingface.co/org/model-GGUF' }),
      example({ SM_LLAMA_CPP_TENSOR_SPLIT: '[1,1]' }),
      example({ SM_LLAMA_CPP_N_GPU_LAYERS: 'max' }),
      example({ SM_LLAMA_CPP_LORA_SCALED: '/opt/ml/model/a.gguf' }),
      example({ SM_LLAMA_CPP_OVERRIDE_KV: 'llama.context_length=8192' }),
      example({ SM_LLAMA_CPP_CHAT_TEMPLATE_KWARGS: 'enable_thinking=false' }),
    ],
  },
  evaluate(context) {
    if (context.container?.family !== 'llama-cpp') return [];
    return argumentsOf(context).flatMap(({ variable, value, argument }) => {
      if (!Object.hasOwn(FORMS, argument) || /^$|^(true|false)$|^["']|\$\{/i.test(value)) return [];
      const { words, sample, isMet } = FORMS[argument];
      if (isMet(value)) return [];
      return [
        found({
          what: `llama-server cannot take --${argument} apart, and stops at it`,
          got: shown(variable, value),
          allowed: words,
          fix: `give it as ${words}, such as ${sample}`,
          path: `/environment/${variable}`,
        }),
      ];
    });
  },
};
