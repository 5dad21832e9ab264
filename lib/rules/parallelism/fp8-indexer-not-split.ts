import { serverName } from '../helpers/engine';
import { found } from '../helpers/finding';
import { DEEPSEEK_V3, DEEPSEEK_V32, FP8_BLOCK, quantized, type Json } from '../helpers/samples';
import type { Rule, RuleContext } from '../types';

const example = (config: Json, version: string, pipelineParallelSize = 2) => ({
  model: { config },
  container: { family: 'vllm', version },
  options: { maxModelLen: 4096, tensorParallelSize: 8, pipelineParallelSize },
});

const GLM_5: Json = { ...DEEPSEEK_V32, architectures: ['GlmMoeDsaForCausalLM'], model_type: 'glm_moe_dsa' };

/** Classes of vllm/model_executor/models/deepseek_v2.py that have an indexer. */
const WITH_INDEXER: ReadonlySet<string> = new Set(['DeepseekV32ForCausalLM', 'GlmMoeDsaForCausalLM']);

/** Are the indexer's keys stored in FP8, with a scale for every block? */
function hasFp8Indexer({ model }: RuleContext): boolean {
  if (model === undefined || !WITH_INDEXER.has(model.architecture)) return false;
  const { quantization } = model;
  if (quantization?.method !== 'fp8' || !Array.isArray(quantization.raw.weight_block_size)) return false;
  return !quantization.ignored.some((name) => name.includes('indexer.wk'));
}

export const fp8IndexerNotSplit: Rule = {
  id: 'FP8_INDEXER_NOT_SPLIT',
  severity: 'error',
  summary: 'the version can read the FP8 indexer of a model that is cut into pipeline stages',
  explanation:
    'DeepSeek-V3.2 and GLM-5 choose the tokens they attend to with an indexer, whose keys the FP8 checkpoints hold in FP8. vLLM 0.20 to 0.22 turn them into 16 bit as they load, of the layers of other pipeline stages too, which this stage does not have: "KeyError: \'layers.0.self_attn.indexer.wk_weights_proj.weight\'".',
  source:
    'vllm/model_executor/models/deepseek_v2.py of 0.19 to 0.24, `_try_load_fp8_indexer_wk`; vllm-project/vllm#42944',
  holdsFor: 'vLLM 0.20 to 0.22',
  server: { engine: 'vllm', since: '0.20.0', before: '0.23.0' },
  examples: {
    passes: [
      example(DEEPSEEK_V32, '0.19.1'),
      example(GLM_5, '0.23.0'),
      example(GLM_5, '0.21.0', 1),
      example({ ...GLM_5, quantization_config: undefined }, '0.21.0'),
      example(quantized(DEEPSEEK_V3, FP8_BLOCK), '0.21.0'),
      example(
        quantized(GLM_5, { ...FP8_BLOCK, modules_to_not_convert: ['model.layers.0.self_attn.indexer.wk'] }),
        '0.21.0',
      ),
    ],
    fails: [example(DEEPSEEK_V32, '0.20.0'), example(GLM_5, '0.22.1', 4)],
  },
  evaluate(context) {
    const { pipelineParallelSize: stages, tensorParallelSize: ranks } = context.options;
    if (stages < 2 || !hasFp8Indexer(context)) return [];
    return [
      found({
        what: `${serverName(context)} reads the FP8 indexer of ${context.model?.architecture} for every layer on every pipeline stage, and stops at the first layer that a stage does not have`,
        got: `pipelineParallelSize ${stages}`,
        allowed: 'pipelineParallelSize 1, or vLLM 0.23 or newer',
        fix: `use an image with vLLM 0.23 or newer, or set pipelineParallelSize to 1 and tensorParallelSize to ${ranks * stages}`,
        path: '/options/pipelineParallelSize',
      }),
    ];
  },
};
