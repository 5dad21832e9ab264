import { serverName } from '../helpers/engine';
import { shown } from '../helpers/environment';
import { found } from '../helpers/finding';
import { LLAMA_8B, NEMOTRON_H, QWEN35_27B, type Json } from '../helpers/samples';
import { argumentOf } from '../helpers/switches';
import type { Rule } from '../types';

const example = (config: Json, version: string, modelImpl = 'transformers') => ({
  model: { config },
  container: { family: 'vllm', version },
  options: { maxModelLen: 4096 },
  environment: { SM_VLLM_MODEL_IMPL: modelImpl },
});

/**
 * Types whose class in Transformers leaves its attention to no other backend (`_supports_attention_backend`), for it mixes attention with
 * recurrent layers. Source: transformers/models/*\/modeling_*.py of 5.6.1.
 */
const OWN_ATTENTION: ReadonlySet<string> = new Set([
  'bamba',
  'falcon_h1',
  'jamba',
  'mamba',
  'mamba2',
  'nemotron_h',
  'olmo_hybrid',
  'qwen3_5',
  'qwen3_5_moe',
  'qwen3_next',
  'recurrent_gemma',
  'zamba',
  'zamba2',
]);

export const transformersImplementationNotCompatible: Rule = {
  id: 'TRANSFORMERS_IMPLEMENTATION_NOT_COMPATIBLE',
  severity: 'error',
  summary: 'the code of Transformers that --model-impl asks for can run with vLLM’s attention',
  explanation:
    'With `--model-impl transformers` vLLM runs the code that Transformers has for the model, and puts its own attention into it. Classes with recurrent layers (Nemotron-H, Qwen3.5, Jamba) do not let it: "The Transformers implementation of \'NemotronHForCausalLM\' is not compatible with vLLM." vLLM has its own code for them, which it takes by itself.',
  source:
    'vllm/model_executor/models/registry.py of 0.19 to 0.30, `_try_resolve_transformers`: `is_backend_compatible`; vllm-project/vllm#26161',
  holdsFor: 'vLLM 0.19 to 0.30',
  server: { engine: 'vllm', since: '0.19.0', before: '0.31.0' },
  needs: ['environment'],
  examples: {
    passes: [
      example(LLAMA_8B, '0.19.1'),
      example(NEMOTRON_H, '0.19.1', 'auto'),
      example(NEMOTRON_H, '0.19.1', 'vllm'),
      example(NEMOTRON_H, '0.31.0'),
    ],
    fails: [example(NEMOTRON_H, '0.19.1'), example(QWEN35_27B, '0.28.0')],
  },
  evaluate(context) {
    const { model } = context;
    const asked = argumentOf(context, 'MODEL_IMPL');
    if (model === undefined || asked?.value !== 'transformers') return [];
    if (!OWN_ATTENTION.has(String(model.config.model_type))) return [];
    return [
      found({
        what: `the Transformers implementation of ${model.architecture} keeps its own attention, which ${serverName(context)} cannot run with`,
        got: shown(asked.name, asked.value),
        allowed: 'auto or vllm',
        fix: `set ${asked.name} to auto`,
        path: `/environment/${asked.name}`,
      }),
    ];
  },
};
