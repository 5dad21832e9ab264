import { nearestNames } from '../../text/nearest';
import { isVllm, serverName } from '../helpers/engine';
import { shown } from '../helpers/environment';
import { settingVariables } from '../helpers/example';
import { anyOf, found } from '../helpers/finding';
import { LLAMA_8B } from '../helpers/samples';
import { argumentOf, isSwitchedOn } from '../helpers/switches';
import { isNewerThanRead, parserRanges, parsersOf, PARSERS_SOURCE, type ParserKind } from '../helpers/vllm-parsers';
import type { Rule, RuleContext, RuleFinding } from '../types';

const example = settingVariables(LLAMA_8B);

interface ParserArgument {
  readonly kind: ParserKind;
  readonly argument: string;
  readonly plugin: string;
  /** Does this version look the name up before it serves? */
  readonly isRead: (context: RuleContext) => boolean;
}

const ARGUMENTS: readonly ParserArgument[] = [
  {
    kind: 'tool',
    argument: 'TOOL_CALL_PARSER',
    plugin: 'TOOL_PARSER_PLUGIN',
    // 0.6.0 to 0.6.2 let argparse check it; later ones look it up only where tools are chosen automatically.
    isRead: (context) =>
      isVllm(context, { since: '0.6.0', before: '0.6.3' }) || isSwitchedOn(context, 'ENABLE_AUTO_TOOL_CHOICE'),
  },
  {
    kind: 'reasoning',
    argument: 'REASONING_PARSER',
    plugin: 'REASONING_PARSER_PLUGIN',
    isRead: (context) => isVllm(context, { since: '0.9.0' }) || isSwitchedOn(context, 'ENABLE_REASONING'),
  },
];

export const parserNotInServer: Rule = {
  id: 'PARSER_NOT_IN_SERVER',
  severity: 'error',
  summary: 'the parser of tool calls or of reasoning is one that this version has',
  explanation:
    'Each family of models writes calls and thoughts in a form of its own, and vLLM learns them release by release: llama3_json came with 0.6.3, the reasoning parser qwen3 with 0.9, the tool parsers qwen3_coder with 0.10 and openai (gpt-oss) with 0.10.2. A name that the version does not have stops it: "KeyError: invalid tool call parser: openai (chose from { … })".',
  source: `${PARSERS_SOURCE}; vllm-project/vllm#9312, vllm-project/vllm#17441, vllm-project/recipes#51`,
  holdsFor: 'each name has its own range of versions',
  examples: {
    passes: [
      example('vllm', { SM_VLLM_ENABLE_AUTO_TOOL_CHOICE: 'true', SM_VLLM_TOOL_CALL_PARSER: 'openai' }, '0.10.2'),
      example('vllm', { SM_VLLM_TOOL_CALL_PARSER: 'openai' }, '0.10.1'),
      example('vllm', { SM_VLLM_REASONING_PARSER: 'qwen3' }, '0.9.0'),
      example('vllm', { SM_VLLM_REASONING_PARSER: 'mine', SM_VLLM_REASONING_PARSER_PLUGIN: '/opt/ml/model/mine.py' }),
      example('lmi', { OPTION_ENABLE_AUTO_TOOL_CHOICE: 'true', OPTION_TOOL_CALL_PARSER: 'hermes' }),
    ],
    fails: [
      example('vllm', { SM_VLLM_ENABLE_AUTO_TOOL_CHOICE: '', SM_VLLM_TOOL_CALL_PARSER: 'openai' }, '0.10.1'),
      example('vllm', { SM_VLLM_TOOL_CALL_PARSER: 'llama3_json' }, '0.6.2'),
      example('vllm', { SM_VLLM_REASONING_PARSER: 'qwen3', SM_VLLM_ENABLE_REASONING: '' }, '0.8.5'),
      example('vllm', { SM_VLLM_REASONING_PARSER: 'gpt_oss' }),
      example('lmi', { OPTION_ENABLE_AUTO_TOOL_CHOICE: 'true', OPTION_TOOL_CALL_PARSER: 'lama3_json' }),
    ],
  },
  evaluate(context) {
    return ARGUMENTS.flatMap((argument) => judge(context, argument) ?? []);
  },
};

const WORDS: Readonly<Record<ParserKind, string>> = { tool: 'tool-call', reasoning: 'reasoning' };

function judge(context: RuleContext, { kind, argument, plugin, isRead }: ParserArgument): RuleFinding | undefined {
  const { container } = context;
  const version = container?.engineVersion;
  const set = argumentOf(context, argument);
  if (version === undefined || set === undefined || set.value === '' || /^none$/i.test(set.value)) return undefined;
  // A plug-in brings names of its own.
  if (argumentOf(context, plugin) !== undefined || !isRead(context)) return undefined;
  const known = parsersOf(kind, version);
  if (known.length === 0 || known.includes(set.value)) return undefined;
  const ranges = parserRanges(kind, set.value);
  const isAssumed = container?.assumedVersion !== undefined || isNewerThanRead(version);
  const since = ranges?.[0]?.since;
  const last = ranges?.at(-1)?.last;
  const nearest = nearestNames(set.value, known)[0];
  return found({
    what: `${serverName(context)} has no ${WORDS[kind]} parser of this name`,
    got: shown(set.name, set.value),
    allowed: anyOf(known),
    fix: fixOf(set.name, since, last, nearest),
    path: `/environment/${set.name}`,
    severity: ranges === undefined && isAssumed ? 'warning' : undefined,
  });
}

function fixOf(name: string, since: string | undefined, last: string | undefined, nearest: string | undefined): string {
  if (since !== undefined && last === undefined)
    return `use an image with vLLM ${since} or newer, or leave ${name} out`;
  if (last !== undefined) return `use an image with vLLM ${since} to ${last}, or leave ${name} out`;
  return nearest === undefined ? `leave ${name} out` : `set ${name} to ${nearest}`;
}
