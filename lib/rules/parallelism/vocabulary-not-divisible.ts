import { degreeFix, tensorDegree } from '../helpers/degrees';
import { isNeuron, isVllm, serverName } from '../helpers/engine';
import { found } from '../helpers/finding';
import { LLAMA2_7B, LLAMA_8B } from '../helpers/samples';
import type { Rule, RuleContext } from '../types';

const BLOOM = {
  architectures: ['BloomForCausalLM'],
  model_type: 'bloom',
  hidden_size: 4096,
  n_head: 32,
  n_layer: 30,
  vocab_size: 250682,
};

const example = (config: object, tensorParallelSize: number, version?: string) => ({
  model: { config },
  container: { family: 'vllm', ...(version === undefined ? {} : { version }) },
  options: { tensorParallelSize, maxModelLen: 2048 },
});

const PADDING = 64;
/** Before every model padded its vocabulary in one shared layer, these did so in their own files. */
const PADDED_EARLY = /^(Llama|LLaMA|Mistral|Aquila|GPT2|GPTBigCode|InternLM|QWen)/;
/** Source: vllm-project/vllm#411. */
const LLAMA_PADDED_SINCE = '0.1.3';
const IS_LLAMA = /^(Llama|LLaMA)/;

/** Rows of the embedding as the server cuts them. */
function paddedRows(context: RuleContext, vocabulary: number): number {
  const architecture = context.model?.architecture ?? '';
  const isEarlyLlama = IS_LLAMA.test(architecture) && isVllm(context, { before: LLAMA_PADDED_SINCE });
  const unpadded = isVllm(context, { before: '0.2.2' }) && (isEarlyLlama || !PADDED_EARLY.test(architecture));
  return unpadded ? vocabulary : Math.ceil(vocabulary / PADDING) * PADDING;
}

export const vocabularyNotDivisible: Rule = {
  id: 'VOCABULARY_NOT_DIVISIBLE',
  severity: 'error',
  summary: 'tensor parallelism divides the padded vocabulary',
  explanation:
    'The embedding and the head are cut by rows of the vocabulary. vLLM pads the vocabulary to a multiple of 64 first (every model since 0.2.2), so powers of two always divide; a degree such as 3, 5, 6 or 7 often does not, and stops with "AssertionError: 151552 is not divisible by 6".',
  source:
    'vllm/model_executor/layers/vocab_parallel_embedding.py, `pad_vocab_size`, `divide`; issues vllm-project/vllm#31474, #440, #578, #1399',
  examples: {
    passes: [example(LLAMA_8B, 8), example(BLOOM, 8), example({ ...LLAMA2_7B, vocab_size: 49_954 }, 16, '0.1.3')],
    fails: [
      example(
        { ...LLAMA_8B, vocab_size: 32064, num_attention_heads: 40, hidden_size: 5120, num_key_value_heads: 10 },
        5,
      ),
      example(BLOOM, 8, '0.1.2'),
      example({ ...LLAMA2_7B, vocab_size: 49_954 }, 16, '0.1.2'),
    ],
  },
  evaluate(context) {
    const { model, container } = context;
    const degree = tensorDegree(context);
    if (model === undefined || model.vocabSize <= 0 || degree <= 1) return [];
    if (container !== undefined && container.engine !== 'vllm' && container.engine !== 'sglang') return [];
    // Its servers pad what they cut.
    if (isNeuron(context)) return [];
    const rows = paddedRows(context, model.vocabSize);
    if (rows % degree === 0) return [];
    const padded = rows === model.vocabSize ? '' : ` (padded to ${rows})`;
    return [
      found({
        what: `vocab_size ${model.vocabSize}${padded} is not divisible by tensor parallel size ${degree} in ${serverName(context)}`,
        got: `${rows} rows / ${degree}`,
        ...degreeFix(context, (other) => rows % other === 0),
        path: '/options/tensorParallelSize',
      }),
    ];
  },
};
