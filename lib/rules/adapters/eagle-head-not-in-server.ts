import { serverName } from '../helpers/engine';
import { found } from '../helpers/finding';
import { LLAMA_8B, QWEN25_7B, type Json } from '../helpers/samples';
import { speculationOf } from '../helpers/speculation';
import { firstWith, vllmHas } from '../helpers/vllm-models';
import type { Rule } from '../types';

const example = (method: string, architecture: string, version: string, config: Json = LLAMA_8B) => ({
  model: { config },
  container: { family: 'vllm', version },
  options: { maxModelLen: 4096 },
  speculative: { method, model: 'head', tokens: 3, config: { ...config, architectures: [architecture] } },
});

/** Checkpoints of the speculators library carry what they are in a config of their own. */
const OWN_CONFIG = /Speculator|DraftModel/;

/** The class that vLLM looks for. Source: vllm/transformers_utils/configs/eagle.py. */
function className(method: 'eagle' | 'eagle3', architecture: string): string {
  if (method === 'eagle') return architecture.startsWith('Eagle') ? architecture : `Eagle${architecture}`;
  return /^Eagle3|Eagle3$/.test(architecture) ? architecture : `Eagle3${architecture}`;
}

export const eagleHeadNotInServer: Rule = {
  id: 'EAGLE_HEAD_NOT_IN_SERVER',
  severity: 'error',
  summary: 'this version has a class for the EAGLE head’s architecture',
  explanation:
    'vLLM looks for a class named after the architecture in the head’s own config.json, with Eagle or Eagle3 before it: heads that call themselves Llama are known, those of Qwen2 are not: "Model architectures [\'EagleQwen2ForCausalLM\'] are not supported for now."',
  source: 'vllm/transformers_utils/configs/eagle.py; registry.py by version; vllm-project/vllm#24967',
  holdsFor: 'vLLM 0.8.5 and later, where the head’s config is given',
  server: { engine: 'vllm', since: '0.8.5' },
  examples: {
    passes: [
      example('eagle', 'LlamaForCausalLM', '0.10.2'),
      example('eagle3', 'LlamaForCausalLMEagle3', '0.10.2'),
      example('eagle3', 'Qwen3ForCausalLM', '0.28.0'),
      example('eagle3', 'Eagle3Speculator', '0.28.0'),
      example('ngram', 'Qwen2ForCausalLM', '0.10.2'),
    ],
    fails: [
      example('eagle', 'Qwen2ForCausalLM', '0.10.2', QWEN25_7B),
      example('eagle', 'Qwen2ForCausalLM', '0.30.0', QWEN25_7B),
      example('eagle3', 'Qwen3ForCausalLM', '0.21.0'),
    ],
  },
  evaluate(context) {
    const speculation = speculationOf(context);
    const method = speculation?.method?.toLowerCase();
    if (speculation === undefined || (method !== 'eagle' && method !== 'eagle3')) return [];
    const architecture = [speculation.config?.architectures].flat()[0];
    if (typeof architecture !== 'string' || OWN_CONFIG.test(architecture)) return [];
    const version = context.container?.engineVersion;
    if (version === undefined) return [];
    const name = className(method, architecture);
    const support = vllmHas(name, 'served', version);
    if (support === 'yes') return [];
    const first = firstWith(name, 'served');
    return [
      found({
        what: `${serverName(context)} has no class for this ${method} head`,
        got: `${name}, from the head’s architecture ${architecture}`,
        allowed: support === 'not-yet' ? `vLLM ${first} or newer` : 'a head of another architecture, such as Llama’s',
        fix:
          support === 'not-yet'
            ? `use an image with vLLM ${first} or newer`
            : 'take a head that vLLM knows, or set speculative.method to ngram',
        path: '/speculative/method',
      }),
    ];
  },
};
