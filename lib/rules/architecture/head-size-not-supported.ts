import { isVllm, serverName, type VersionRange } from '../helpers/engine';
import { found } from '../helpers/finding';
import { LLAMA_8B } from '../helpers/samples';
import type { Rule, RuleContext } from '../types';

/** Open Llama 3B: 32 heads of 100. */
const HEADS_OF_100 = { ...LLAMA_8B, hidden_size: 3200, num_key_value_heads: 32, intermediate_size: 8640 };
/** Phi-2: 32 heads of 80. */
const HEADS_OF_80 = { ...LLAMA_8B, hidden_size: 2560, num_key_value_heads: 32, intermediate_size: 10240 };

const example = (config: object, family: string, version?: string) => ({
  model: { config },
  container: { family, ...(version === undefined ? {} : { version }) },
  options: { maxModelLen: 2048 },
});

/** Sizes that no attention backend of these versions lacks; later ones fall back to kernels that take any. */
const VLLM: readonly { readonly range: VersionRange; readonly sizes: readonly number[] }[] = [
  { range: { before: '0.4.3' }, sizes: [64, 80, 96, 112, 128, 256] },
  // FlashAttention takes those that PagedAttention does not.
  { range: { since: '0.4.3', before: '0.8.0' }, sizes: [32, 64, 80, 96, 112, 120, 128, 160, 192, 224, 256] },
  { range: { since: '0.8.0', before: '0.9.2' }, sizes: [32, 64, 96, 128, 160, 192, 224, 256] },
];
const TENSORRT_LLM = [32, 40, 48, 64, 72, 80, 96, 104, 112, 128, 144, 160, 192, 224, 256];

function sizesOf(context: RuleContext): readonly number[] | undefined {
  if (context.container?.engine === 'tensorrt-llm') return TENSORRT_LLM;
  return VLLM.find(({ range }) => isVllm(context, range))?.sizes;
}

export const headSizeNotSupported: Rule = {
  id: 'HEAD_SIZE_NOT_SUPPORTED',
  severity: 'error',
  summary: 'an attention kernel of the server is made for heads of that size',
  explanation:
    'Attention kernels are compiled for a few head sizes. Models with another one stop when the server makes its layers: "Head size 100 is not supported by PagedAttention. Supported head sizes are: [64, 80, 96, 112, 128, 256]", and in TensorRT-LLM "Size per head is not a multiple of X". vLLM 0.8 lost sizes such as 80, because its first V1 engine had FlashAttention only; from 0.9.2 on other kernels take what that does not.',
  source:
    'vllm/attention/ops/paged_attn.py and backends/flash_attn.py by version, get_supported_head_sizes; TensorRT-LLM cpp/tensorrt_llm/kernels/decoderMaskedMultiheadAttention; NVIDIA/TensorRT-LLM#679; vllm-project/vllm#3359',
  holdsFor: 'vLLM < 0.9.2, each with its own sizes; TensorRT-LLM',
  examples: {
    passes: [
      example(LLAMA_8B, 'vllm', '0.4.1'),
      example(HEADS_OF_80, 'vllm', '0.7.3'),
      example(HEADS_OF_100, 'vllm', '0.10.2'),
      example(HEADS_OF_80, 'lmi-trtllm'),
    ],
    fails: [
      example(HEADS_OF_100, 'vllm', '0.4.2'),
      example(HEADS_OF_100, 'vllm', '0.7.3'),
      example(HEADS_OF_80, 'vllm', '0.8.5'),
      example(HEADS_OF_100, 'lmi-trtllm'),
    ],
  },
  evaluate(context) {
    const { model } = context;
    if (model === undefined || model.mla !== undefined || model.kind !== 'decoder' || !hasHeads(model)) return [];
    const sizes = sizesOf(context);
    if (sizes === undefined || sizes.includes(model.headDim)) return [];
    return [
      found({
        what: `${serverName(context)} has no attention kernel for heads of ${model.headDim}`,
        got: `head size ${model.headDim} of ${model.architecture}`,
        allowed: `head sizes ${sizes.join(', ')}`,
        fix:
          context.container?.engine === 'tensorrt-llm'
            ? 'use the lmi or vllm container'
            : 'use an image with vLLM 0.9.2 or newer',
        path: '/model/config',
      }),
    ];
  },
};

/** Layers with attention: a model of states alone has none. */
function hasHeads({ kv }: NonNullable<RuleContext['model']>): boolean {
  return kv.some(({ kind, layers }) => layers > 0 && kind !== 'recurrent' && kind !== 'mla');
}
