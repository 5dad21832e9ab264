import { isVllm, serverName } from '../helpers/engine';
import { found } from '../helpers/finding';
import { LLAMA_8B } from '../helpers/samples';
import { speculationOf } from '../helpers/speculation';
import type { Rule } from '../types';

const example = (version: string, pipelineParallelSize: number) => ({
  model: { config: LLAMA_8B },
  container: { family: 'vllm', version },
  options: { maxModelLen: 4096, pipelineParallelSize },
  speculative: { method: 'ngram', tokens: 4 },
});

export const speculativeWithPipeline: Rule = {
  id: 'SPECULATIVE_WITH_PIPELINE',
  severity: 'error',
  summary: 'speculative decoding is not combined with pipeline parallelism on the V0 engine',
  explanation:
    'The draft’s guesses are checked by the whole model at once, which the V0 engine cannot do in a pipeline: "Speculative decoding is currently incompatible with pipeline parallelism". For the V1 engine no statement was found.',
  source: 'vllm/spec_decode/spec_decode_worker.py of 0.5.1 to 0.9.2, `create_spec_worker`',
  holdsFor: 'error: vLLM < 0.8; warning: later versions',
  examples: {
    passes: [example('0.7.3', 1), { ...example('0.7.3', 2), speculative: undefined }],
    fails: [example('0.7.3', 2), example('0.10.2', 2)],
  },
  evaluate(context) {
    const { options } = context;
    if (speculationOf(context) === undefined || options.pipelineParallelSize <= 1 || !isVllm(context)) return [];
    const isV0 = isVllm(context, { before: '0.8.0' });
    return [
      found({
        what: isV0
          ? `speculative decoding is incompatible with pipeline parallelism in ${serverName(context)}`
          : `speculative decoding with pipeline parallelism is not known to work in ${serverName(context)}`,
        got: `speculative with pipelineParallelSize ${options.pipelineParallelSize}`,
        allowed: 'pipelineParallelSize 1',
        fix: 'set pipelineParallelSize to 1, or leave speculative out',
        path: '/speculative',
        severity: isV0 ? 'error' : 'warning',
      }),
    ];
  },
};
