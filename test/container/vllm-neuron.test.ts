import { spawnSync } from 'node:child_process';
import * as path from 'node:path';
import { renderContainer } from '../../lib/container';
import { resolveEndpoint } from '../../lib/endpoint/resolve';
import { LLAMA_8B } from '../../lib/rules/helpers/samples';
import type { EndpointSpec } from '../../lib/spec/types';

const PROGRAM = path.join(__dirname, '../../images/vllm-neuron/serve');

const SPEC: EndpointSpec = {
  model: { id: 'org/model', config: LLAMA_8B },
  container: { family: 'vllm-neuron' },
  instanceType: 'ml.inf2.8xlarge',
  options: { tensorParallelSize: 2, sequenceLength: 4096, batchSize: 4 },
  endpoint: { modelData: 'hub' },
};

/** What the program itself makes of the variables. */
function served(environment: Readonly<Record<string, string>>): unknown {
  const script = [
    'import importlib.machinery, importlib.util, json, os, sys',
    'sys.dont_write_bytecode = True',
    `loader = importlib.machinery.SourceFileLoader("serve", ${JSON.stringify(PROGRAM)})`,
    'serve = importlib.util.module_from_spec(importlib.util.spec_from_loader("serve", loader))',
    'loader.exec_module(serve)',
    'print(json.dumps(serve.command(json.loads(sys.argv[1]))[0]))',
  ].join('\n');
  const { stdout, stderr, status } = spawnSync('python3', ['-c', script, JSON.stringify(environment)], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}

/** JSON without a look at its spaces. */
const canonical = (command: readonly string[]) =>
  command.map((word) => (word.startsWith('{') ? (JSON.parse(word) as unknown) : word));

describe('the plan shows the command that the image’s own program makes', () => {
  test.each<[string, Partial<EndpointSpec>]>([
    ['in 16 bits', {}],
    ['in INT8', { quantization: 'neuron-int8' }],
    ['in FP8', { quantization: 'neuron-fp8' }],
    ['with exclusions', { quantization: 'neuron-int8', environment: { SM_NEURON_EXCLUDE: 'self_attn, lm_head' } }],
    ['with more of the NeuronConfig', { environment: { SM_NEURON_CONFIG: '{"sequence_parallel_enabled": true}' } }],
    [
      'with more flags',
      {
        environment: {
          SM_VLLM_ENABLE_AUTO_TOOL_CHOICE: 'true',
          SM_VLLM_TOOL_CALL_PARSER: 'llama3_json',
          SM_VLLM_TRUST_REMOTE_CODE: 'false',
          SM_VLLM_HOST: '127.0.0.1',
        },
      },
    ],
    [
      'with prefix caching',
      { environment: { SM_VLLM_ENABLE_PREFIX_CACHING: 'true', SM_VLLM_NUM_GPU_BLOCKS_OVERRIDE: '512' } },
    ],
  ])('%s', (_, more) => {
    const { environment, command } = renderContainer(resolveEndpoint({ ...SPEC, ...more }));
    expect(canonical(command)).toEqual(canonical(served(environment) as string[]));
  });
});
