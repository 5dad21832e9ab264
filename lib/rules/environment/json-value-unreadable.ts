import { entryPointAge, isOfHuggingFace } from '../../container';
import { isAtLeast } from '../../text/version';
import { shown } from '../helpers/environment';
import { found } from '../helpers/finding';
import { argumentsOf, type PassedOn } from '../helpers/passed-on';
import { LLAMA_8B } from '../helpers/samples';
import type { ResolvedContainer } from '../../container/types';
import type { Rule, RuleFinding } from '../types';

const example = (family: string, value: string, version?: string) => ({
  model: { config: LLAMA_8B },
  container: { family, version },
  options: { maxModelLen: 4096 },
  environment: { [family === 'lmi' ? 'OPTION_SPECULATIVE_CONFIG' : 'SM_VLLM_SPECULATIVE_CONFIG']: value },
});

const vllm = (environment: Record<string, string>, version?: string) => ({
  model: { config: LLAMA_8B },
  container: { family: 'vllm', version },
  options: { maxModelLen: 4096, enableLora: true },
  environment,
});

const ADAPTERS = '[{"name":"sql","path":"/opt/ml/model/sql"},{"name":"chat","path":"/opt/ml/model/chat"}]';

const pairs = (family: string, value: string, version?: string) => ({
  model: { config: LLAMA_8B },
  container: { family, version },
  options: { maxModelLen: 4096 },
  environment: { [family === 'lmi' ? 'OPTION_LIMIT_MM_PER_PROMPT' : 'SM_VLLM_LIMIT_MM_PER_PROMPT']: value },
});

/** From here on a JSON argument is no more written as `image=5,video=1`. Source: vllm/engine/arg_utils.py, `parse_type`. */
const WITHOUT_PAIRS = '0.10.0';

/** Arguments that take a text as well as JSON. Source: vllm/engine/arg_utils.py, `union_dict_and_str`. */
const TAKES_TEXT = new Set(['hf-overrides', 'pt-load-map-location']);

/** Arguments that are read as JSON where they look like it. Source: as above; vllm/entrypoints/openai/cli_args.py, `LoRAParserAction`. */
const ALSO_JSON = new Set(['hf-overrides', 'lora-modules']);

/** Several adapters in one value: a list, or object after object. */
const SEVERAL = /^'?\s*(\[|\{[^]*\}\s+\{)/;

/** From here on the entry point gives every adapter a word of its own (aws/deep-learning-containers#6564, in server-sagemaker-cuda-v2.4). */
const SPLITS_LISTS = '0.27.1';

/** The first image that starts vLLM under the process supervisor (aws/deep-learning-containers#6044, 2026-05-07). */
const SUPERVISED = '0.20.2';

/** The image from which on the supervisor keeps quotes (standard-supervisor 0.1.16). */
const KEEPS_QUOTES = '0.24.0';

export const jsonValueUnreadable: Rule = {
  id: 'JSON_VALUE_UNREADABLE',
  severity: 'error',
  summary: 'a JSON value reaches the server as JSON',
  explanation:
    'vLLM reads JSON arguments with json.loads. The process supervisor of the vLLM images from 0.20.2 to 0.23 joined the arguments with spaces and split them again, which took the double quotes away unless the whole value stood in single quotes. The images before had no supervisor, and from 0.24 on it keeps quotes: there single quotes around the value reach vLLM, which stops with a JSONDecodeError. Before vLLM 0.27.1 the entry point passed a list of adapters on as one word, which --lora-modules refuses ("Invalid fields for --lora-modules"). Pairs without braces (image=5) were read up to vLLM 0.9: "argument --limit-mm-per-prompt: Value image=5 cannot be converted".',
  source:
    'aws/deep-learning-containers scripts/docker/huggingface/vllm/sagemaker_entrypoint.sh (comment on standard-supervisor), #6044, #6564, .github/config/model-tests/vllm-sagemaker-endpoint-tests.yml; aws-samples/sagemaker-genai-hosting-examples (JSON without single quotes on the 0.19.0 and 0.20.1 images); vllm-project/vllm#21615',
  holdsFor: 'pairs: vLLM >= 0.10; single quotes: vLLM images from 0.20.2 to 0.23 need them, others refuse them',
  examples: {
    passes: [
      example('vllm', '{"method":"ngram","num_speculative_tokens":4}'),
      example('vllm', `'{"method":"ngram","num_speculative_tokens":4}'`, '0.22.1'),
      example('vllm', '{"method":"ngram","num_speculative_tokens":4}', '0.19.0'),
      example('lmi', '{"method":"ngram","num_speculative_tokens":4}'),
      pairs('vllm', 'image=5', '0.9.2'),
      pairs('vllm', '{"image":5}'),
      vllm({ SM_VLLM_LORA_MODULES: ADAPTERS }),
      vllm({ SM_VLLM_LORA_MODULES: ADAPTERS.slice(1, -1).replace('},{', '} {') }),
      vllm({ SM_VLLM_LORA_MODULES: 'sql=/opt/ml/model/sql' }, '0.23.0'),
      vllm({ SM_VLLM_HF_OVERRIDES: '{"architectures":["Qwen3ForSequenceClassification"]}' }),
      example('vllm', '{"method":"ngram","num_speculative_tokens":4}', 'server-sagemaker-cuda-v2'),
    ],
    fails: [
      example('vllm', `'{"method":"ngram","num_speculative_tokens":4}'`),
      example('vllm', `'{"method":"ngram","num_speculative_tokens":4}'`, '0.19.0'),
      example('vllm', '{"method":"ngram","num_speculative_tokens":4}', '0.22.1'),
      example('vllm', '{"method":"ngram",}'),
      example('lmi', "{'method':'ngram'}"),
      pairs('vllm', 'image=5'),
      pairs('lmi', 'image=5,video=1'),
      vllm({ SM_VLLM_HF_OVERRIDES: `'{"architectures":["Qwen3ForSequenceClassification"]}'` }),
      vllm({ SM_VLLM_LORA_MODULES: ADAPTERS }, '0.23.0'),
      example('vllm', `'{"method":"ngram","num_speculative_tokens":4}'`, 'server-sagemaker-cuda-v2.6'),
    ],
  },
  evaluate(context) {
    const { container, spec } = context;
    if (container?.family !== 'vllm' && container?.family !== 'lmi') return [];
    const isRestarted = spec.environment?.PROCESS_AUTO_RECOVERY?.toLowerCase() !== 'false';
    return argumentsOf(context).flatMap((set) => (isRead(set) ? (judge(container, set, isRestarted) ?? []) : []));
  },
};

/** Is the value one that the server reads as JSON? */
function isRead({ kind, argument, value }: PassedOn): boolean {
  return kind === 'json' || (ALSO_JSON.has(argument) && /^\s*'?[{[]/.test(value));
}

function judge(
  container: ResolvedContainer,
  { variable, argument, ...set }: PassedOn,
  isRestarted: boolean,
): RuleFinding | undefined {
  const value = set.value.trim();
  if (argument === 'lora-modules' && SEVERAL.test(value) && !value.startsWith("'["))
    return ofAdapters(container, variable, value);
  const isWrapped = /^'[{[].*[}\]]'$/s.test(value);
  const json = isWrapped ? value.slice(1, -1) : value;
  if (!/^[{[]/.test(json)) return ofPairs(container, variable, argument, value);
  const path = `/environment/${variable}`;
  const got = shown(variable, value);
  if (!isJson(json))
    return found({
      what: `--${argument} is read as JSON, and this is none`,
      got,
      fix: json.includes("'") ? 'write names and texts in double quotes' : 'correct the JSON',
      path,
    });
  // LMI has no supervisor between itself and vLLM, and a release without an image no entry point at all.
  const { tag, engineVersion } = container;
  if (container.family === 'lmi' || tag === undefined || (engineVersion === undefined && !NEWER_SERVER.test(tag)))
    return isWrapped && container.family === 'lmi' ? wrapped(variable, got, json, path) : undefined;
  const keeps = keepsQuotes(container);
  if (keeps === true && isWrapped) return wrapped(variable, got, json, path);
  // Without the supervisor's restarts the arguments are passed on as they are.
  if (keeps !== false || isWrapped || !json.includes('"') || !isRestarted) return undefined;
  return found({
    what: `the vLLM images from ${SUPERVISED} to before ${KEEPS_QUOTES} take the double quotes out of a JSON value that does not stand in single quotes`,
    got,
    allowed: "'{…}'",
    fix: `put the value of ${variable} into single quotes, or use an image from ${KEEPS_QUOTES} on`,
    path,
  });
}

/** `image=5,video=1`, which was a way to write JSON once. */
function ofPairs(
  { engineVersion }: ResolvedContainer,
  variable: string,
  argument: string,
  value: string,
): RuleFinding | undefined {
  if (engineVersion === undefined || !isAtLeast(engineVersion, WITHOUT_PAIRS) || TAKES_TEXT.has(argument))
    return undefined;
  if (!/^[\w.-]+=[^,=]+(,[\w.-]+=[^,=]+)*$/.test(value)) return undefined;
  const json = value.split(',').map((pair) => {
    const [name, text] = pair.split('=');
    return `${JSON.stringify(name)}:${/^-?\d+(\.\d+)?$/.test(text) ? text : JSON.stringify(text)}`;
  });
  const allowed = `{${json.join(',')}}`;
  return found({
    what: `--${argument} is read as JSON, and pairs are none since vLLM ${WITHOUT_PAIRS}`,
    got: shown(variable, value),
    allowed,
    fix: `set ${variable} to ${allowed}`,
    path: `/environment/${variable}`,
  });
}

/** Several adapters, of which an older entry point makes one word. Other makers' images, and releases without one, are not known. */
function ofAdapters(container: ResolvedContainer, variable: string, value: string): RuleFinding | undefined {
  const version = container.engineVersion;
  if (container.family !== 'vllm' || container.tag === undefined || isOfHuggingFace(container)) return undefined;
  if (version === undefined || isAtLeast(version, SPLITS_LISTS) || entryPointAge(container) === 'lists')
    return undefined;
  return found({
    what: `the entry point of the images before vLLM ${SPLITS_LISTS} passes several adapters on as one word, which --lora-modules does not take`,
    got: shown(variable, value),
    allowed: 'one adapter: name=path',
    fix: 'leave container.version out, which takes the newest image, or name one adapter',
    path: `/environment/${variable}`,
  });
}

/** The images of AL2023 whose vLLM is 0.24 or newer, of which not all say so. Source: aws/deep-learning-containers docs/vllm/changelog: v2.1 is 0.24.0. */
const NEWER_SERVER = /^server-sagemaker-cuda-v2(\.[1-9]\d*)?$/;

/** Does a value reach vLLM with its quotes? Unknown for old images of other makers and for images without a version in their tag. */
function keepsQuotes(container: ResolvedContainer): boolean | undefined {
  const version = container.engineVersion;
  if (version === undefined || isAtLeast(version, KEEPS_QUOTES)) return true;
  if (container.tag?.startsWith('server-')) return undefined;
  if (isAtLeast(version, SUPERVISED)) return false;
  return container.repository === 'vllm' ? true : undefined;
}

function wrapped(name: string, got: string, json: string, path: string): RuleFinding {
  return found({
    what: 'single quotes around a JSON value reach the server, which cannot read it as JSON',
    got,
    allowed: json.slice(0, 60),
    fix: `remove the single quotes around the value of ${name}`,
    path,
  });
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
