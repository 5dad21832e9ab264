import fc from 'fast-check';
import { knownVariables, optionVariablesOf, resolveContainer, vllmArgument } from '../../lib/container';
import { CONTAINER_FAMILIES, type ContainerFamily } from '../../lib/spec/types';

function variables(family: ContainerFamily, version?: string) {
  const container = resolveContainer({ family, version });
  if (!container) throw new Error('a family always resolves');
  return knownVariables(container);
}

describe('a container reads', () => {
  test.each<[ContainerFamily, string | undefined, string, string | undefined]>([
    ['lmi', '0.36.0-lmi27', 'OPTION_MAX_MODEL_LEN', 'value'],
    ['lmi', '0.36.0-lmi27', 'OPTION_ENFORCE_EAGER', 'boolean'],
    ['lmi', '0.36.0-lmi27', 'OPTION_SPECULATIVE_CONFIG', 'json'],
    ['lmi', '0.36.0-lmi27', 'OPTION_ROLLING_BATCH', 'value'],
    ['lmi', '0.36.0-lmi27', 'OPTION_ROLLING_BACK', undefined],
    ['lmi', '0.36.0-lmi27', 'OPTION_SPECULATIVE_DRAFT_MODEL', undefined],
    ['lmi', '0.31.0-lmi13', 'OPTION_SPECULATIVE_DRAFT_MODEL', 'value'],
    ['lmi', '0.31.0-lmi13', 'OPTION_QUANTIZATION', undefined],
    ['lmi', '0.32.0-lmi14', 'OPTION_QUANTIZATION', 'value'],
    ['lmi', '0.28.0-lmi10', 'OPTION_ROLLING_BACK', undefined],
    ['lmi', '0.28.0-lmi10', 'OPTION_ENABLE_PREFIX_CACHING', undefined],
    ['lmi', '0.29.0-lmi11', 'OPTION_ENABLE_PREFIX_CACHING', 'switch'],
    ['vllm', '0.28.0', 'SM_NUM_GPUS', undefined],
    ['hf-vllm-neuron', '0.4.4', 'SM_ON_BATCH_SIZE', 'value'],
    ['hf-vllm-neuron', '0.4.4', 'SM_ON_ENABLE_AUTO_TOOL_CHOICE', 'boolean'],
    ['hf-vllm-neuron', '0.4.4', 'SM_ON_MAX_NUM_BATCHED_TOKENS', 'value'],
    ['hf-vllm-neuron', '0.4.4', 'SM_ON_ENABLE_AUTO_TOOL_CHOISE', undefined],
    ['hf-vllm-neuron', '0.4.1', 'SM_ON_TOOL_CALL_PARSER', undefined],
    ['lmi', '0.36.0-lmi27', 'SM_NUM_GPUS', 'value'],
    ['sglang', '0.5.20', 'HF_MODEL_ID', undefined],
    ['vllm', '0.28.0', 'VLLM_MAX_MODEL_LEN', undefined],
    ['vllm', '0.28.0', 'VLLM_ATTENTION_BACKEND', 'value'],
    ['lmi', '0.36.0-lmi27', 'OPTION_CALCULATE_KV_SCALES', 'boolean'],
    ['lmi', '0.38.0-lmi29', 'OPTION_CALCULATE_KV_SCALES', undefined],
    ['lmi', '0.36.0-lmi27', 'OPTION_MIDDLEWARE', undefined],
    ['lmi', '0.36.0-lmi27', 'SERVING_JOB_QUEUE_SIZE', 'value'],
    ['lmi', '0.36.0-lmi27', 'SERVING_FAIL_FAST', 'value'],
    ['lmi', '0.36.0-lmi27', 'SERVING_FAIL_FASTER', undefined],
    ['lmi', '0.36.0-lmi27', 'TENSOR_PARALLEL_DEGREE', 'value'],
    ['lmi', '0.36.0-lmi27', 'TENSOR_PARALLEL_SIZE', undefined],
    ['lmi', '0.36.0-lmi27', 'MAX_LENGTH', undefined],
    ['lmi', '0.36.0-lmi27', 'NCCL_DEBUG', 'value'],
    ['lmi', '0.26.0-deepspeed0.12.6-cu121', 'OPTION_ANYTHING', 'value'],
    ['lmi-trtllm', '0.33.0', 'OPTION_QUANT_ALGO', 'value'],
    ['lmi-trtllm', '0.32.0', 'OPTION_QUANT_ALGO', undefined],
    ['lmi-trtllm', '0.32.0', 'OPTION_SMOOTHQUANT_ALPHA', 'value'],
    ['lmi-trtllm', '0.33.0', 'OPTION_SMOOTHQUANT_ALPHA', undefined],
    ['vllm', '0.28.0', 'SM_VLLM_ENABLE_PREFIX_CACHING', 'boolean'],
    ['vllm', '0.28.0', 'SM_VLLM_NO_ENABLE_PREFIX_CACHING', 'switch'],
    ['vllm', '0.28.0', 'SM_VLLM_TENSOR_PARALLEL', 'value'],
    ['vllm', '0.28.0', 'SM_VLLM_MAX_MODEL_LENGTH', undefined],
    ['vllm', '0.28.0', 'SM_VLLM_SWAP_SPACE', undefined],
    ['vllm', '0.8.5', 'SM_VLLM_SWAP_SPACE', 'value'],
    ['vllm', '0.28.0', 'SM_VLLM_LORA_MODULES', 'list'],
    ['vllm', '0.28.0', 'OPTION_MAX_MODEL_LEN', undefined],
    ['sglang', '0.5.20', 'SM_SGLANG_MEM_FRACTION_STATIC', 'value'],
    ['sglang', '0.5.20', 'SM_SGLANG_TP', 'value'],
    ['sglang', '0.5.20', 'SM_SGLANG_FP8_GEMM_BACKEND', 'value'],
    ['sglang', '0.3.0', 'SM_SGLANG_ATTENTION_BACKEND', undefined],
    ['sglang', '0.3.1', 'SM_SGLANG_ATTENTION_BACKEND', 'value'],
    ['sglang', '0.4.9', 'SM_SGLANG_MOE_RUNNER_BACKEND', undefined],
    ['sglang', '0.5.1', 'SM_SGLANG_MOE_RUNNER_BACKEND', 'value'],
    // Read only to stop the server with the name of its successor.
    ['sglang', '0.5.2', 'SM_SGLANG_ENABLE_EP_MOE', 'switch'],
    ['sglang', '0.5.3', 'SM_SGLANG_ENABLE_EP_MOE', undefined],
    ['sglang', '0.5.22', 'SM_SGLANG_ENABLE_TF32_MATMUL', 'switch'],
    ['sglang', '0.5.23', 'SM_SGLANG_ENABLE_TF32_MATMUL', 'boolean'],
    // Of two that begin so argparse takes neither.
    ['sglang', '0.5.20', 'SM_SGLANG_CUDA_GRAPH_MAX_BS', undefined],
    ['sglang', '0.5.20', 'SM_SGLANG_GPU_MEMORY_UTILIZATION', undefined],
    ['llama-cpp', undefined, 'SM_LLAMA_CPP_CTX_SIZE', 'value'],
    ['llama-cpp', undefined, 'SM_LLAMA_CPP_NO_WARMUP', 'switch'],
    ['llama-cpp', undefined, 'SM_LLAMA_CPP_MAX_MODEL_LEN', undefined],
    ['hf-vllm-neuron', undefined, 'SM_ON_MODEL', 'value'],
    ['hf-vllm-neuron', undefined, 'SM_ON_MODE', undefined],
    ['custom', undefined, 'ANYTHING', 'value'],
  ])('%s %s: %s as %s', (family, version, name, kind) => {
    expect(variables(family, version).find(name)?.kind).toBe(kind);
  });

  test('every variable that our own options are written to', () => {
    for (const family of CONTAINER_FAMILIES)
      for (const name of Object.values(optionVariablesOf(family)))
        expect([family, name, variables(family).find(name)?.name]).toEqual([family, name, name]);
  });
});

describe('a variable that is not read', () => {
  test.each<[ContainerFamily, string, string | undefined]>([
    ['lmi', 'OPTION_ROLLING_BACK', 'OPTION_ROLLING_BATCH'],
    ['lmi', 'MAX_LENGTH', 'OPTION_MAX_MODEL_LEN'],
    ['lmi', 'MAX_ROLLING_BATCH_SIZE', 'OPTION_MAX_ROLLING_BATCH_SIZE'],
    ['lmi', 'TENSOR_PARALLEL_SIZE', 'OPTION_TENSOR_PARALLEL_DEGREE'],
    ['vllm', 'SM_VLLM_MAX_MODEL_LENGTH', 'SM_VLLM_MAX_MODEL_LEN'],
    ['vllm', 'SM_VLLM_GPU_MEM_UTILIZATION', 'SM_VLLM_GPU_MEMORY_UTILIZATION'],
    ['llama-cpp', 'SM_LLAMA_CPP_CONTEXT_SIZE', 'SM_LLAMA_CPP_CTX_SIZE'],
    ['llama-cpp', 'SM_LLAMA_CPP_MAX_MODEL_LEN', 'SM_LLAMA_CPP_CTX_SIZE'],
    ['sglang', 'SM_SGLANG_GPU_MEMORY_UTILIZATION', 'SM_SGLANG_MEM_FRACTION_STATIC'],
    ['hf-vllm-neuron', 'SM_ON_MODE', 'SM_ON_MODEL'],
    ['lmi', 'MY_OWN_SETTING', undefined],
    ['vllm', 'SM_NUM_GPUS', 'SM_VLLM_TENSOR_PARALLEL_SIZE'],
    ['lmi', 'OPTION_MAX_ROLLING_BATCH', 'OPTION_MAX_ROLLING_BATCH_SIZE'],
    ['lmi', 'OPTION_ROLLING_BATC', 'OPTION_ROLLING_BATCH'],
    ['vllm', 'VLLM_MAX_MODEL_LEN', 'SM_VLLM_MAX_MODEL_LEN'],
    ['sglang', 'HF_MODEL_ID', 'SM_SGLANG_MODEL_PATH'],
    ['llama-cpp', 'HF_MODEL_ID', 'SM_LLAMA_CPP_HF_REPO'],
    ['llama-cpp', 'MODEL_ID', 'SM_LLAMA_CPP_MODEL'],
    ['lmi', 'HF_API_TOKEN', 'HF_TOKEN'],
    ['llama-cpp', 'SM_LLAMA_CPP_DRAFT_N_MAX', 'SM_LLAMA_CPP_SPEC_DRAFT_N_MAX'],
    ['llama-cpp', 'SM_LLAMA_CPP_DRAFT_MODEL', 'SM_LLAMA_CPP_SPEC_DRAFT_MODEL'],
  ])('%s %s: probably %s was meant', (family, name, nearest) => {
    expect(variables(family).nearest(name)).toBe(nearest);
  });

  test('of an image whose options nobody read is not said to lack a prefix', () => {
    const old = variables('lmi', '0.27.0-deepspeed0.12.6-cu121');
    expect(old.nearest('ENDPOINT_SERVER_TIMEOUT')).toBeUndefined();
    expect(old.nearest('MODEL_CACHE_ROOT')).toBeUndefined();
    expect(old.nearest('MAX_TOTAL_TOKENS')).toBe('OPTION_MAX_MODEL_LEN');
  });

  test('may be read by another version', () => {
    expect(variables('vllm', '0.28.0').otherVersions('SM_VLLM_SWAP_SPACE')).toEqual({
      since: '0.1.4',
      until: '0.17.0',
    });
    expect(variables('lmi', '0.33.0-lmi15').otherVersions('OPTION_ASYNC_SCHEDULING')).toEqual({ since: '0.10.0' });
  });

  test('whatever it is called, is answered', () => {
    fc.assert(
      fc.property(fc.constantFrom(...CONTAINER_FAMILIES), fc.string({ maxLength: 40 }), (family, tail) => {
        const known = variables(family);
        const name = (known.prefix ?? '') + tail;
        if (known.find(name) === undefined) expect(known.nearest(name)).not.toBe(name);
      }),
      { seed: 9, numRuns: 400 },
    );
  });
});

test('an argument of vLLM has the kind of its version', () => {
  expect(vllmArgument('enforce-eager', [0, 6, 0])?.kind).toBe('switch');
  expect(vllmArgument('enforce-eager', [0, 28, 0])?.kind).toBe('boolean');
  expect(vllmArgument('enforce-eager', [0, 1, 4])).toBeUndefined();
  expect(vllmArgument('constructor', undefined)).toBeUndefined();
});
