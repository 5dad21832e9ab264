import { parseQuotedJsonObject } from '../../text/json';
import { isVllm, serverName } from '../helpers/engine';
import { shown } from '../helpers/environment';
import { found } from '../helpers/finding';
import { LLAMA_8B, QWEN35_27B, type Json } from '../helpers/samples';
import { argumentOf, isSwitchedOn } from '../helpers/switches';
import type { Rule, RuleContext } from '../types';

const example = (config: Json, environment: object, version?: string) => ({
  model: { config },
  container: { family: 'vllm', ...(version === undefined ? {} : { version }) },
  options: { maxModelLen: 4096 },
  environment,
});

const connector = (name: string) => ({ SM_VLLM_KV_TRANSFER_CONFIG: `{"kv_connector":"${name}","kv_role":"kv_both"}` });

/** From here on a connector says whether it knows caches of several kinds; before, any connector switched their manager off. */
const ASKS_CONNECTOR = '0.23.0';
/** Connectors of vLLM’s own that do not. Source: `SupportsHMA` in vllm/distributed/kv_transfer of 0.23 to 0.30. */
const ONE_KIND_ONLY = new Set(['LMCacheConnectorV1', 'LMCacheMPConnector', 'P2pNcclConnector', 'ExampleConnector']);

/** Does the model keep states of recurrent layers beside the cache of its attention? */
function mixesStates({ model }: RuleContext): boolean {
  const kinds = new Set(model?.kv.map(({ kind }) => kind));
  return kinds.has('recurrent') && kinds.size > 1;
}

/** What switches the manager of several kinds of caches off; undefined where it stays. */
function switchOf(context: RuleContext): { readonly name: string; readonly value: string } | undefined {
  const direct = argumentOf(context, 'DISABLE_HYBRID_KV_CACHE_MANAGER');
  if (direct !== undefined && isSwitchedOn(context, 'DISABLE_HYBRID_KV_CACHE_MANAGER')) return direct;
  const transfer = argumentOf(context, 'KV_TRANSFER_CONFIG');
  if (transfer === undefined || argumentOf(context, 'NO_DISABLE_HYBRID_KV_CACHE_MANAGER') !== undefined)
    return undefined;
  if (isVllm(context, { before: ASKS_CONNECTOR })) return transfer;
  const config = parseQuotedJsonObject(transfer.value);
  return typeof config?.kv_connector === 'string' && ONE_KIND_ONLY.has(config.kv_connector) ? transfer : undefined;
}

export const statesWithoutCacheManager: Rule = {
  id: 'STATES_WITHOUT_CACHE_MANAGER',
  severity: 'error',
  summary: 'a model of attention and recurrent layers keeps the manager of both kinds of caches',
  explanation:
    'A hybrid model (Qwen3.5, Qwen3-Next, Nemotron-H, Jamba) keeps a cache for its attention and states for its recurrent layers, which only vLLM’s hybrid KV cache manager can hold together. `--disable-hybrid-kv-cache-manager` takes it away, and so does a `--kv-transfer-config` whose connector does not know it, up to 0.22 any connector: "Hybrid KV cache manager is disabled but failed to convert the KV cache specs to one unified type."',
  source: 'vllm/config/vllm.py by version; LMCache/LMCache#2927, #3163',
  holdsFor: 'vLLM 0.11 and later',
  server: { engine: 'vllm', since: '0.11.0' },
  needs: ['environment'],
  examples: {
    passes: [
      example(QWEN35_27B, connector('NixlConnector')),
      example(
        QWEN35_27B,
        {
          ...connector('NixlConnector'),
          SM_VLLM_NO_DISABLE_HYBRID_KV_CACHE_MANAGER: '',
        },
        '0.19.0',
      ),
      example(LLAMA_8B, connector('LMCacheConnectorV1')),
      example(QWEN35_27B, {}),
    ],
    fails: [
      example(QWEN35_27B, connector('LMCacheConnectorV1')),
      example(QWEN35_27B, connector('NixlConnector'), '0.19.0'),
      example(QWEN35_27B, { SM_VLLM_DISABLE_HYBRID_KV_CACHE_MANAGER: '' }),
    ],
  },
  evaluate(context) {
    if (context.spec.environment === undefined || !mixesStates(context)) return [];
    const off = switchOf(context);
    if (off === undefined) return [];
    return [
      found({
        what: `${context.model?.architecture} mixes attention with recurrent layers, and this switches off the hybrid KV cache manager of ${serverName(context)} that holds the caches of both (a KV connector has to support it)`,
        got: shown(off.name, off.value),
        allowed: 'connectors that support it, such as NixlConnector and OffloadingConnector, from 0.23 on',
        fix: `leave ${off.name} out`,
        path: `/environment/${off.name}`,
      }),
    ];
  },
};
