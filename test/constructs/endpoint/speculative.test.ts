import { Size } from 'aws-cdk-lib';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import {
  InstanceType,
  ModelFleet,
  ModelSource,
  ServingContainer,
  SpeculativeDecoding,
  type QuantizedEndpointProps,
} from '../../../index';
import { QWEN_7B, QWEN_7B_AWQ } from '../models';
import { environmentOf, errorsOf, hubModel, makeEndpoint, testStack, warningsOf } from '../support';

/** Qwen2.5-0.5B, whose vocabulary is that of the 7 B model but for its padding. */
const DRAFT = {
  ...QWEN_7B,
  hidden_size: 896,
  intermediate_size: 4864,
  num_attention_heads: 14,
  num_hidden_layers: 24,
  num_key_value_heads: 2,
};

function make(props: Partial<QuantizedEndpointProps>) {
  const stack = testStack();
  const endpoint = makeEndpoint(stack, { container: ServingContainer.vllm(), ...props });
  return { stack, endpoint };
}

describe('speculative decoding', () => {
  test('from the text itself is one variable, and takes no memory', () => {
    const { stack, endpoint } = make({ speculativeDecoding: SpeculativeDecoding.ngram(5) });
    expect(JSON.parse(String(environmentOf(stack).SM_VLLM_SPECULATIVE_CONFIG))).toEqual({
      method: 'ngram',
      num_speculative_tokens: 5,
    });
    expect(endpoint.plan.kvCacheTokens).toBe(make({}).endpoint.plan.kvCacheTokens);
    expect([...errorsOf(stack), ...warningsOf(stack)]).toEqual([]);
  });

  test('by a draft model has its memory in the plan', () => {
    const speculativeDecoding = SpeculativeDecoding.draftModel('Qwen/Qwen2.5-0.5B-Instruct', { config: DRAFT });
    const { stack, endpoint } = make({ speculativeDecoding });
    expect(JSON.parse(String(environmentOf(stack).SM_VLLM_SPECULATIVE_CONFIG))).toEqual({
      method: 'draft_model',
      model: 'Qwen/Qwen2.5-0.5B-Instruct',
      num_speculative_tokens: 4,
    });
    expect(endpoint.plan.kvCacheTokens).toBeLessThan(make({}).endpoint.plan.kvCacheTokens! * 0.9);
    expect([...errorsOf(stack), ...warningsOf(stack)]).toEqual([]);
  });

  test('by a head of EAGLE has its size in the plan', () => {
    const sized = SpeculativeDecoding.eagle3('org/head', { weightSize: Size.mebibytes(900), tokens: 3 });
    expect(make({ speculativeDecoding: sized }).endpoint.plan.kvCacheTokens).toBeLessThan(
      make({}).endpoint.plan.kvCacheTokens!,
    );
    const { stack } = make({ speculativeDecoding: SpeculativeDecoding.eagle('org/head') });
    expect(warningsOf(stack)).toContain('SPECULATIVE_DRAFT_NOT_PLANNED');
  });

  test('is told to LMI and SGLang in their own words', () => {
    const speculativeDecoding = SpeculativeDecoding.eagle3('org/head', { weightSize: Size.mebibytes(900), tokens: 3 });
    expect(environmentOf(make({ container: undefined, speculativeDecoding }).stack)).toHaveProperty(
      'OPTION_SPECULATIVE_CONFIG',
    );
    expect(environmentOf(make({ container: ServingContainer.sglang(), speculativeDecoding }).stack)).toMatchObject({
      SM_SGLANG_SPECULATIVE_ALGORITHM: 'EAGLE3',
      SM_SGLANG_SPECULATIVE_DRAFT_MODEL_PATH: 'org/head',
      SM_SGLANG_SPECULATIVE_NUM_STEPS: '3',
      SM_SGLANG_SPECULATIVE_EAGLE_TOPK: '1',
      SM_SGLANG_SPECULATIVE_NUM_DRAFT_TOKENS: '4',
    });
  });

  test('by a model of another vocabulary is refused', () => {
    const speculativeDecoding = SpeculativeDecoding.draftModel('org/other', {
      config: { ...DRAFT, vocab_size: 32_000 },
    });
    expect(errorsOf(make({ speculativeDecoding }).stack)).toEqual(['SPECULATIVE_VOCABULARY_DIFFERS']);
  });

  test('by a model that a container without a network cannot download is refused', () => {
    const stack = testStack();
    const model = ModelSource.s3Prefix(new Bucket(stack, 'Models'), 'qwen/', { config: QWEN_7B_AWQ });
    const draft = (name: string) => SpeculativeDecoding.draftModel(name, { config: DRAFT });
    makeEndpoint(stack, { container: ServingContainer.vllm(), model, speculativeDecoding: draft('Qwen/Qwen2.5-0.5B') });
    makeEndpoint(
      stack,
      { container: ServingContainer.vllm(), model, speculativeDecoding: draft('/opt/ml/model/draft') },
      'Local',
    );
    expect(errorsOf(stack)).toEqual(['NETWORK_ISOLATION_NEEDS_LOCAL_MODEL']);
  });

  test('works for a model in a fleet', () => {
    const stack = testStack();
    const fleet = new ModelFleet(stack, 'Fleet', { instanceType: InstanceType.G6_12XLARGE });
    const speculativeDecoding = SpeculativeDecoding.draftModel('org/draft', { config: DRAFT });
    const add = (id: string, more = {}) =>
      fleet.addModel(id, { model: hubModel(), container: ServingContainer.vllm(), maxModelLen: 8192, ...more });
    expect(add('With', { speculativeDecoding }).plan.kvCacheTokens).toBeLessThan(add('Without').plan.kvCacheTokens!);
    expect(errorsOf(stack)).toEqual([]);
  });
});
