import { serverName } from '../helpers/engine';
import { found, gib } from '../helpers/finding';
import { LLAMA2_7B, LLAMA_70B } from '../helpers/samples';
import { argumentOf } from '../helpers/switches';
import type { Rule, RuleContext } from '../types';

const example = (config: object, quantization: string, version = '0.8.5', rest: object = {}) => ({
  model: { config },
  quantization,
  container: { family: 'vllm', version },
  options: { maxModelLen: 2048, tensorParallelSize: 8 },
  ...rest,
});

const ONE_PART = { environment: { SM_VLLM_MODEL: '/opt/ml/model/Llama-3-70B-Q8_0-00001-of-00002.gguf' } };

/** The hub takes no single file above 50 GB. */
const LARGEST_FILE = 50e9;

/** From 0.20 on vLLM looks for the other parts. Source: vllm model_loader/gguf_loader.py, `_get_all_gguf_files`. */
const READS_ONE_FILE = { since: '0.5.5', before: '0.20.0' };

/** `name-00001-of-00003.gguf` */
const PART = /-\d+-of-\d+\.gguf$/;

/** What names a part of a GGUF as the model; undefined where nothing does. */
function namedPart(context: RuleContext): { readonly name: string; readonly path: string } | undefined {
  const variable = argumentOf(context, 'MODEL');
  if (variable !== undefined && PART.test(variable.value))
    return { name: variable.value, path: `/environment/${variable.name}` };
  const { id } = context.spec.model;
  return id !== undefined && PART.test(id) ? { name: id, path: '/model/id' } : undefined;
}

export const ggufInSeveralFiles: Rule = {
  id: 'GGUF_IN_SEVERAL_FILES',
  severity: 'error',
  summary: 'a GGUF that vLLM is to load is one file',
  explanation:
    'Up to 0.19 vLLM loads a GGUF from one file, and of a model in parts the tensors of the part that it is given, which stops it. The Hugging Face hub takes no file above 50 GB, so larger models lie there as name-00001-of-0000N.gguf: merge them with gguf-split --merge, or serve them with llama.cpp, which reads the parts.',
  source:
    'vLLM docs, features/quantization/gguf: "vLLM only supports loading single-file GGUF models"; vllm/model_executor/model_loader/gguf_loader.py; issue unslothai/unsloth#3697',
  holdsFor: 'vLLM 0.5.5 to 0.19; a warning where no part is named and the model is larger than a file of the hub',
  server: { engine: 'vllm', ...READS_ONE_FILE },
  examples: {
    passes: [
      example(LLAMA2_7B, 'gguf:Q4_K_M'),
      example(LLAMA_70B, 'gguf:Q8_0', '0.20.1'),
      example(LLAMA_70B, 'gguf:Q8_0', '0.20.1', ONE_PART),
    ],
    fails: [example(LLAMA_70B, 'gguf:Q8_0'), example(LLAMA_70B, 'gguf:Q8_0', '0.8.5', ONE_PART)],
  },
  evaluate(context) {
    if (context.scheme.layout !== 'gguf') return [];
    const common = {
      what: `${serverName(context)} loads a GGUF from one file`,
      allowed: 'a single file',
      fix: 'merge the parts with gguf-split --merge, or use the llama-cpp container',
    };
    const part = namedPart(context);
    if (part !== undefined) return [found({ ...common, got: part.name, path: part.path })];
    const bytes = context.plan.checkpointBytes;
    if (bytes === null || bytes <= LARGEST_FILE) return [];
    return [
      found({
        ...common,
        what: `${common.what}, and one this large is split on the hub`,
        got: gib(bytes),
        path: '/model',
        severity: 'warning',
      }),
    ];
  },
};
