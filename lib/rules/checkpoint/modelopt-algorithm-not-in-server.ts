import { asRecord, asText } from '../../scheme/read';
import { serverName } from '../helpers/engine';
import { found } from '../helpers/finding';
import { LLAMA_8B, quantized } from '../helpers/samples';
import { LIMITS_SOURCE, firstWithModelOptAlgorithm, modelOptAlgorithmsOf } from '../helpers/vllm-limits';
import type { Rule, RuleContext } from '../types';

const example = (quant_algo: string, version: string) => ({
  model: { config: quantized(LLAMA_8B, { quant_method: 'modelopt', quant_algo, ignore: ['lm_head'] }) },
  container: { family: 'vllm', version },
  options: { maxModelLen: 4096 },
});

/** Another name of block-scaled FP8, which newer versions take among the layers of a mix. */
const BLOCK_ALIAS = /^FP8_BLOCK/;

/** `quant_algo` as ModelOpt wrote it, in config.json or in the `quantization` section of hf_quant_config.json. */
function algorithmOf({ model, scheme }: RuleContext): string | undefined {
  if (scheme.layout !== 'modelopt' || scheme.origin !== 'checkpoint') return undefined;
  const config = asRecord(model?.config.quantization_config);
  return asText(asRecord(config?.quantization)?.quant_algo) ?? asText(config?.quant_algo);
}

export const modeloptAlgorithmNotInServer: Rule = {
  id: 'MODELOPT_ALGORITHM_NOT_IN_SERVER',
  severity: 'error',
  summary: 'this version loads the algorithm that ModelOpt quantized with',
  explanation:
    "A ModelOpt checkpoint names its algorithm (quant_algo), and vLLM has a list of those it loads: \"ModelOpt currently only supports: ['FP8', 'NVFP4'] quantizations in vLLM. Please check the hf_quant_config.json file\". FP8 per channel and in blocks came with 0.14, MXFP8 with 0.16, mixtures of precisions with 0.17, NVFP4 weights with 16-bit activations with 0.21. The integer algorithms (INT4_AWQ, W4A8_AWQ, W8A8_SQ_PER_CHANNEL) are for TensorRT-LLM; no vLLM loads them.",
  source: `${LIMITS_SOURCE}; vllm-project/vllm#30957`,
  holdsFor: 'by version, as in the list; integer algorithms: every version',
  server: { engine: 'vllm' },
  examples: {
    passes: [
      example('FP8', '0.12.0'),
      example('NVFP4', '0.12.0'),
      example('FP8_PER_CHANNEL_PER_TOKEN', '0.14.0'),
      example('MIXED_PRECISION', '0.24.0'),
    ],
    fails: [
      example('FP8_PER_CHANNEL_PER_TOKEN', '0.12.0'),
      example('FP8_PB_WO', '0.13.0'),
      example('W4A16_NVFP4', '0.19.0'),
      example('W4A8_AWQ', '0.24.0'),
    ],
  },
  evaluate(context) {
    const algorithm = algorithmOf(context)?.toUpperCase();
    const version = context.container?.engineVersion;
    if (algorithm === undefined || version === undefined) return [];
    const loaded = modelOptAlgorithmsOf(version);
    if (loaded === undefined || loaded.includes(algorithm) || BLOCK_ALIAS.test(algorithm)) return [];
    const since = firstWithModelOptAlgorithm(algorithm);
    return [
      found({
        what: `${serverName(context)} does not load ModelOpt checkpoints of this algorithm`,
        got: `quant_algo ${algorithm}`,
        allowed: loaded.join(', '),
        fix:
          since === undefined
            ? 'use a checkpoint in FP8 or NVFP4, or quantize again to one of these'
            : `use an image with vLLM ${since} or newer`,
        path: '/model/config/quantization_config',
      }),
    ];
  },
};
