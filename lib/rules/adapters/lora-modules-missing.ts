import { serverName } from '../helpers/engine';
import { found } from '../helpers/finding';
import { LLAMA_8B } from '../helpers/samples';
import type { Rule } from '../types';

const example = (environment: Record<string, string>, options: object = { enableLora: true, maxLoraRank: 16 }) => ({
  model: { config: LLAMA_8B },
  container: { family: 'sglang' },
  options: { maxModelLen: 4096, ...options },
  environment,
});

/** What gives SGLang the shape of its adapters. */
const PATHS = 'SM_SGLANG_LORA_PATHS';
const MODULES = 'SM_SGLANG_LORA_TARGET_MODULES';

export const loraModulesMissing: Rule = {
  id: 'LORA_MODULES_MISSING',
  severity: 'error',
  summary: 'SGLang is told the shape of the adapters it makes room for',
  explanation:
    'SGLang makes room for adapters when it starts. Without the first adapters themselves it must know their rank and the modules they change, and stops otherwise: "When no initial --lora-paths is provided, you need to specify both --max-lora-rank and --lora-target-modules for LoRA initialization."',
  source: 'sglang 0.5.5 to 0.5.20, check_lora_server_args',
  examples: {
    passes: [
      example({ [PATHS]: 'sql=/opt/ml/model/sql' }),
      example({ [MODULES]: 'all' }),
      example({ SM_SGLANG_LORA_TARGET_MODULES: '${Token[TOKEN.12]}' }),
      example({}, {}),
    ],
    fails: [
      example({}),
      example({ SM_SGLANG_ENABLE_LORA: 'true' }, {}),
      example({ SM_SGLANG_ENABLE_LORA: 'true', [MODULES]: 'all' }, {}),
    ],
  },
  evaluate(context) {
    const { container, options, spec } = context;
    const environment = spec.environment ?? {};
    if (container?.family !== 'sglang' || !options.enableLora || environment[PATHS] !== undefined) return [];
    const hasModules = environment[MODULES] !== undefined;
    const hasRank = spec.options?.maxLoraRank !== undefined || environment.SM_SGLANG_MAX_LORA_RANK !== undefined;
    if (hasModules && hasRank) return [];
    return [
      found({
        what: `${serverName(context)} cannot make room for LoRA adapters of which it knows neither files nor ${hasModules ? 'rank' : 'modules'}`,
        got: `enableLora without ${PATHS}${hasModules ? ' and maxLoraRank' : ` and ${MODULES}`}`,
        allowed: 'the first adapters, or their rank and modules',
        fix: hasModules
          ? 'set options.maxLoraRank to the highest rank of the adapters'
          : `set ${MODULES} to all${hasRank ? '' : ', and options.maxLoraRank'}`,
        path: hasModules ? '/options/maxLoraRank' : `/environment/${MODULES}`,
      }),
    ];
  },
};
