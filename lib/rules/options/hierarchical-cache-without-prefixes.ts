import { serverName } from '../helpers/engine';
import { found } from '../helpers/finding';
import { LLAMA_8B } from '../helpers/samples';
import type { Rule, RuleContext } from '../types';

const example = (environment: object, options: object = {}) => ({
  model: { config: LLAMA_8B },
  container: { family: 'sglang' },
  options: { maxModelLen: 4096, ...options },
  environment,
});

const HIERARCHICAL = 'SM_SGLANG_ENABLE_HIERARCHICAL_CACHE';
const NO_PREFIXES = 'SM_SGLANG_DISABLE_RADIX_CACHE';

const isOn = (value: string | undefined) => value !== undefined && !/^false$/i.test(value.trim());

/** What switches the cache of prefixes off, and the pointer to it. */
function switchedOff({ spec, options }: RuleContext): { readonly got: string; readonly path: string } | undefined {
  if (isOn(spec.environment?.[NO_PREFIXES])) return { got: NO_PREFIXES, path: `/environment/${NO_PREFIXES}` };
  return options.enablePrefixCaching === false
    ? { got: 'enablePrefixCaching false', path: '/options/enablePrefixCaching' }
    : undefined;
}

export const hierarchicalCacheWithoutPrefixes: Rule = {
  id: 'HIERARCHICAL_CACHE_WITHOUT_PREFIXES',
  severity: 'error',
  summary: 'the hierarchical cache has a cache of prefixes to extend',
  explanation:
    'SGLang’s hierarchical cache moves prefixes that the GPU has no room for to the host. Without the radix cache that holds them it refuses to start: "The arguments enable-hierarchical-cache and disable-radix-cache are mutually exclusive and cannot be used at the same time."',
  source: 'sglang/srt/server_args.py of 0.5.5, arg_groups/kv_cache_hook.py of 0.5.20; sgl-project/sglang#9452',
  holdsFor: 'all versions of SGLang that AWS publishes',
  server: { engine: 'sglang' },
  needs: ['environment'],
  examples: {
    passes: [
      example({ [HIERARCHICAL]: 'true' }),
      example({ [NO_PREFIXES]: 'true' }),
      example({ [HIERARCHICAL]: 'true', [NO_PREFIXES]: 'false' }),
    ],
    fails: [
      example({ [HIERARCHICAL]: 'true', [NO_PREFIXES]: 'true' }),
      example({ [HIERARCHICAL]: '' }, { enablePrefixCaching: false }),
    ],
  },
  evaluate(context) {
    if (!isOn(context.spec.environment?.[HIERARCHICAL])) return [];
    const off = switchedOff(context);
    if (off === undefined) return [];
    return [
      found({
        what: `${serverName(context)} has no hierarchical cache without its cache of prefixes (radix cache)`,
        got: `${HIERARCHICAL} with ${off.got}`,
        allowed: 'one of the two',
        fix: `leave ${HIERARCHICAL} out`,
        path: off.path,
      }),
    ];
  },
};
