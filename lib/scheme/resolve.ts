import { llamaServerVariables } from '../container/llama-server';
import type { ModelDescription } from '../model/types';
import type { EndpointSpec } from '../spec/types';
import { schemeOfCheckpoint } from './from-checkpoint';
import { isSchemeName, parseScheme } from './parse';
import type { Scheme } from './types';

/**
 * The scheme an endpoint uses: the spec's, else the checkpoint's own, else that of the GGUF it names, else none. Where
 * spec and checkpoint agree, the checkpoint's details are kept (its group size, bits and layout); where they
 * contradict, the spec's scheme is returned and a rule says so.
 *
 * @throws UnknownNameError `SCHEME_UNKNOWN` for a name that is no scheme
 */
export function resolveScheme(spec: EndpointSpec, model: ModelDescription | undefined): Scheme {
  const stored = model && storedScheme(model);
  if (spec.quantization === undefined)
    return stored ?? schemeOfFile(spec) ?? parseScheme('none', { origin: 'default' });
  const asked = asPublished(
    parseScheme(spec.quantization, { groupSize: spec.groupSize, origin: 'spec' }),
    spec.model.id,
  );
  return stored && agrees(asked, stored) ? stored : asked;
}

/** Variables that name the file llama-server loads, or a repository and the type it takes from it (`org/model-GGUF:Q4_K_M`). */
const FILES = ['MODEL', 'HF_FILE', 'MODEL_URL'].flatMap(llamaServerVariables);
const REPOSITORIES = llamaServerVariables('HF_REPO');

/** The type at the end of a GGUF's name: `model-Q4_K_M.gguf`, `model.q8_0-00001-of-00002.gguf`, `org/model-GGUF:IQ4_XS`. */
const TYPE_IN_NAME = /[-._:/]((?:i?q\d|bf16|f16|f32|mxfp4)[a-z0-9_]{0,8})(?:-\d{5}-of-\d{5})?(?:\.gguf)?$/i;

function schemeOfFile({ container, environment }: EndpointSpec): Scheme | undefined {
  if (container?.family !== 'llama-cpp' || environment === undefined) return undefined;
  for (const name of [...FILES, ...REPOSITORIES]) {
    const type = TYPE_IN_NAME.exec(environment[name] ?? '')?.[1];
    const scheme = `gguf:${type?.toUpperCase()}`;
    if (type !== undefined && isSchemeName(scheme)) return parseScheme(scheme, { origin: 'default' });
  }
  // A file that is named beside the repository is of a type that its name does not tell.
  const isFile = FILES.some((name) => environment[name] !== undefined);
  const isTaken = REPOSITORIES.some((name) => /^[^:]*gguf[^:]*$/i.test(environment[name] ?? ''));
  return isTaken && !isFile ? parseScheme(TAKEN_BY_DEFAULT, { origin: 'default' }) : undefined;
}

/** What llama-server takes of a repository without a type. Source: llama.cpp common/arg.cpp, `--hf-repo`: "default to Q4_K_M". */
const TAKEN_BY_DEFAULT = 'gguf:Q4_K_M';

/** Publishers of GGUF files who say on every model's card that an importance matrix was used: bartowski; mradermacher for names with `i1`. */
const WITH_IMPORTANCE_MATRIX = /^(bartowski\/.*|mradermacher\/.*-i1-gguf)$/i;

function asPublished(scheme: Scheme, id: string | undefined): Scheme {
  return scheme.layout === 'gguf' && id !== undefined && WITH_IMPORTANCE_MATRIX.test(id)
    ? { ...scheme, importanceMatrix: true }
    : scheme;
}

/**
 * DeepSeek V4 says beside `quantization_config` that its experts are in four bits, which is also what silence means; one that ModelOpt
 * quantized anew says `moe_quant_algo`. Source: vllm/models/deepseek_v4/quant_config.py, `expert_dtype`.
 */
function storedScheme({ quantization, modelType, config }: ModelDescription): Scheme | undefined {
  const scheme = quantization && schemeOfCheckpoint(quantization);
  if (scheme?.layout !== 'fp8' || modelType !== 'deepseek_v4' || config.expert_dtype === 'fp8') return scheme;
  const name = quantization?.raw.moe_quant_algo === 'NVFP4' ? 'nvfp4' : 'mxfp4';
  return { ...scheme, experts: parseScheme(name, { origin: 'checkpoint' }) };
}

/** Two names for what a checkpoint stores in the same way: rounding and smoothing leave no trace in the layout. */
const SAME_STORAGE: readonly (readonly string[])[] = [
  ['awq', 'int4-rtn'],
  ['smoothquant', 'int8-w8a8', 'int8-w8a8-static'],
  ['fp8', 'fp8-static', 'fp8-block', 'fp8-weight-only'],
];

/**
 * Does the scheme asked for describe what the checkpoint holds? A compressed-tensors or ModelOpt checkpoint with
 * four-bit integer weights is what either `awq` or `gptq` asks for: its layout does not say which search made it.
 */
export function agrees(asked: Scheme, stored: Scheme): boolean {
  if (asked.name === stored.name) return true;
  if (SAME_STORAGE.some((names) => names.includes(asked.name) && names.includes(stored.name))) return true;
  if (asked.layout === 'gguf' && stored.layout === 'gguf') return true;
  const fourBits = ['awq', 'gptq', 'int4-rtn'];
  const isNeutral = stored.layout === 'compressed-tensors' || stored.layout === 'modelopt';
  if (isNeutral && fourBits.includes(asked.name) && fourBits.includes(stored.name)) return true;
  return stored.name === 'none' && asked.layout === 'plain';
}
