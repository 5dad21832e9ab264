import { quantizationMethods } from '../../scheme';
import { nearestNames } from '../../text/nearest';
import { isVllm, serverName } from '../helpers/engine';
import { found } from '../helpers/finding';
import { flagPath } from '../helpers/flag';
import { LLAMA_8B } from '../helpers/samples';
import type { Rule } from '../types';

const example = (version: string, SM_VLLM_QUANTIZATION: string) => ({
  model: { config: LLAMA_8B },
  container: { family: 'vllm', version },
  options: { maxModelLen: 4096 },
  environment: { SM_VLLM_QUANTIZATION },
});

/** Spellings that every version takes beside the names of its methods. */
const ALIASES = ['marlin', 'compressed_tensors', 'nvfp4'];

export const quantizationFlagUnknown: Rule = {
  id: 'QUANTIZATION_FLAG_UNKNOWN',
  severity: 'error',
  summary: '--quantization names a method that this version has',
  explanation:
    'The argument parser of vLLM takes the methods of its version and nothing else: "argument --quantization: invalid choice". Methods come and go: gguf left with 0.24, bitsandbytes with 0.28, fp8_per_tensor came with 0.20.',
  source: 'vLLM wheels, QUANTIZATION_METHODS of vllm/model_executor/layers/quantization/__init__.py',
  examples: {
    passes: [example('0.26.0', 'fp8_per_tensor'), example('0.10.2', 'bitsandbytes')],
    fails: [example('0.10.2', 'fp8_per_tensor'), example('0.28.0', 'bitsandbytes'), example('0.26.0', 'awk')],
  },
  evaluate(context) {
    const { container, options } = context;
    const flag = options.quantizationFlag;
    if (flag === undefined || !isVllm(context)) return [];
    const methods = quantizationMethods(container?.engineVersion);
    if (methods.includes(flag) || ALIASES.includes(flag) || flag === '' || flag.toLowerCase() === 'none') return [];
    const nearest = nearestNames(flag, methods)[0];
    return [
      found({
        what: `${serverName(context)} has no quantization method of that name`,
        got: `--quantization ${flag}`,
        allowed: methods.join(', '),
        fix:
          nearest === undefined
            ? 'leave it out, or name a method of this version'
            : `write ${nearest}, or use an image whose vLLM has ${flag}`,
        path: flagPath(context),
      }),
    ];
  },
};
