import { isSglang, isVllm, serverName } from '../helpers/engine';
import { found } from '../helpers/finding';
import { LLAMA_8B } from '../helpers/samples';
import { speculationOf } from '../helpers/speculation';
import type { Rule, RuleContext } from '../types';

const example = (version: string, method: string, enableLora = true) => ({
  model: { config: LLAMA_8B },
  container: { family: 'sglang', version },
  options: { maxModelLen: 4096, enableLora, maxLoraRank: 16 },
  environment: { SM_SGLANG_LORA_TARGET_MODULES: 'all' },
  speculative: { method, model: 'guesser', tokens: 4 },
});

const TEXT_ONLY = ['ngram'];
/** A draft that carries no adapter of its own is checked by the adapted model. */
const HEADS = [...TEXT_ONLY, 'eagle', 'eagle3', 'mtp', 'dflash'];

/** Others are not passed to the server. */
const READ: ReadonlySet<string> = new Set([...HEADS, 'draft', 'draft_model']);

function fixOf(methods: readonly string[], path: string): string {
  const isSection = path === '/speculative';
  if (methods.length === 0) return `leave ${isSection ? 'speculative' : path.split('/')[2]} out, or use a newer image`;
  return isSection ? 'set speculative.method to ngram' : `set ${path.split('/')[2]} to NGRAM`;
}

/** Which methods the server combines with adapters; undefined where it takes all, or no release that was read says so. */
function combinable(context: RuleContext): readonly string[] | undefined {
  if (isVllm(context, { before: '0.11.1' })) return [];
  if (isSglang(context, { before: '0.5.6' })) return [];
  if (isSglang(context, { since: '0.5.6', before: '0.5.19' })) return TEXT_ONLY;
  return isSglang(context, { since: '0.5.20' }) ? HEADS : undefined;
}

export const loraWithSpeculation: Rule = {
  id: 'LORA_WITH_SPECULATION',
  severity: 'error',
  summary: 'the server can combine LoRA adapters with the way tokens are guessed',
  explanation:
    'Guesses are checked in batches whose shape LoRA kernels did not know at first. In vLLM the worker that guessed could load no adapter ("does not support LoRA"), and the V1 engine counted one row a sequence and crashed at the first guess, up to 0.11.0. In SGLang before 0.5.6 such a server dies while it captures graphs; up to 0.5.18 it refuses all but text lookup: "Currently LoRA is only compatible with NGRAM speculative decoding." Since 0.5.20 it takes EAGLE and MTP heads too, but no separate draft model.',
  source:
    'sglang/srt/server_args.py of 0.5.6 to 0.5.18, `check_lora_server_args`; srt/arg_groups/lora_hook.py of 0.5.20; sgl-project/sglang#12726; vllm/spec_decode/spec_decode_worker.py to 0.9.2, v1/worker/lora_model_runner_mixin.py of 0.11.1; vllm-project/vllm#4872, #20284, #21068',
  holdsFor: 'vLLM < 0.11.1; SGLang, each method from its own version on',
  examples: {
    passes: [
      example('0.5.8', 'ngram'),
      example('0.5.20', 'eagle3'),
      example('0.5.8', 'eagle', false),
      { ...example('0.5.8', 'eagle'), container: { family: 'vllm' }, environment: {} },
      { ...example('0.5.8', 'ngram'), container: { family: 'vllm', version: '0.11.1' }, environment: {} },
    ],
    fails: [
      example('0.5.5', 'ngram'),
      example('0.5.10', 'eagle'),
      example('0.5.20', 'draft'),
      { ...example('0.5.8', 'ngram'), container: { family: 'vllm', version: '0.9.2' }, environment: {} },
      {
        ...{ ...example('0.5.10', ''), speculative: undefined },
        environment: { SM_SGLANG_LORA_TARGET_MODULES: 'all', SM_SGLANG_SPECULATIVE_ALGORITHM: 'EAGLE3' },
      },
    ],
  },
  evaluate(context) {
    const speculation = speculationOf(context);
    if (speculation === undefined || !context.options.enableLora) return [];
    const methods = combinable(context);
    const method = (speculation.method ?? 'draft').toLowerCase();
    if (methods === undefined || methods.includes(method)) return [];
    if (!READ.has(method) && !isVllm(context)) return [];
    return [
      found({
        what: `${serverName(context)} does not support LoRA adapters together with speculative decoding by ${method}`,
        got: `enableLora with speculative.method ${method}`,
        allowed: methods.length === 0 ? 'one of the two' : `speculative.method ${methods.join(', ')}`,
        fix: fixOf(methods, speculation.path),
        path: speculation.path === '/speculative' ? '/speculative/method' : speculation.path,
      }),
    ];
  },
};
