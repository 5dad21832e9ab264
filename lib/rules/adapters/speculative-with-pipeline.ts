import { isVllm, serverName } from '../helpers/engine';
import { found } from '../helpers/finding';
import { LLAMA_8B, QWEN35_27B } from '../helpers/samples';
import { lookup } from '../../text/lookup';
import { speculationOf } from '../helpers/speculation';
import { vllmHas } from '../helpers/vllm-models';
import type { Rule, RuleContext } from '../types';

const example = (version: string, pipelineParallelSize: number, config: object = LLAMA_8B, method = 'ngram') => ({
  model: { config },
  container: { family: 'vllm', version },
  options: { maxModelLen: 4096, pipelineParallelSize },
  speculative: { method, tokens: 4 },
});

/** What guesses for a model that brings layers to predict more tokens (MTP). Source: vllm/config/speculative.py, `hf_config_override`. */
const PREDICTORS: Readonly<Record<string, string>> = {
  DeepseekV3ForCausalLM: 'DeepSeekMTPModel',
  DeepseekV32ForCausalLM: 'DeepSeekMTPModel',
  DeepseekV4ForCausalLM: 'DeepSeekV4MTPModel',
  Ernie4_5_MoeForCausalLM: 'ErnieMTPModel',
  Glm4MoeForCausalLM: 'Glm4MoeMTPModel',
  GlmMoeDsaForCausalLM: 'DeepSeekMTPModel',
  LongcatFlashForCausalLM: 'LongCatFlashMTPModel',
  MiMoForCausalLM: 'MiMoMTPModel',
  Qwen3NextForCausalLM: 'Qwen3NextMTP',
  Qwen3_5ForConditionalGeneration: 'Qwen3_5MTP',
  Qwen3_5MoeForConditionalGeneration: 'Qwen3_5MoeMTP',
};

/** Does this version have the predictor, but not in a pipeline? */
function predictorHasNoStages({ model, container }: RuleContext, method: string | undefined): boolean {
  const version = container?.engineVersion;
  const predictor = /(^|_)mtp$/.test(method ?? '') ? lookup(PREDICTORS, model?.architecture ?? '') : undefined;
  if (predictor === undefined || version === undefined || vllmHas(predictor, 'served', version) !== 'yes') return false;
  return vllmHas(predictor, 'pipeline', version) !== 'yes';
}

export const speculativeWithPipeline: Rule = {
  id: 'SPECULATIVE_WITH_PIPELINE',
  severity: 'error',
  summary: 'speculative decoding meets a pipeline that can guess',
  explanation:
    'The draft’s guesses are checked by the whole model at once, which the V0 engine cannot do in a pipeline: "Speculative decoding is currently incompatible with pipeline parallelism". The V1 engine refuses layers that predict more tokens (MTP) where their model has no stages: "Pipeline parallelism is not supported for this model. Supported models implement the `SupportsPP` interface." For the other methods no statement was found.',
  source:
    'vllm/spec_decode/spec_decode_worker.py of 0.5.1 to 0.9.2, `create_spec_worker`; vllm/config/speculative.py and vllm/model_executor/models/*_mtp.py by version; vllm-project/vllm#36643',
  holdsFor: 'error: vLLM < 0.8, and MTP in versions whose predictor has no stages; warning: the rest',
  server: { engine: 'vllm' },
  examples: {
    passes: [
      example('0.7.3', 1),
      { ...example('0.7.3', 2), speculative: undefined },
      example('0.17.0', 1, QWEN35_27B, 'mtp'),
    ],
    fails: [example('0.7.3', 2), example('0.10.2', 2), example('0.17.0', 2, QWEN35_27B, 'mtp')],
  },
  evaluate(context) {
    const { options } = context;
    const speculation = speculationOf(context);
    if (speculation === undefined || options.pipelineParallelSize <= 1) return [];
    const isRefused = isVllm(context, { before: '0.8.0' }) || predictorHasNoStages(context, speculation.method);
    return [
      found({
        what: isRefused
          ? `speculative decoding is incompatible with pipeline parallelism in ${serverName(context)}`
          : `speculative decoding with pipeline parallelism is not known to work in ${serverName(context)}`,
        got: `speculative with pipelineParallelSize ${options.pipelineParallelSize}`,
        allowed: 'pipelineParallelSize 1',
        fix: 'set pipelineParallelSize to 1, or leave speculative out',
        path: '/speculative',
        severity: isRefused ? 'error' : 'warning',
      }),
    ];
  },
};
