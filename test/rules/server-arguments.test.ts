import { isInRanges, readRanges } from '../../lib/rules/helpers/ranges';
import { LLAMA_8B } from '../../lib/rules/helpers/samples';
import { blockSizesOf } from '../../lib/rules/helpers/vllm-limits';
import { isNewerThanRead, parserRanges, parsersOf } from '../../lib/rules/helpers/vllm-parsers';
import { parseVersion } from '../../lib/text/version';
import { alone } from './own-findings';

const version = (text: string) => parseVersion(text) ?? [];
const ask = (rule: string, environment: Record<string, string>, at?: string, rest: object = {}) =>
  alone(rule, {
    ...{ model: { config: LLAMA_8B }, container: { family: 'vllm', version: at }, options: { maxModelLen: 4096 } },
    ...{ environment, ...rest },
  });

describe('ranges of versions', () => {
  const READ = ['0.8.0', '0.8.5', '0.9.0'].map(version);

  test('are read as the data writes them', () => {
    expect(readRanges('0.6.0..0.9.2 0.11.0')).toEqual([{ since: '0.6.0', last: '0.9.2' }, { since: '0.11.0' }]);
    expect(readRanges('')).toEqual([]);
  });
  test.each([
    ['0.8.4', '0.8.5', true],
    ['0.8.4', '0.9.0', false],
    ['0.8.5', '0.8.0..0.8.0', false],
    ['0.8.6', '0.8.0..0.8.5', true],
    ['0.8.4', '0.8.0..0.8.0', true],
    ['0.9.0', '0.8.0..0.8.5', false],
    ['0.10.0', '0.9.0', true],
    ['0.7.9', '0.8.0', true],
    ['0.7.9', '0.8.5', false],
  ])('%s in %s: %s', (text, ranges, expected) => {
    expect(isInRanges(version(text), readRanges(ranges), READ)).toBe(expected);
  });
});

describe('PARSER_NOT_IN_SERVER', () => {
  const rule = 'PARSER_NOT_IN_SERVER';
  test('knows when a parser came and went', () => {
    expect(parserRanges('tool', 'hermes')).toEqual([{ since: '0.6.0' }]);
    expect(parserRanges('reasoning', 'GptOss')).toEqual([{ since: '0.10.1', last: '0.10.1' }]);
    expect(parserRanges('tool', 'nobody')).toBeUndefined();
    expect(parsersOf('tool', version('0.6.2'))).toEqual(['hermes', 'mistral']);
    expect(parsersOf('reasoning', version('0.6.2'))).toEqual([]);
    expect(isNewerThanRead(version('0.33.0'))).toBe(false);
    expect(isNewerThanRead(version('0.99.0'))).toBe(true);
  });
  test.each([
    [
      { SM_VLLM_REASONING_PARSER: 'GptOss' },
      '0.10.2',
      'use an image with vLLM 0.10.1 to 0.10.1, or leave SM_VLLM_REASONING_PARSER out',
    ],
    [
      { SM_VLLM_REASONING_PARSER: 'qwen3', SM_VLLM_ENABLE_REASONING: 'true' },
      '0.8.4',
      /^use an image with vLLM 0\.9\.0 or newer/,
    ],
    [{ SM_VLLM_REASONING_PARSER: 'qwn3' }, '0.10.0', 'set SM_VLLM_REASONING_PARSER to qwen3'],
    [{ SM_VLLM_REASONING_PARSER: 'entirely-my-own-parser' }, '0.10.0', 'leave SM_VLLM_REASONING_PARSER out'],
    [{ SM_VLLM_REASONING_PARSER: 'none-of-them-at-all' }, '0.10.0', 'leave SM_VLLM_REASONING_PARSER out'],
    [{ SM_VLLM_REASONING_PARSER: 'or-rather-none' }, '0.10.0', 'leave SM_VLLM_REASONING_PARSER out'],
  ])('%j in %s: %s', (environment, at, fix) => {
    const found = ask(rule, environment, at);
    expect(found).toHaveLength(1);
    expect(found[0].fix).toMatch(fix);
    expect(found[0].severity).toBeUndefined();
  });
  test.each([
    [{ SM_VLLM_REASONING_PARSER: 'qwen3' }, '0.8.5'],
    [{ SM_VLLM_REASONING_PARSER: 'none' }, '0.11.0'],
    [{ SM_VLLM_REASONING_PARSER: '' }, '0.11.0'],
    [{ SM_VLLM_TOOL_CALL_PARSER: 'nobody', SM_VLLM_ENABLE_AUTO_TOOL_CHOICE: 'false' }, '0.11.0'],
    [
      { SM_VLLM_TOOL_CALL_PARSER: 'mine', SM_VLLM_ENABLE_AUTO_TOOL_CHOICE: '', SM_VLLM_TOOL_PARSER_PLUGIN: 'p.py' },
      '0.11.0',
    ],
    [{ SM_VLLM_ENABLE_AUTO_TOOL_CHOICE: '', SM_VLLM_TOOL_CALL_PARSER: 'hermes' }, '0.5.4'],
  ])('%j in %s: nothing to say', (environment, at) => {
    expect(ask(rule, environment, at)).toEqual([]);
  });
  test('is not sure of a version that nobody read', () => {
    const custom = { container: { family: 'vllm', version: '0.99.0' } };
    const found = ask(rule, { SM_VLLM_REASONING_PARSER: 'quite_new' }, undefined, custom);
    expect(found).toMatchObject([{ severity: 'warning' }]);
    // A name that came and went is gone from newer versions too.
    const gone = ask(rule, { SM_VLLM_REASONING_PARSER: 'GptOss' }, undefined, custom);
    expect(gone.map(({ severity }) => severity)).toEqual([undefined]);
  });
  test('LMI takes an empty switch for nothing', () => {
    const lmi = { container: { family: 'lmi' } };
    const set = { OPTION_TOOL_CALL_PARSER: 'nobody' };
    expect(ask(rule, { ...set, OPTION_ENABLE_AUTO_TOOL_CHOICE: '' }, undefined, lmi)).toEqual([]);
    expect(ask(rule, { ...set, OPTION_ENABLE_AUTO_TOOL_CHOICE: 'True' }, undefined, lmi)).toHaveLength(1);
  });
});

describe('BLOCK_SIZE_NOT_SUPPORTED', () => {
  const find = (size: string, at: string, rest: object = { instanceType: 'ml.g6.2xlarge' }) =>
    ask('BLOCK_SIZE_NOT_SUPPORTED', { SM_VLLM_BLOCK_SIZE: size }, at, rest);
  test('knows the choices of each version', () => {
    expect(blockSizesOf(version('0.5.4'))).toEqual([8, 16, 32]);
    expect(blockSizesOf(version('0.8.5'))).toEqual([1, 8, 16, 32, 64, 128]);
    expect(blockSizesOf(version('0.20.0'))).toBeNull();
    expect(blockSizesOf(version('0.0.1'))).toBeNull();
  });
  test.each([
    ['64', '0.6.3', true],
    ['64', '0.7.0', false],
    ['256', '0.11.0', true],
    ['256', '0.11.2', false],
    ['8', '0.9.2', false],
    ['8', '0.10.0', true],
    ['24', '0.20.1', true],
    ['0', '0.20.1', true],
    ['16.5', '0.20.1', true],
    ['', '0.20.1', false],
  ])('%s in %s: %s', (size, at, expected) => {
    expect(find(size, at).length > 0).toBe(expected);
  });
  test('multiples of 16 are those of FlashAttention and Triton', () => {
    expect(find('8', '0.20.1', {})).toEqual([]);
    expect(find('8', '0.11.2', { instanceType: 'ml.g4dn.xlarge' })).toEqual([]);
    expect(find('8', '0.20.1')).toMatchObject([
      { allowed: 'a multiple of 16', fix: 'set SM_VLLM_BLOCK_SIZE to 16, or leave it out' },
    ]);
    expect(find('8', '0.11.2')).toMatchObject([{ allowed: '16, 32, 64, 128 or 256' }]);
  });
});
