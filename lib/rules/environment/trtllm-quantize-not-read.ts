import { isOldTensorRt } from '../../container';
import { lookup } from '../../text/lookup';
import { shown } from '../helpers/environment';
import { found } from '../helpers/finding';
import { LLAMA2_7B } from '../helpers/samples';
import type { Rule } from '../types';

const example = (OPTION_QUANTIZE: string, version: string) => ({
  model: { config: LLAMA2_7B },
  container: { family: 'lmi-trtllm', version },
  environment: { OPTION_QUANTIZE },
});

/** The algorithm that stands for the old word. Source: tensorrt_llm QuantAlgo. */
const ALGORITHMS: Readonly<Record<string, string>> = {
  awq: 'W4A16_AWQ',
  fp8: 'FP8',
  smoothquant: 'W8A8_SQ_PER_CHANNEL',
};

export const trtllmQuantizeNotRead: Rule = {
  id: 'TRTLLM_QUANTIZE_NOT_READ',
  severity: 'warning',
  summary: 'TensorRT-LLM is told of quantization by the name that its version reads',
  explanation:
    'The TensorRT-LLM image 0.33 builds its engine by the LLM API and reads OPTION_QUANT_ALGO; OPTION_QUANTIZE, which the guide still shows, is read up to 0.32 only. The model is then served unquantized, with the memory that this takes.',
  source: 'djl-serving 0.33.0-dlc serving/docker/partition/trt_llm_partition.py, read but not run',
  holdsFor: 'TensorRT-LLM image 0.33',
  examples: { passes: [example('awq', '0.32.0')], fails: [example('awq', '0.33.0')] },
  evaluate({ spec, container }) {
    const name = ['OPTION_QUANTIZE', 'HF_MODEL_QUANTIZE'].find((key) => spec.environment?.[key]);
    if (name === undefined || container?.family !== 'lmi-trtllm' || isOldTensorRt(container)) return [];
    const value = spec.environment?.[name] ?? '';
    return [
      found({
        what: 'the TensorRT-LLM image 0.33 does not read quantize, so that the model is served unquantized',
        got: shown(name, value),
        allowed: 'OPTION_QUANT_ALGO',
        fix: `write OPTION_QUANT_ALGO=${lookup(ALGORITHMS, value.toLowerCase()) ?? 'FP8 (or another algorithm)'} in its place`,
        path: `/environment/${name}`,
      }),
    ];
  },
};
