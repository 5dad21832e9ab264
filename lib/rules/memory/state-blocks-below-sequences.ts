import { MIB } from '../../units';
import { speculationOf } from '../../endpoint/speculation';
import { smOf } from '../helpers/accelerator';
import { serverName } from '../helpers/engine';
import { count, found, gib } from '../helpers/finding';
import { QWEN35_27B } from '../helpers/samples';
import { stateBlocks } from '../helpers/state-blocks';
import type { Rule, RuleContext } from '../types';

/** Of four L40S, with fewer blocks than sequences. */
const FP8_CACHE = { kvCacheDtype: 'fp8', tensorParallelSize: 4, maxNumSeqs: 4096 };

const example = (instanceType: string, options: object, version = '0.28.0') => ({
  model: { config: QWEN35_27B },
  container: { family: 'vllm', version },
  instanceType,
  options: { maxModelLen: 32_768, ...options },
});

/** Hopper, from which on FlashAttention reads an FP8 cache; FlashInfer does below, whose graphs hold one token of a sequence. */
const HOPPER = 90;

/** Are CUDA graphs captured piece by piece only? Source: vllm/v1/attention/backends/flashinfer.py of 0.20.0 to 0.30.0, `get_cudagraph_support`. */
function capturesPieces(context: RuleContext): boolean {
  const sm = smOf(context);
  if (sm === undefined || sm >= HOPPER || !context.options.kvCacheDtype.startsWith('fp8')) return false;
  return speculationOf(context) !== undefined;
}

/** The plan’s memory is good to a few percent: closer than this nothing is said. */
const MARGIN = 0.9;

const mib = (bytes: number) => `${Math.round(bytes / MIB)} MiB`;

export const stateBlocksBelowSequences: Rule = {
  id: 'STATE_BLOCKS_BELOW_SEQUENCES',
  severity: 'error',
  summary: 'the cache has a block for the recurrent state of every sequence',
  explanation:
    'A model that mixes attention with recurrent layers (Qwen3.5, Nemotron-H) keeps the state of each running sequence in a cache block, which is large. From 0.20 on vLLM captures its CUDA graphs only where there is a block for each of max_num_seqs, whose default is 1,024 on an H100: "max_num_seqs (1024) exceeds available Mamba cache blocks (969)". It says so after the weights are loaded, minutes into the start. Where something guesses tokens and an FP8 cache is read by FlashInfer, as below Hopper, no whole graph is captured, and nothing is asked of the blocks.',
  source: 'vllm/config/compilation.py, `resolve_cudagraph_mode_and_sizes`; vllm-project/vllm#49064',
  holdsFor: 'vLLM 0.20 and later, with CUDA graphs',
  server: { engine: 'vllm', since: '0.20.0' },
  examples: {
    passes: [
      example('ml.p5.4xlarge', { maxNumSeqs: 64 }),
      example('ml.p5.4xlarge', { enforceEager: true }),
      example('ml.p5.4xlarge', {}, '0.19.0'),
      { ...example('ml.g6e.12xlarge', FP8_CACHE), speculative: { method: 'mtp', tokens: 3 } },
    ],
    fails: [
      example('ml.p5.4xlarge', {}),
      example('ml.g6e.12xlarge', FP8_CACHE),
      example('ml.p5.48xlarge', { tensorParallelSize: 2, maxNumSeqs: 2048 }),
    ],
  },
  evaluate(context) {
    const { options } = context;
    const block = stateBlocks(context);
    const { maxNumSeqs: sequences, enforceEager } = options;
    if (block === undefined || sequences === undefined || enforceEager) return [];
    const bytes = context.plan.memory.kvCache;
    if (bytes === null || bytes <= 0) return [];
    const blocks = Math.floor(bytes / block.blockBytes);
    if (blocks < 1 || blocks >= sequences * MARGIN || capturesPieces(context)) return [];
    const wanted = 2 ** Math.floor(Math.log2(blocks));
    return [
      found({
        what: `${serverName(context)} needs a cache block for the recurrent state of each of its sequences, and has fewer (Mamba cache blocks)`,
        got: `maxNumSeqs ${count(sequences)} for about ${count(blocks)} blocks of ${mib(block.blockBytes)} in ${gib(bytes)}`,
        allowed: `maxNumSeqs up to about ${count(blocks)}`,
        fix: `set maxNumSeqs to ${wanted}`,
        path: '/options/maxNumSeqs',
      }),
    ];
  },
};
