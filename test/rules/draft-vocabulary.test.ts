import { vocabularyNamed } from '../../lib/rules/helpers/draft-vocabulary';

test.each([
  ['Qwen/Qwen2.5-0.5B-Instruct-GPTQ-Int4', 151_936],
  ['Qwen/Qwen2.5-Coder-3B', 151_936],
  ['Qwen/Qwen2.5-32B-Instruct', 152_064],
  ['Qwen/Qwen3-0.6B-FP8', 151_936],
  ['deepseek-ai/DeepSeek-R1-Distill-Qwen-1.5B', 151_936],
  ['meta-llama/Llama-3.2-1B-Instruct', 128_256],
  ['mistralai/Mistral-7B-Instruct-v0.3', 32_768],
])('%s says by its name how many tokens it knows', (id, size) => {
  expect(vocabularyNamed(id)).toBe(size);
});

test.each([
  undefined,
  'somebody/Qwen2.5-0.5B-Instruct',
  'Qwen/Qwen2.5-VL-3B-Instruct',
  'Qwen/Qwen3-30B-A3B',
  'Qwen/Qwen2.5-0.5Beta',
  'meta-llama/Llama-3.2-11B-Vision',
])('%s does not', (id) => {
  expect(vocabularyNamed(id)).toBeUndefined();
});
