import { serverName } from '../helpers/engine';
import { count, found, gib } from '../helpers/finding';
import { QWEN35_27B } from '../helpers/samples';
import { stateBlocks } from '../helpers/state-blocks';
import type { Rule } from '../types';

const example = (instanceType: string, options: object, version = '0.28.0') => ({
  model: { config: QWEN35_27B },
  container: { family: 'vllm', version },
  instanceType,
  options: { maxModelLen: 32_768, ...options },
});

/** The plan’s memory is good to a few percent: closer than this nothing is said. */
const MARGIN = 0.9;

export const stateBlocksBelowSequences: Rule = {
  id: 'STATE_BLOCKS_BELOW_SEQUENCES',
  severity: 'error',
  summary: 'the cache has a block for the recurrent state of every sequence',
  explanation:
    'A model that mixes attention with recurrent layers (Qwen3.5, Nemotron-H) keeps the state of each running sequence in a cache block, which is large. From 0.20 on vLLM captures its CUDA graphs only where there is a block for each of max_num_seqs, whose default is 1,024 on an H100: "max_num_seqs (1024) exceeds available Mamba cache blocks (969)". It says so after the weights are loaded, minutes into the start.',
  source: 'vllm/config/compilation.py, `resolve_cudagraph_mode_and_sizes`; vllm-project/vllm#49064',
  holdsFor: 'vLLM 0.20 and later, with CUDA graphs',
  server: { engine: 'vllm', since: '0.20.0' },
  examples: {
    passes: [
      example('ml.p5.4xlarge', { maxNumSeqs: 64 }),
      example('ml.p5.4xlarge', { enforceEager: true }),
      example('ml.p5.4xlarge', {}, '0.19.0'),
    ],
    fails: [example('ml.p5.4xlarge', {}), example('ml.p5.48xlarge', { tensorParallelSize: 2, maxNumSeqs: 2048 })],
  },
  evaluate(context) {
    const { options } = context;
    const block = stateBlocks(context);
    const { maxNumSeqs: sequences, enforceEager } = options;
    if (block === undefined || sequences === undefined || enforceEager) return [];
    const bytes = context.plan.memory.kvCache;
    if (bytes === null || bytes <= 0) return [];
    const blocks = Math.floor(bytes / block.blockBytes);
    if (blocks < 1 || blocks >= sequences * MARGIN) return [];
    const wanted = 2 ** Math.floor(Math.log2(blocks));
    return [
      found({
        what: `${serverName(context)} needs a cache block for the recurrent state of each of its sequences, and has fewer (Mamba cache blocks)`,
        got: `maxNumSeqs ${count(sequences)} for about ${count(blocks)} blocks of ${gib(block.blockBytes)} in ${gib(bytes)}`,
        allowed: `maxNumSeqs up to about ${count(blocks)}`,
        fix: `set maxNumSeqs to ${wanted}`,
        path: '/options/maxNumSeqs',
      }),
    ];
  },
};
