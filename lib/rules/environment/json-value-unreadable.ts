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

/** The first image that starts vLLM under the process supervisor (aws/deep-learning-containers#6044, 2026-05-07). */
const SUPERVISED = '0.20.2';

/** The image from which on the supervisor keeps quotes (standard-supervisor 0.1.16). */
const KEEPS_QUOTES = '0.24.0';

export const jsonValueUnreadable: Rule = {
  id: 'JSON_VALUE_UNREADABLE',
  severity: 'error',
  summary: 'a JSON value reaches the server as JSON',
  explanation:
    'vLLM reads JSON arguments with json.loads. The process supervisor of the vLLM images from 0.20.2 to 0.23 joined the arguments with spaces and split them again, which took the double quotes away unless the whole value stood in single quotes. The images before had no supervisor, and from 0.24 on it keeps quotes: there single quotes around the value reach vLLM, which stops with a JSONDecodeError. Pairs without braces (image=5) were read up to vLLM 0.9: "argument --limit-mm-per-prompt: Value image=5 cannot be converted".',
  source:
    'aws/deep-learning-containers scripts/docker/huggingface/vllm/sagemaker_entrypoint.sh (comment on standard-supervisor), #6044; aws-samples/sagemaker-genai-hosting-examples (JSON without single quotes on the 0.19.0 and 0.20.1 images); vllm-project/vllm#21615',
  holdsFor: 'pairs: vLLM >= 0.10; single quotes: vLLM images from 0.20.2 to 0.23 need them, others refuse them',
  examples: {
    passes: [
      example('vllm', '{"method":"ngram","num_speculative_tokens":4}'),
      example('vllm', `'{"method":"ngram","num_speculative_tokens":4}'`, '0.22.1'),
      example('vllm', '{"method":"ngram","num_speculative_tokens":4}', '0.19.0'),
      example('lmi', '{"method":"ngram","num_speculative_tokens":4}'),
      pairs('vllm', 'image=5', '0.9.2'),
      pairs('vllm', '{"image":5}'),
    ],
    fails: [
      example('vllm', `'{"method":"ngram","num_speculative_tokens":4}'`),
      example('vllm', `'{"method":"ngram","num_speculative_tokens":4}'`, '0.19.0'),
      example('vllm', '{"method":"ngram","num_speculative_tokens":4}', '0.22.1'),
      example('vllm', '{"method":"ngram",}'),
      example('lmi', "{'method':'ngram'}"),
      pairs('vllm', 'image=5'),
      pairs('lmi', 'image=5,video=1'),
    ],
  },
  evaluate(context) {
    const { container, spec } = context;
    if (container?.family !== 'vllm' && container?.family !== 'lmi') return [];
    const isRestarted = spec.environment?.PROCESS_AUTO_RECOVERY?.toLowerCase() !== 'false';
    return argumentsOf(context).flatMap((set) =>
      set.kind === 'json' ? (judge(container, set, isRestarted) ?? []) : [],
    );
  },
};

function judge(
  container: ResolvedContainer,
  { variable, argument, ...set }: PassedOn,
  isRestarted: boolean,
): RuleFinding | undefined {
  const value = set.value.trim();
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
  if (container.family === 'lmi' || container.tag === undefined || container.engineVersion === undefined)
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
