import { smOf } from '../helpers/accelerator';
import { degreeFix, tensorDegree } from '../helpers/degrees';
import { serverName } from '../helpers/engine';
import { found } from '../helpers/finding';
import { inputShare, splitLayers } from '../helpers/layers';
import { LLAMA_8B, QWEN25_7B } from '../helpers/samples';
import type { Rule, RuleContext } from '../types';

const QWEN15_14B = {
  ...QWEN25_7B,
  hidden_size: 5120,
  intermediate_size: 13_696,
  num_attention_heads: 40,
  num_key_value_heads: 40,
  num_hidden_layers: 40,
};

const example = (
  config: object,
  tensorParallelSize: number,
  instanceType?: string,
  quantization = 'int8-weight-only',
) => ({
  model: { config },
  quantization,
  container: { family: 'lmi-trtllm' },
  options: { maxModelLen: 2048, tensorParallelSize },
  ...(instanceType === undefined ? {} : { instanceType }),
});

/** Rows of a tile into which integer weights are interleaved for the tensor cores of GPUs before Hopper. */
const ROWS = 64;
const HOPPER = 90;

function firstBroken(
  context: RuleContext,
  degree: number,
): { readonly name: string; readonly rows: number } | undefined {
  for (const layer of splitLayers(context)) {
    if (layer.kind !== 'linear' || !layer.quantized) continue;
    const rows = inputShare(layer, degree);
    if (rows % ROWS !== 0) return { name: layer.name, rows };
  }
  return undefined;
}

export const trtllmRowsNotAligned: Rule = {
  id: 'TRTLLM_ROWS_NOT_ALIGNED',
  severity: 'error',
  summary: 'each rank’s share of an integer matrix is a whole number of TensorRT-LLM’s tiles',
  explanation:
    'For GPUs before Hopper TensorRT-LLM interleaves integer weights in tiles of 64 rows while it builds the engine. A share of another size ends the build: "Assertion failed: The number of rows must be a multiple of 64 but the number of rows is 3424".',
  source:
    'TensorRT-LLM cpp/tensorrt_llm/kernels/cutlass_kernels/cutlass_preprocessors.cpp; Tlntin/Qwen-TensorRT-LLM#118',
  server: { engine: 'tensorrt-llm' },
  examples: {
    passes: [
      example(QWEN15_14B, 2),
      example(QWEN15_14B, 4, 'ml.p5.48xlarge'),
      example(QWEN15_14B, 4, undefined, 'none'),
      example(LLAMA_8B, 4),
    ],
    fails: [example(QWEN15_14B, 4), example(QWEN15_14B, 4, 'ml.g5.12xlarge')],
  },
  evaluate(context) {
    const { model, scheme } = context;
    if (model === undefined || (smOf(context) ?? 0) >= HOPPER) return [];
    if (scheme.weightType !== 'int' || scheme.activationBits !== 16) return [];
    const degree = tensorDegree(context);
    const broken = firstBroken(context, degree);
    if (broken === undefined) return [];
    return [
      found({
        what: `${serverName(context)} interleaves integer weights in tiles of ${ROWS} rows, and the share of ${broken.name} has ${broken.rows}`,
        got: `tensorParallelSize ${degree}`,
        ...degreeFix(context, (other) => firstBroken(context, other) === undefined),
        path: '/options/tensorParallelSize',
      }),
    ];
  },
};
