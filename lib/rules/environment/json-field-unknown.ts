import { nearestNames } from '../../text/nearest';
import { ARGUMENT_VALUES_SOURCE, fieldsOf, type JsonFields } from '../helpers/argument-values';
import { serverName } from '../helpers/engine';
import { found } from '../helpers/finding';
import { jsonObject, passedOn, type PassedOn } from '../helpers/passed-on';
import { QWEN3_SMALL } from '../helpers/samples';
import type { Rule, RuleContext, RuleFinding } from '../types';

const example = (argument: string, value: object | string, version = '0.30.0') => ({
  model: { config: QWEN3_SMALL },
  container: { family: 'vllm', version },
  options: { maxModelLen: 4096 },
  environment: { [`SM_VLLM_${argument}`]: typeof value === 'string' ? value : JSON.stringify(value) },
});

export const jsonFieldUnknown: Rule = {
  id: 'JSON_FIELD_UNKNOWN',
  severity: 'error',
  summary: 'a JSON value has the fields, and their words, that this version reads',
  explanation:
    'From 0.16 on vLLM refuses a field that its configuration classes do not have: "Unexpected keyword argument [input_value=3]" for {"level": 3}, which is {"mode": 3} now, or {"ngram_prompt_lookup_max": 4}, which is prompt_lookup_max. Older versions ignored most of them. Fields that take one of a few words refuse others: "Input should be \'kv_producer\', \'kv_both\' or \'kv_consumer\'".',
  source: ARGUMENT_VALUES_SOURCE,
  holdsFor: 'vLLM 0.16 and later, each field has its own range of versions',
  examples: {
    passes: [
      example('COMPILATION_CONFIG', { mode: 3 }),
      example('COMPILATION_CONFIG', { level: 3 }, '0.11.0'),
      example('KV_TRANSFER_CONFIG', { kv_connector: 'LMCacheConnectorV1', kv_role: 'kv_both' }),
      example('KV_TRANSFER_CONFIG', { kv_connector: '${Token[TOKEN.12]}', kv_role: '${Token[TOKEN.13]}' }),
    ],
    fails: [
      example('COMPILATION_CONFIG', { level: 3 }),
      example('SPECULATIVE_CONFIG', { method: 'ngram', num_speculative_tokens: 4, ngram_prompt_lookup_max: 4 }),
      example('KV_TRANSFER_CONFIG', { kv_connector: 'LMCacheConnectorV1', kv_role: 'both' }),
      example('STRUCTURED_OUTPUTS_CONFIG', { backend: 'llguidance' }),
      example('COMPILATION_CONFIG', `'{"level":3}'`, '0.22.1'),
    ],
  },
  evaluate(context) {
    const version = context.container?.engine === 'vllm' ? context.container.engineVersion : undefined;
    if (version === undefined) return [];
    return passedOn(context).flatMap((set) => {
      const fields = set.value.includes('{') ? fieldsOf(set.argument, version) : undefined;
      const value = fields === undefined ? undefined : jsonObject(set.value);
      if (fields === undefined || value === undefined) return [];
      return Object.entries(value).flatMap(([name, own]) => judge(context, set, fields, name, own) ?? []);
    });
  },
};

function judge(
  context: RuleContext,
  { variable, argument }: PassedOn,
  fields: JsonFields,
  name: string,
  value: unknown,
): RuleFinding | undefined {
  const path = `/environment/${variable}`;
  if (!fields.has(name)) {
    const nearest = nearestNames(name, [...fields.keys()], 1)[0];
    return found({
      what: `--${argument} of ${serverName(context)} has no such field, and the server stops at it`,
      got: `${variable} with ${name}`,
      allowed: [...fields.keys()].join(', '),
      fix: nearest === undefined ? `take ${name} from the JSON` : `rename ${name} in the JSON to ${nearest}`,
      path,
    });
  }
  const words = fields.get(name);
  if (words === undefined || typeof value !== 'string' || words.includes(value)) return undefined;
  const nearest = nearestNames(value, words, 1)[0] ?? words[0];
  return found({
    what: `${name} of --${argument} has no such value in ${serverName(context)}, and the server stops at it`,
    got: `${variable} with ${name} ${value}`,
    allowed: words.join(', '),
    fix: `give ${name} the value ${nearest}`,
    path,
  });
}
