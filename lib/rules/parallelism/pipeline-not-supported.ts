import { isVllm, serverName } from '../helpers/engine';
import { found } from '../helpers/finding';
import { firstWith, vllmHas } from '../helpers/vllm-models';
import { GEMMA2_2B, LLAMA_8B, QWEN25_7B } from '../helpers/samples';
import type { Rule, RuleContext } from '../types';

const example = (config: object, family: string, version?: string) => ({
  model: { config },
  container: { family, ...(version === undefined ? {} : { version }) },
  options: { maxModelLen: 4096, pipelineParallelSize: 2 },
});

/** Why this server will not run a pipeline, and since when it would; undefined where it will. */
function refusal(context: RuleContext): { readonly what: string; readonly since?: string } | undefined {
  const { container, model } = context;
  if (!isVllm(context)) return undefined;
  if (container?.family === 'lmi') return { what: 'LMI rejects a pipeline_parallel_degree other than 1 for vLLM' };
  if (isVllm(context, { before: '0.5.1' }))
    return { what: `${serverName(context)} does not support pipeline parallelism yet`, since: '0.5.1' };
  const version = container?.engineVersion;
  if (model === undefined || version === undefined) return undefined;
  const support = vllmHas(model.architecture, 'pipeline', version);
  if (support === 'yes' || support === 'unknown') return undefined;
  const since = support === 'not-yet' ? firstWith(model.architecture, 'pipeline') : undefined;
  return { what: `${serverName(context)} does not support pipeline parallelism for ${model.architecture}`, since };
}

export const pipelineNotSupported: Rule = {
  id: 'PIPELINE_NOT_SUPPORTED',
  severity: 'error',
  summary: 'server, version and architecture support pipeline parallelism',
  explanation:
    'vLLM runs layers on GPUs one after the other since 0.5.1, and only for architectures written for it: "Pipeline parallelism is not supported for this model. Supported models implement the `SupportsPP` interface." LMI accepts no pipeline degree other than 1 with vLLM at all.',
  source:
    'vLLM wheels, SupportsPP and _PP_SUPPORTED_MODELS by version; djl-serving python properties, pipeline_parallel_degree',
  examples: {
    passes: [example(LLAMA_8B, 'vllm'), example(QWEN25_7B, 'vllm', '0.6.3')],
    fails: [example(LLAMA_8B, 'lmi'), example(LLAMA_8B, 'vllm', '0.4.2'), example(GEMMA2_2B, 'vllm', '0.6.0')],
  },
  evaluate(context) {
    const stages = context.options.pipelineParallelSize;
    if (stages <= 1) return [];
    const reason = refusal(context);
    if (reason === undefined) return [];
    const newer = reason.since === undefined ? '' : `, or an image with vLLM ${reason.since} or newer`;
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
