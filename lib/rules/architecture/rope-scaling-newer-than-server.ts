import { inRange, isVllm, serverName } from '../helpers/engine';
import { found } from '../helpers/finding';
import { LLAMA_8B, QWEN25_7B } from '../helpers/samples';
import type { Rule, RuleContext } from '../types';

const example = (config: object, version: string) => ({
  model: { config },
  container: { family: 'vllm', version },
  options: { maxModelLen: 4096 },
});

const tensorRt = (version: string) => ({ ...example(LLAMA_8B, version), container: { family: 'lmi-trtllm', version } });

const scaled = (rope_scaling: object) => ({ ...QWEN25_7B, rope_scaling });

/** First vLLM that computes each kind of RoPE scaling. Source: vllm/model_executor/layers/rotary_embedding.py by version. */
const SINCE: Readonly<Record<string, string>> = {
  linear: '0.2.0',
  dynamic: '0.2.0',
  yarn: '0.2.2',
  su: '0.4.2',
  longrope: '0.5.1',
  deepseek_yarn: '0.5.1',
  llama3: '0.5.3.post1',
  mrope: '0.6.1',
};

/** Configs that write `rope_type` and no `type` are read from here on. */
const READS_ROPE_TYPE = '0.5.3.post1';

/** Versions of vLLM that do not read every scaling named above. */
const READS_SOME = { before: '0.6.1' };

/** TensorRT-LLM’s converters read `type` alone before. Source: NVIDIA/TensorRT-LLM#2052. */
const TENSORRT_READS_ROPE_TYPE = '0.12.0';

/** The kind of scaling and the first vLLM that reads it as written. */
function scalingOf(
  config: Readonly<Record<string, unknown>>,
): { readonly kind: string; readonly since: string } | undefined {
  const scaling = config.rope_scaling as Readonly<Record<string, unknown>> | null | undefined;
  if (typeof scaling !== 'object' || scaling === null) return undefined;
  const kind = scaling.rope_type ?? scaling.type;
  if (typeof kind !== 'string' || kind === 'default') return undefined;
  const computed = Object.hasOwn(SINCE, kind) ? SINCE[kind] : undefined;
  if (computed === undefined) return undefined;
  return { kind, since: scaling.type === undefined && kind !== 'mrope' ? later(computed, READS_ROPE_TYPE) : computed };
}

function later(a: string, b: string): string {
  return a.localeCompare(b, 'en', { numeric: true }) >= 0 ? a : b;
}

export const ropeScalingNewerThanServer: Rule = {
  id: 'ROPE_SCALING_NEWER_THAN_SERVER',
  severity: 'error',
  summary: 'the image’s vLLM computes the model’s RoPE scaling',
  explanation:
    'A new context-extension method comes with new models of an old architecture: Llama 3.1 is LlamaForCausalLM, but its rope_scaling of type llama3 needs vLLM 0.5.3.post1 and Transformers 4.43. TensorRT-LLM reads it from 0.12 on (LMI 0.30); 0.11 ends with "KeyError: \'type\'" while it builds the engine. Older images stop with "`rope_scaling` must be a dictionary with two fields, `type` and `factor`" or "Unknown RoPE scaling type".',
  source:
    'vllm/model_executor/layers/rotary_embedding.py by version; issues vllm-project/vllm#6689, NVIDIA/TensorRT-LLM#2052',
  holdsFor: 'llama3: vLLM < 0.5.3.post1, TensorRT-LLM < 0.12; yarn: < 0.2.2; longrope: < 0.5.1; mrope: < 0.6.1',
  examples: {
    passes: [
      example(LLAMA_8B, '0.5.3.post1'),
      tensorRt('0.30.0'),
      example(QWEN25_7B, '0.4.0'),
      example(scaled({ rope_type: 'default' }), '0.4.0'),
      example(scaled({ type: 'yarn', factor: 4 }), '0.2.2'),
      example(scaled({ type: 'linear', factor: 4 }), '0.4.0'),
      example(scaled({ type: 'longrope' }), '0.5.1'),
      example(scaled({ rope_type: 'longrope' }), '0.5.3.post1'),
      example(scaled({ rope_type: 'mrope' }), '0.6.1'),
      example(scaled({ type: 'of-its-own' }), '0.4.0'),
    ],
    fails: [
      example(LLAMA_8B, '0.5.2'),
      tensorRt('0.29.0'),
      example(scaled({ type: 'yarn', factor: 4 }), '0.2.1.post1'),
      example(scaled({ type: 'longrope' }), '0.5.0'),
      example(scaled({ rope_type: 'yarn', factor: 4 }), '0.5.2'),
      example(scaled({ rope_type: 'mrope' }), '0.6.0'),
    ],
  },
  evaluate(context) {
    const { container, model } = context;
    if (model === undefined || !(container?.engine === 'tensorrt-llm' || isVllm(context, READS_SOME))) return [];
    const scaling = scalingOf(model.textConfig) ?? scalingOf(model.config);
    const since = scaling === undefined ? undefined : firstReading(context, scaling);
    if (scaling === undefined || since === undefined) return [];
    return [
      found({
        what: `${serverName(context)} is too old for this model: its rope_scaling of type ${scaling.kind} is supported from ${since} on`,
        got: `rope_scaling ${scaling.kind}`,
        allowed: `${since} or newer`,
        fix: `use an image version with ${since} or newer`,
        path: '/container/version',
      }),
    ];
  },
};

/** The first version that reads the scaling, where the context's server is older. */
function firstReading(context: RuleContext, { kind, since }: { readonly kind: string; readonly since: string }) {
  const version = context.container?.engineVersion;
  if (context.container?.engine === 'tensorrt-llm' && kind === 'llama3' && version !== undefined)
    return inRange(version, { before: TENSORRT_READS_ROPE_TYPE })
      ? `TensorRT-LLM ${TENSORRT_READS_ROPE_TYPE}`
      : undefined;
  return isVllm(context, READS_SOME) && !isVllm(context, { since }) ? `vLLM ${since}` : undefined;
}
