import {
  buildSpan,
  comesAfter,
  isGoneBy,
  LLAMA_CPP_BUILDS_SOURCE,
  llamaCppBuild,
  llamaCppHas,
  llamaCppName,
} from '../../container';
import { shown, variablesOf } from '../helpers/environment';
import { found } from '../helpers/finding';
import { argumentsOf, type PassedOn } from '../helpers/passed-on';
import { LLAMA_8B } from '../helpers/samples';
import type { Rule, RuleContext, RuleFinding } from '../types';

const example = (environment: Record<string, string>, version?: string) => ({
  model: { config: LLAMA_8B },
  quantization: 'gguf:Q4_K_M',
  container: { family: 'llama-cpp', ...(version === undefined ? {} : { version }) },
  options: { maxModelLen: 4096, slots: 1 },
  environment,
});

const GPU_LAYERS = new Set(['n-gpu-layers', 'gpu-layers']);

export const argumentNotInBuild: Rule = {
  id: 'ARGUMENT_NOT_IN_BUILD',
  severity: 'error',
  summary: 'the build of llama.cpp has the arguments that are set',
  explanation:
    'llama-server stops at an argument that it does not know: "error: invalid argument: --jinja". Arguments come and go between builds: --jinja came by b4600, --no-webui by b4435, --n-cpu-moe by b6122, --load-mode by b10361. Up to b6303 --flash-attn was a bare flag, and on behind it is an argument of its own; up to b7347 --n-gpu-layers took a number only. No image of AWS has what went away before its first, b10433: --ctx-size-draft, --penalize-nl.',
  source: `${LLAMA_CPP_BUILDS_SOURCE}; ggml-org/llama.cpp#11643, mostlygeek/llama-swap#283`,
  holdsFor:
    'builds that are named, and what had gone before the first image of AWS; of a build between two that were read, nothing is said of what changed between them',
  examples: {
    passes: [
      example({ SM_LLAMA_CPP_JINJA: 'true' }, 'b4600'),
      example({ SM_LLAMA_CPP_FLASH_ATTN: 'true' }, 'b6301'),
      example({ SM_LLAMA_CPP_N_GPU_LAYERS: 'all' }, 'b7698'),
      example({ SM_LLAMA_CPP_JINJA: '${Token[TOKEN.12]}' }, 'b4600'),
    ],
    fails: [
      example({ SM_LLAMA_CPP_JINJA: 'true' }, 'b4435'),
      example({ SM_LLAMA_CPP_CTX_SIZE_DRAFT: '4096' }),
      example({ SM_LLAMA_CPP_N_CPU_MOE: '20' }, 'server-cuda-b5640'),
      example({ SM_LLAMA_CPP_CTX_SIZE_DRAFT: '4096' }, 'b9842'),
      example({ SM_LLAMA_CPP_FLASH_ATTN: 'on' }, 'b6122'),
      example({ SM_LLAMA_CPP_FLASH_ATTN: 'on' }, 'b6303'),
      example({ SM_LLAMA_CPP_N_GPU_LAYERS: 'all' }, 'b6301'),
    ],
  },
  evaluate(context) {
    const { container } = context;
    if (container?.family !== 'llama-cpp') return [];
    const build = llamaCppBuild(container);
    if (build !== undefined)
      return [...argumentsOf(context), ...goneArguments(context)].flatMap((set) => judge(context, build, set) ?? []);
    // Of images whose build is not known it is certain what had gone before AWS made any.
    if (container.assumedVersion !== undefined) return [];
    return goneArguments(context).flatMap((set) => judge(context, OLDEST_IMAGE, set) ?? []);
  },
};

/** The build of AWS's first image. Source: aws/deep-learning-containers@e0ecedea docker/llama_cpp/Dockerfile.gpu, `LLAMA_CPP_REF`. */
const OLDEST_IMAGE = 10433;

const PREFIX = 'SM_LLAMA_CPP_';

/** What is named like an argument that neither the build nor the newest llama-server has, but builds between them had. */
function goneArguments({ container, spec }: RuleContext): readonly PassedOn[] {
  if (container === undefined) return [];
  const { find } = variablesOf(container);
  return Object.entries(spec.environment ?? {}).flatMap(([variable, value]) => {
    if (!variable.startsWith(PREFIX) || find(variable) !== undefined) return [];
    const argument = variable.slice(PREFIX.length).toLowerCase().replaceAll('_', '-');
    return buildSpan('arguments', argument) === undefined ? [] : [{ variable, value, argument, kind: 'optional' }];
  });
}

function judge(context: RuleContext, build: number, set: PassedOn): RuleFinding | undefined {
  const { variable, value, argument } = set;
  if (/^(false|"false"|'false')$/i.test(value)) return undefined;
  const name = llamaCppName(context.container);
  const common = { got: shown(variable, value), path: `/environment/${variable}` };
  const span = buildSpan('arguments', argument);
  if (span !== undefined && comesAfter(span, build))
    return found({
      ...common,
      what: `${name} has no --${argument} yet, and stops at it ("invalid argument")`,
      allowed: span.first === undefined ? 'a newer build' : `b${span.first} or newer`,
      fix: `remove ${variable}, or leave container.version out, which takes the newest image`,
    });
  if (span !== undefined && isGoneBy(span, build))
    return found({
      ...common,
      what: `${name} no longer has --${argument}, and stops at it ("invalid argument")`,
      allowed: `a build up to b${span.last}`,
      fix: `remove ${variable}`,
    });
  if (value.includes('${')) return undefined;
  const isBare = set.kind === 'boolean' || llamaCppHas(context.container, 'flashAttentionAuto') === false;
  if (argument === 'flash-attn' && isBare && value !== '' && !/^true$/i.test(value))
    return found({
      ...common,
      what: `--flash-attn of ${name} is a bare flag, and the value behind it an argument that it does not know`,
      allowed: 'true, or no variable',
      fix: /^(off|0|auto)$/i.test(value) ? `remove ${variable}` : `set ${variable} to true`,
    });
  if (
    GPU_LAYERS.has(argument) &&
    /^(all|auto)$/i.test(value) &&
    llamaCppHas(context.container, 'gpuLayersTakesWords') === false
  )
    return found({
      ...common,
      what: `--${argument} of ${name} takes a number only, and the server stops at a word`,
      allowed: 'a number',
      fix: /^all$/i.test(value) ? `set ${variable} to 999` : `set ${variable} to the layers that fit`,
    });
  return undefined;
}
