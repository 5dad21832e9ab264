import { resolveEndpoint } from '../../lib/endpoint/resolve';
import { evaluateRules, type Rule } from '../../lib/rules';
import { LLAMA_8B } from '../../lib/rules/helpers/samples';
import { readSpec } from '../../lib/spec';
import { RULES_UNDER_TEST } from './rules-under-test';

/**
 * Specs that leave out what rules look at: a model without its config, no container, no instance, a server or an instance that nobody
 * knows. Every rule must get along without; `rules` are those that have something to say all the same.
 */
const model = { config: LLAMA_8B };
const instanceType = 'ml.g6e.2xlarge';
const vllm = { family: 'vllm', version: '0.8.5' };
const lora = { maxModelLen: 4096, enableLora: true, maxLoraRank: 24, maxNumBatchedTokens: 100_000 };
const options = { maxModelLen: 4096 };
const speculative = { method: 'eagle3', model: 'head', tokens: 3 };

const BARE: readonly { readonly title: string; readonly spec: object; readonly rules: readonly string[] }[] = [
  { title: 'a model and nothing else', spec: { model }, rules: [] },
  { title: 'a workload and no server', spec: { model, workload: { concurrency: 4 } }, rules: [] },
  {
    title: 'a model by its id alone',
    spec: { model: { id: 'a/b' }, container: vllm, instanceType, options: lora, speculative },
    rules: ['LORA_RANK_NOT_ALLOWED', 'LORA_WITH_SPECULATION'],
  },
  {
    title: 'no container',
    spec: { model, instanceType, options: { ...lora, enableChunkedPrefill: true }, quantization: 'awq', speculative },
    rules: [],
  },
  { title: 'no instance', spec: { model, container: vllm, options, quantization: 'awq' }, rules: [] },
  { title: 'no options', spec: { model, container: vllm, instanceType }, rules: [] },
  {
    title: 'an image of one’s own',
    spec: {
      model,
      container: { family: 'custom', image: '123456789012.dkr.ecr.us-east-1.amazonaws.com/x:1' },
      instanceType,
      options: { ...lora, expertParallel: true, kvCacheDtype: 'fp9' },
      speculative: { method: 'guess' },
    },
    rules: [],
  },
  {
    title: 'a version that nobody knows',
    spec: { model, container: { family: 'vllm', version: '0.99.0' }, instanceType, options },
    rules: ['IMAGE_VERSION_UNKNOWN'],
  },
  {
    title: 'an instance that nobody knows',
    spec: { model, container: vllm, instanceType: 'ml.zz9.2xlarge', options: { ...options, dtype: 'bfloat16' } },
    rules: ['INSTANCE_TYPE_UNKNOWN'],
  },
  {
    title: 'SGLang',
    spec: {
      model,
      container: { family: 'sglang' },
      instanceType,
      options: lora,
      speculative: { method: 'ngram', tokens: 3 },
    },
    rules: ['WEIGHTS_DO_NOT_FIT', 'LORA_MODULES_MISSING', 'DRIVER_TOO_OLD_FOR_IMAGE'],
  },
  {
    title: 'llama.cpp on CPUs',
    spec: {
      model,
      quantization: 'gguf:Q4_K_M',
      container: { family: 'llama-cpp' },
      instanceType: 'ml.c7i.4xlarge',
      options,
    },
    rules: [],
  },
  {
    title: 'Neuron',
    spec: {
      model,
      container: { family: 'lmi-neuron' },
      instanceType: 'ml.inf2.8xlarge',
      options: { ...options, tensorParallelSize: 2 },
    },
    rules: [],
  },
];

const idsOf = (value: object, rules: readonly Rule[]) => {
  const { spec, problems } = readSpec(value);
  expect(problems).toEqual([]);
  return spec === undefined ? [] : evaluateRules(resolveEndpoint(spec), rules).map(({ rule }) => rule);
};

describe.each(BARE)('$title', ({ spec, rules }) => {
  // Rule by rule, so that a mutant of one meets only what it would meet.
  test.each(RULES_UNDER_TEST.map((rule) => [rule.id, rule] as const))('%s', (id, rule) => {
    expect(idsOf(spec, [rule])).toEqual(rules.filter((found) => found === id));
  });
});
