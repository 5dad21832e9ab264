import { settingVariables } from '../helpers/example';
import { found } from '../helpers/finding';
import { serverName } from '../helpers/engine';
import { LLAMA_8B } from '../helpers/samples';
import { argumentOf, argumentVariable, isSwitchedOn } from '../helpers/switches';
import type { Rule } from '../types';

const example = settingVariables(LLAMA_8B);

const SWITCH = 'ENABLE_AUTO_TOOL_CHOICE';
const PARSER = 'TOOL_CALL_PARSER';

export const toolParserMissing: Rule = {
  id: 'TOOL_PARSER_MISSING',
  severity: 'error',
  summary: 'automatic tool choice comes with the parser that reads the model’s calls',
  explanation:
    'Each family of models writes tool calls in a form of its own, so vLLM wants to be told which: "Error: --enable-auto-tool-choice requires --tool-call-parser". LMI refuses it likewise ("invalid tool call parser: None").',
  source:
    'vllm/entrypoints/openai/cli_args.py, `validate_parsed_serve_args`; djl-serving vllm_rb_properties.py, `validate_tool_call_parser`',
  examples: {
    passes: [
      example('vllm', { SM_VLLM_ENABLE_AUTO_TOOL_CHOICE: 'true', SM_VLLM_TOOL_CALL_PARSER: 'llama3_json' }),
      example('vllm', { SM_VLLM_ENABLE_AUTO_TOOL_CHOICE: 'false' }),
      example('lmi', { OPTION_TOOL_CALL_PARSER: 'hermes' }),
    ],
    fails: [
      example('vllm', { SM_VLLM_ENABLE_AUTO_TOOL_CHOICE: 'true' }),
      example('lmi', { OPTION_ENABLE_AUTO_TOOL_CHOICE: 'true' }),
    ],
  },
  evaluate(context) {
    if (!isSwitchedOn(context, SWITCH) || argumentOf(context, PARSER)?.value) return [];
    const name = argumentVariable(context, SWITCH);
    const parser = argumentVariable(context, PARSER);
    return [
      found({
        what: `${serverName(context)} stops where tools are to be chosen automatically and no parser for the model’s calls is named`,
        got: `${name} without ${parser}`,
        allowed: `${parser}, such as hermes (Qwen), llama3_json or mistral`,
        fix: `name the model’s parser in ${parser}, or leave ${name} out`,
        path: `/environment/${name}`,
      }),
    ];
  },
};
