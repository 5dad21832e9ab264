import { lookup } from '../../text/lookup';
import { isSglang, isVllm, serverName } from '../helpers/engine';
import { found } from '../helpers/finding';
import { firstWith, vllmHas } from '../helpers/vllm-models';
import { GEMMA2_2B, LLAMA_8B, QWEN25_7B, QWEN3_MOE } from '../helpers/samples';
import { SGLANG_PIPELINES_SOURCE, sglangRunsNoStages, sglangStagesSince } from '../helpers/sglang-pipelines';
import type { Rule, RuleContext } from '../types';

const example = (config: object, family: string, version?: string) => ({
  model: { config },
  container: { family, ...(version === undefined ? {} : { version }) },
  options: { maxModelLen: 4096, pipelineParallelSize: 2 },
});

const VOXTRAL = {
  architectures: ['VoxtralForConditionalGeneration'],
  model_type: 'voxtral',
  text_config: { ...LLAMA_8B, architectures: undefined, model_type: 'llama' },
  audio_config: { model_type: 'voxtral_encoder', hidden_size: 1280, num_hidden_layers: 32, num_attention_heads: 20 },
};

/**
 * Classes that declare a pipeline and have no tensors to hand from stage to stage, so that it stops in its first run; and the first version
 * read that has them. Source: `make_empty_intermediate_tensors` in vllm/model_executor/models of 0.10.2 to 0.28.
 */
const DECLARED_ONLY: Readonly<Record<string, string>> = {
  AyaVisionForConditionalGeneration: '0.23.0',
  Cohere2VisionForConditionalGeneration: '0.23.0',
  HCXVisionForCausalLM: '0.19.0',
  KimiLinearForCausalLM: '0.28.0',
  NemotronHForCausalLM: '0.11.0',
  VoxtralForConditionalGeneration: '0.23.0',
};

/** Why a server will not run a pipeline, and since when it would. */
interface Refusal {
  readonly what: string;
  readonly since?: string;
}

/** The first SGLang with an argument for stages. */
const SGLANG_STAGES = '0.4.6.post2';

/**
 * Classes of SGLang that take tensors from stage to stage and look for layers that are on another, and the first version that does not. Source:
 * sgl-project/sglang#6938 and #19833; sglang/srt/models/qwen3_moe.py of 0.4.6.post5 and 0.4.7, qwen3_5.py of 0.5.9 and 0.5.10.
 */
const SGLANG_DECLARED_ONLY: Readonly<Record<string, string>> = {
  Qwen3MoeForCausalLM: '0.4.7',
  Qwen3_5ForConditionalGeneration: '0.5.10',
  Qwen3_5MoeForConditionalGeneration: '0.5.10',
};

function sglangRefusal(context: RuleContext): Refusal | undefined {
  const { container, model } = context;
  if (isSglang(context, { before: SGLANG_STAGES }))
    return { what: `${serverName(context)} does not support pipeline parallelism yet`, since: SGLANG_STAGES };
  const version = container?.engineVersion;
  if (model === undefined || version === undefined) return undefined;
  const { architecture } = model;
  const completed = lookup(SGLANG_DECLARED_ONLY, architecture);
  if (sglangRunsNoStages(architecture, version))
    return {
      what: `${serverName(context)} has no pipeline stages of ${architecture}`,
      since: completed ?? sglangStagesSince(architecture),
    };
  if (completed === undefined || !isSglang(context, { before: completed })) return undefined;
  return {
    what: `${architecture} looks in ${serverName(context)} for layers that another stage has`,
    since: completed,
  };
}

/** Why this server will not run a pipeline; undefined where it will. */
function refusal(context: RuleContext): Refusal | undefined {
  const { container, model } = context;
  if (isSglang(context)) return sglangRefusal(context);
  if (!isVllm(context)) return undefined;
  if (container?.family === 'lmi') return { what: 'LMI rejects a pipeline_parallel_degree other than 1 for vLLM' };
  if (isVllm(context, { before: '0.5.1' }))
    return { what: `${serverName(context)} does not support pipeline parallelism yet`, since: '0.5.1' };
  const version = container?.engineVersion;
  if (model === undefined || version === undefined) return undefined;
  const support = vllmHas(model.architecture, 'pipeline', version);
  const completed = lookup(DECLARED_ONLY, model.architecture);
  if (support === 'yes' && completed !== undefined && isVllm(context, { before: completed }))
    return {
      what: `${model.architecture} declares pipeline parallelism in ${serverName(context)} and stops in its first run`,
      since: completed,
    };
  if (support === 'yes' || support === 'unknown') return undefined;
  const since = support === 'not-yet' ? firstWith(model.architecture, 'pipeline') : undefined;
  return { what: `${serverName(context)} does not support pipeline parallelism for ${model.architecture}`, since };
}

export const pipelineNotSupported: Rule = {
  id: 'PIPELINE_NOT_SUPPORTED',
  severity: 'error',
  summary: 'server, version and architecture support pipeline parallelism',
  explanation:
    'vLLM runs layers on GPUs one after the other since 0.5.1, and only for architectures written for it: "Pipeline parallelism is not supported for this model. Supported models implement the `SupportsPP` interface." A few classes declare it before they can. LMI accepts no pipeline degree other than 1 with vLLM at all. SGLang has stages since 0.4.6.post2, of some classes: it asserts "self.support_pp" from 0.5.5.post1 on, and before it stops at its first request.',
  source: `vLLM wheels, SupportsPP and _PP_SUPPORTED_MODELS by version; djl-serving python properties, pipeline_parallel_degree; vllm-project/vllm#22424; ${SGLANG_PIPELINES_SOURCE}; sglang/srt/managers/tp_worker.py; sgl-project/sglang#7257, #19503`,
  examples: {
    passes: [
      example(LLAMA_8B, 'vllm'),
      example(QWEN25_7B, 'vllm', '0.6.3'),
      example(LLAMA_8B, 'sglang', '0.4.6.post2'),
      example(QWEN25_7B, 'sglang'),
      example(QWEN3_MOE, 'sglang', '0.4.7'),
    ],
    fails: [
      example(LLAMA_8B, 'lmi'),
      example(LLAMA_8B, 'vllm', '0.4.2'),
      example(GEMMA2_2B, 'vllm', '0.6.0'),
      example(VOXTRAL, 'vllm', '0.10.2'),
      example(LLAMA_8B, 'sglang', '0.4.6'),
      example(GEMMA2_2B, 'sglang', '0.5.20'),
      example(GEMMA2_2B, 'sglang', '0.5.3'),
      example(QWEN3_MOE, 'sglang', '0.4.6.post5'),
    ],
  },
  evaluate(context) {
    const stages = context.options.pipelineParallelSize;
    if (stages <= 1) return [];
    const reason = refusal(context);
    if (reason === undefined) return [];
    const server = isSglang(context) ? 'SGLang' : 'vLLM';
    const newer = reason.since === undefined ? '' : `, or an image with ${server} ${reason.since} or newer`;
    return [
      found({
        what: reason.what,
        got: `pipelineParallelSize ${stages}`,
        allowed: 'pipelineParallelSize 1',
        fix: `set pipelineParallelSize to 1 and tensorParallelSize to the number of GPUs${newer}`,
        path: '/options/pipelineParallelSize',
      }),
    ];
  },
};
