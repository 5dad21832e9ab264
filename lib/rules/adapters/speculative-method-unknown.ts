import { nearestNames } from '../../text/nearest';
import { inRange, serverName, type VersionRange } from '../helpers/engine';
import { found } from '../helpers/finding';
import { LLAMA_8B } from '../helpers/samples';
import { speculationOf } from '../helpers/speculation';
import type { Rule, RuleContext } from '../types';

const example = (method: string, version: string) => ({
  model: { config: LLAMA_8B },
  container: { family: 'vllm', version },
  options: { maxModelLen: 4096 },
  speculative: { method, tokens: 4, ...(method === 'ngram' ? {} : { model: 'draft' }) },
});

/** Source: vllm/config/speculative.py (`SpeculativeMethod`) and the spec_decode folder of older versions. */
const METHODS: Readonly<Record<string, VersionRange>> = {
  draft: { since: '0.4.0' },
  draft_model: { since: '0.4.0' },
  ngram: { since: '0.4.1' },
  mlp_speculator: { since: '0.5.1' },
  medusa: { since: '0.5.2' },
  eagle: { since: '0.5.5' },
  eagle3: { since: '0.8.5' },
  deepseek_mtp: { since: '0.7.3' },
  mtp: { since: '0.7.3' },
  suffix: { since: '0.11.1' },
  extract_hidden_states: { since: '0.16.0' },
  ngram_gpu: { since: '0.18.0' },
  dflash: { since: '0.20.0' },
  custom_class: { since: '0.22.0' },
  dspark: { since: '0.24.0' },
};

function known({ container }: RuleContext): readonly string[] {
  const version = container?.engineVersion;
  return Object.keys(METHODS).filter((name) => version === undefined || inRange(version, METHODS[name]));
}

export const speculativeMethodUnknown: Rule = {
  id: 'SPECULATIVE_METHOD_UNKNOWN',
  severity: 'error',
  summary: 'this version has the method of speculative decoding',
  explanation:
    'Draft models came to vLLM with 0.4, n-grams with 0.4.1, EAGLE with 0.5.5, DeepSeek’s multi-token prediction with 0.7.3, EAGLE 3 with 0.8.5, DFlash with 0.20, DSpark with 0.24. A method that a version does not have is refused while the configuration is read.',
  source: 'vllm/config/speculative.py, SpeculativeMethod by version',
  server: { engine: 'vllm' },
  examples: {
    passes: [
      example('ngram', '0.8.5'),
      example('draft', '0.4.0'),
      example('ngram', '0.4.1'),
      example('mlp_speculator', '0.5.1'),
      example('medusa', '0.5.2'),
      example('eagle', '0.5.5'),
      example('eagle3', '0.8.5'),
      example('mtp', '0.7.3'),
      example('suffix', '0.11.1'),
      example('ernie_mtp', '0.11.0'),
      example('NGRAM', '0.8.5'),
      example('ngram_gpu', '0.19.0'),
      example('dflash', '0.21.0'),
      example('dspark', '0.25.0'),
    ],
    fails: [
      example('eagle3', '0.8.4'),
      example('ngram', '0.4.0'),
      example('medusa', '0.5.1'),
      example('eagle', '0.5.4'),
      example('mtp', '0.7.2'),
      example('suffix', '0.11.0'),
      example('dflash', '0.19.0'),
      example('dspark', '0.23.0'),
      example('eagel', '0.9.2'),
      example('of-its-own', '0.9.2'),
    ],
  },
  evaluate(context) {
    const method = speculationOf(context)?.method;
    if (method === undefined) return [];
    const names = known(context);
    // Model-specific spellings of multi-token prediction (ernie_mtp, qwen3_next_mtp) come and go with models.
    if (names.includes(method.toLowerCase()) || /_mtp$/.test(method)) return [];
    const nearest = nearestNames(method, names)[0];
    const later = Object.hasOwn(METHODS, method) ? METHODS[method].since : undefined;
    const isUnknown = later === undefined && nearest === undefined;
    return [
      found({
        what: isUnknown
          ? `${serverName(context)} is not known to have this method of speculative decoding`
          : `${serverName(context)} has no such method of speculative decoding`,
        got: method,
        allowed: names.join(', ') || 'none',
        fix: later !== undefined ? `use an image with vLLM ${later} or newer` : `write ${nearest ?? 'ngram'}`,
        path: '/speculative/method',
        severity: isUnknown ? 'warning' : 'error',
      }),
    ];
  },
};
