import type { Instance } from '../../hardware/types';
import { shown } from '../helpers/environment';
import { found } from '../helpers/finding';
import { argumentsOf, type PassedOn } from '../helpers/passed-on';
import { LLAMA_8B } from '../helpers/samples';
import type { Rule, RuleFinding } from '../types';

const example = (environment: Record<string, string>, instanceType = 'ml.g5.12xlarge') => ({
  model: { config: LLAMA_8B },
  quantization: 'gguf:Q4_K_M',
  container: { family: 'llama-cpp' },
  instanceType,
  options: { maxModelLen: 4096, slots: 1 },
  environment,
});

export const gpuNotThere: Rule = {
  id: 'GPU_NOT_THERE',
  severity: 'error',
  summary: 'the GPUs that llama-server is told to use are there',
  explanation:
    'llama-server counts the GPUs of the instance from CUDA0 on. It stops at --device with one that is not there, or with another word, or with a space behind the comma ("invalid device: CUDA4"), and with --split-mode none at a --main-gpu beyond the last ("invalid value for main_gpu: 5 (available devices: 4)").',
  source: 'llama.cpp common/arg.cpp, parse_device_list; src/llama.cpp, llama_model_load_from_file_impl',
  examples: {
    passes: [
      example({ SM_LLAMA_CPP_DEVICE: 'CUDA0,CUDA3' }),
      example({ SM_LLAMA_CPP_MAIN_GPU: '3', SM_LLAMA_CPP_SPLIT_MODE: 'none' }),
      example({ SM_LLAMA_CPP_MAIN_GPU: '5' }),
      example({ SM_LLAMA_CPP_DEVICE: '${Token[TOKEN.12]}' }),
    ],
    fails: [
      example({ SM_LLAMA_CPP_DEVICE: 'CUDA4' }),
      example({ SM_LLAMA_CPP_DEVICE: 'CUDA0' }, 'ml.c7i.4xlarge'),
      example({ SM_LLAMA_CPP_DEVICE: 'cuda' }),
      example({ SM_LLAMA_CPP_MAIN_GPU: '4', SM_LLAMA_CPP_SPLIT_MODE: 'none' }),
      example({ SM_LLAMA_CPP_OVERRIDE_TENSOR: 'exps=CUDA4' }),
    ],
  },
  evaluate(context) {
    const { container, instance } = context;
    if (container?.engine !== 'llama.cpp' || instance === undefined) return [];
    const all = argumentsOf(context);
    const splitsNone = all.some(({ argument, value }) => argument === 'split-mode' && value === 'none');
    return all.flatMap((set) => judge(instance, set, splitsNone) ?? []);
  },
};

function judge(instance: Instance, set: PassedOn, splitsNone: boolean): RuleFinding | undefined {
  const { variable, value, argument } = set;
  const count = instance.kind === 'gpu' ? instance.acceleratorCount : 0;
  const missing = missingIn(set, count, splitsNone);
  if (missing === undefined) return undefined;
  return found({
    what: `${instance.instanceType} has no GPU ${missing.slice(missing.lastIndexOf('=') + 1)}, and llama-server stops at it`,
    got: shown(variable, value),
    allowed: count === 0 ? 'no GPU' : argument !== 'main-gpu' ? `CUDA0 to CUDA${count - 1}` : `0 to ${count - 1}`,
    fix: `remove ${variable}`,
    path: `/environment/${variable}`,
  });
}

/** A device has no other name in the images of AWS, and no space in front of it. */
const DEVICE = /^CUDA\d{1,3}$/i;

/** What is named of devices and is not there. */
function missingIn({ argument, value }: PassedOn, count: number, splitsNone: boolean): string | undefined {
  const isAbsent = (index: string) => Number(index) >= count;
  const namesAbsent = (name: string) => isAbsent(/(?:^|=)CUDA(\d{1,3})$/i.exec(name.trim())?.[1] ?? '-1');
  switch (argument) {
    case 'device':
      if (value === 'none' || /^$|^["']|\$\{|^(true|false)$/i.test(value)) return undefined;
      return value.split(',').find((name) => !DEVICE.test(name) || namesAbsent(name));
    case 'override-tensor':
      return value.split(',').find(namesAbsent);
    case 'main-gpu':
      return splitsNone && count > 0 && /^\d{1,3}$/.test(value) && isAbsent(value) ? value : undefined;
    default:
      return undefined;
  }
}
