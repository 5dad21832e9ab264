import { llamaCppBuild, llamaCppName } from '../../container';
import data from '../data/llama-cpp-pre-tokenizers.json';
import { found } from '../helpers/finding';
import { LLAMA_8B, QWEN25_7B } from '../helpers/samples';
import type { Rule, RuleContext } from '../types';

const example = (id: string, config: object, version: string) => ({
  model: { id, config },
  quantization: 'gguf:Q4_K_M',
  container: { family: 'llama-cpp', version },
  options: { maxModelLen: 4096, slots: 1 },
});

interface Row {
  readonly name: string;
  readonly architectures: readonly string[];
  /** Of the config; a vocabulary of this size has no other pre-tokenizer in these architectures. */
  readonly vocabSize?: number;
  /** Where config and vocabulary are those of other models too: what the name of the model has in it. */
  readonly model?: string;
  readonly lastWithout: number;
  readonly first: number;
}

const ROWS: readonly Row[] = data.rows;

function isOf(row: Row, { model, spec }: RuleContext): boolean {
  if (model === undefined || !row.architectures.includes(model.architecture)) return false;
  if (row.vocabSize !== undefined && row.vocabSize !== model.vocabSize) return false;
  return row.model === undefined || spec.model.id?.toLowerCase().includes(row.model) === true;
}

export const preTokenizerNotInBuild: Rule = {
  id: 'PRE_TOKENIZER_NOT_IN_BUILD',
  severity: 'error',
  summary: 'the build of llama.cpp that is named knows how the model splits text',
  explanation:
    'A GGUF names the way in which text is split before it becomes tokens, and llama.cpp stops at a name that it does not know: "unknown pre-tokenizer type: \'deepseek-r1-qwen\'". Models may come with a new one in an architecture that a build has long known, such as the distillations of DeepSeek-R1 in that of Qwen2. Builds before b2861 did not look at it.',
  source: `${data.source}; ggml-org/llama.cpp#12021, #11341`,
  holdsFor: 'builds that are named, from b2861 on',
  examples: {
    passes: [
      example('deepseek-ai/DeepSeek-R1-Distill-Qwen-7B', QWEN25_7B, 'b4529'),
      example('deepseek-ai/DeepSeek-R1-Distill-Qwen-7B', QWEN25_7B, 'b2750'),
      example('Qwen/Qwen2.5-7B', QWEN25_7B, 'b4215'),
      example('meta-llama/Llama-3.1-8B', LLAMA_8B, 'b4215'),
    ],
    fails: [
      example('bartowski/DeepSeek-R1-Distill-Qwen-7B-GGUF', QWEN25_7B, 'b4215'),
      example('tiiuae/Falcon3-7B-Instruct-GGUF', { ...LLAMA_8B, rope_scaling: null, vocab_size: 131072 }, 'b4234'),
    ],
  },
  evaluate(context) {
    const build = llamaCppBuild(context.container);
    if (build === undefined || build < data.checkedSince || context.model === undefined) return [];
    const row = ROWS.find((one) => build <= one.lastWithout && isOf(one, context));
    if (row === undefined) return [];
    const name = llamaCppName(context.container);
    return [
      found({
        what: `${name} does not know how the model splits text yet ("unknown pre-tokenizer type: '${row.name}'")`,
        got: `${name}, which lacks ${row.name} as builds up to b${row.lastWithout} do`,
        allowed: `b${row.first} or newer`,
        fix: 'leave container.version out, which takes the newest image',
        path: '/container/version',
      }),
    ];
  },
};
