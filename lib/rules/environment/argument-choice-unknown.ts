import { nearestNames } from '../../text/nearest';
import { ARGUMENT_VALUES_SOURCE, wordsOf } from '../helpers/argument-values';
import { serverName } from '../helpers/engine';
import { shown } from '../helpers/environment';
import { settingVariables } from '../helpers/example';
import { found } from '../helpers/finding';
import { isLeftAlone, passedOn } from '../helpers/passed-on';
import { QWEN3_SMALL } from '../helpers/samples';
import type { Rule } from '../types';

const example = settingVariables(QWEN3_SMALL);

export const argumentChoiceUnknown: Rule = {
  id: 'ARGUMENT_CHOICE_UNKNOWN',
  severity: 'error',
  summary: 'an argument that takes one of a few words gets one that this version has',
  explanation:
    'vLLM and SGLang give many arguments a list of words, and stop at any other before they load anything: "argument --runner: invalid choice: \'embed\' (choose from auto, draft, generate, pooling)". Words are compared letter by letter, and come and go with versions: SGLang 0.5.8 lost shortest_queue, vLLM 0.10.2 renamed sha256_cbor_64bit.',
  source: ARGUMENT_VALUES_SOURCE,
  holdsFor: 'each argument and word has its own range of versions',
  examples: {
    passes: [
      example('vllm', { SM_VLLM_RUNNER: 'pooling' }),
      example('vllm', { SM_VLLM_PREFIX_CACHING_HASH_ALGO: 'sha256_cbor_64bit' }, '0.10.1'),
      example('vllm', { SM_VLLM_DISTRIBUTED_EXECUTOR_BACKEND: 'my.Executor' }),
      example('sglang', { SM_SGLANG_LOAD_BALANCE_METHOD: 'shortest_queue' }, '0.5.7'),
      example('lmi', { OPTION_SCHEDULING_POLICY: 'priority' }),
      example('vllm', { SM_VLLM_SCHEDULING_POLICY: '${Token[TOKEN.12]}' }),
    ],
    fails: [
      example('vllm', { SM_VLLM_RUNNER: 'embed' }),
      example('vllm', { SM_VLLM_PREFIX_CACHING_HASH_ALGO: 'sha256_cbor_64bit' }, '0.11.0'),
      example('vllm', { SM_VLLM_UVICORN_LOG_LEVEL: 'WARNING' }),
      example('sglang', { SM_SGLANG_ATTENTION_BACKEND: 'flash_attn' }),
      example('sglang', { SM_SGLANG_LOAD_BALANCE_METHOD: 'shortest_queue' }, '0.5.8'),
      example('lmi', { OPTION_SCHEDULING_POLICY: 'lifo' }),
    ],
  },
  evaluate(context) {
    const { container } = context;
    return passedOn(context).flatMap(({ variable, value, argument }) => {
      if (container?.engineVersion === undefined || isLeftAlone(value)) return [];
      const known = wordsOf(container.engine, argument, container.engineVersion);
      if (known === undefined || known.includes(value.trim())) return [];
      const nearest = nearestNames(value, known, 1)[0];
      return [
        found({
          what: `${serverName(context)} has no such value of --${argument}, and stops at it`,
          got: shown(variable, value),
          allowed: known.filter((word) => word !== 'None').join(', '),
          fix: nearest === undefined ? `leave ${variable} out` : `set ${variable} to ${nearest}, or leave it out`,
          path: `/environment/${variable}`,
        }),
      ];
    });
  },
};
