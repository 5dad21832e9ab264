import { quantizationMethods } from '../../scheme';
import { nearestNames } from '../../text/nearest';
import { isAtLeast, parseVersion } from '../../text/version';
import { isVllm, serverName } from '../helpers/engine';
import { found } from '../helpers/finding';
import { flagPath } from '../helpers/flag';
import { LLAMA_8B } from '../helpers/samples';
import { sglangMethods } from '../helpers/server-support';
import type { Rule, RuleContext } from '../types';

const example = (version: string, SM_VLLM_QUANTIZATION: string) => ({
  model: { config: LLAMA_8B },
  container: { family: 'vllm', version },
  options: { maxModelLen: 4096 },
  environment: { SM_VLLM_QUANTIZATION },
});

const sglang = (version: string | undefined, SM_SGLANG_QUANTIZATION: string) => ({
  ...example('0.26.0', ''),
  container: { family: 'sglang', ...(version === undefined ? {} : { version }) },
  environment: { SM_SGLANG_QUANTIZATION },
});

const neuron = (OPTION_QUANTIZE: string) => ({
  ...example('0.26.0', ''),
  container: { family: 'lmi-neuron' },
  environment: { OPTION_QUANTIZE },
});

/** Spellings that every version of vLLM takes beside the names of its methods. */
const ALIASES = ['marlin', 'compressed_tensors', 'nvfp4', 'auto-round', 'auto_round'];

/** Names that the server's argument parser takes; undefined where nothing is known of it. */
function namesOf(context: RuleContext): readonly string[] | undefined {
  const { container } = context;
  if (isVllm(context)) return [...quantizationMethods(container?.engineVersion), ...ALIASES];
  if (container?.engine === 'transformers-neuronx')
    return isAtLeast(parseVersion(container.version ?? '') ?? [], '0.27') ? ['static_int8'] : undefined;
  return container?.engine === 'sglang' ? sglangMethods(container.engineVersion) : undefined;
}

export const quantizationFlagUnknown: Rule = {
  id: 'QUANTIZATION_FLAG_UNKNOWN',
  severity: 'error',
  summary: '--quantization names a method that this version has',
  explanation:
    'The argument parsers of vLLM and SGLang take the methods of their version and nothing else: "argument --quantization: invalid choice". Methods come and go: gguf left with 0.24, bitsandbytes with 0.28, fp8_per_tensor came with 0.20. SGLang has names of its own (modelopt_fp4, w8a8_int8). LMI’s Neuron image validates option.quantize and knows static_int8 alone.',
  source:
    'vLLM wheels, QUANTIZATION_METHODS of vllm/model_executor/layers/quantization/__init__.py; SGLang wheels, QUANTIZATION_CHOICES; djl-serving engines/python/setup/djl_python/properties_manager/tnx_properties.py, TnXQuantizeMethods',
  examples: {
    passes: [
      example('0.26.0', 'fp8_per_tensor'),
      example('0.10.2', 'bitsandbytes'),
      sglang(undefined, 'w8a8_int8'),
      neuron('static_int8'),
    ],
    fails: [
      example('0.10.2', 'fp8_per_tensor'),
      example('0.28.0', 'bitsandbytes'),
      example('0.26.0', 'awk'),
      sglang('0.5.6', 'mxfp8'),
      sglang(undefined, 'int4'),
      neuron('awq'),
    ],
  },
  evaluate(context) {
    const flag = context.options.quantizationFlag;
    if (flag === undefined) return [];
    const names = namesOf(context);
    if (names === undefined) return [];
    if (names.includes(flag) || flag === '' || flag.toLowerCase() === 'none') return [];
    const methods = names.filter((name) => !ALIASES.includes(name));
    const nearest = nearestNames(flag, methods)[0];
    return [
      found({
        what: `${serverName(context)} has no quantization method of that name`,
        got: `--quantization ${flag}`,
        allowed: methods.join(', '),
        fix:
          nearest === undefined
            ? 'leave it out, or name a method of this version'
            : `write ${nearest}, or use an image whose server has ${flag}`,
        path: flagPath(context),
      }),
    ];
  },
};
