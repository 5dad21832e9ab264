import type { ContainerFamily } from '../../spec/types';
import { found } from '../helpers/finding';
import { QWEN3_SMALL } from '../helpers/samples';
import type { Rule } from '../types';

const example = (environment: Record<string, string>, family = 'vllm') => ({
  model: { config: QWEN3_SMALL },
  container: { family },
  environment,
});

/** Variables that move the server away from where SageMaker asks it; those of an address only where no proxy stands before the server. */
interface Moving {
  readonly port: string;
  readonly host?: string;
  readonly certificates: readonly string[];
}

const MOVING: Readonly<Partial<Record<ContainerFamily, Moving>>> = {
  vllm: {
    port: 'SM_VLLM_PORT',
    host: 'SM_VLLM_HOST',
    certificates: ['SM_VLLM_SSL_KEYFILE', 'SM_VLLM_SSL_CERTFILE'],
  },
  sglang: { port: 'SM_SGLANG_PORT', host: 'SM_SGLANG_HOST', certificates: [] },
  // nginx stands before llama-server, and passes on what the port is set to.
  'llama-cpp': { port: 'SM_LLAMA_CPP_PORT', certificates: [] },
  'hf-vllm-neuron': { port: 'SM_ON_PORT', host: 'SM_ON_HOST', certificates: [] },
};

const PORT = '8080';
/** Addresses that only processes within the container reach. */
const LOCAL: readonly string[] = ['127.0.0.1', 'localhost', '::1'];

export const serverNotOnPort8080: Rule = {
  id: 'SERVER_NOT_ON_PORT_8080',
  severity: 'error',
  summary: 'the server answers where SageMaker asks: in plain HTTP, on port 8080',
  explanation:
    'SageMaker sends /ping and /invocations to port 8080 of the container, from outside of it and without TLS. The images start their servers there; a variable for port, address or certificate comes after that on the command line and wins. The server then runs, and the endpoint fails: "did not pass the ping health check".',
  source:
    'SageMaker docs, your-algorithms-inference-code; aws/deep-learning-containers scripts/docker/{vllm/sagemaker_args.py,sglang,llama_cpp}/sagemaker_entrypoint.sh; optimum-neuron docker/vllm/Dockerfile',
  needs: ['environment'],
  examples: {
    passes: [
      example({ SM_VLLM_PORT: '8080', SM_VLLM_HOST: '0.0.0.0' }),
      example({ SM_LLAMA_CPP_HOST: '127.0.0.1' }, 'llama-cpp'),
      example({ SM_VLLM_PORT: '8000' }, 'custom'),
    ],
    fails: [
      example({ SM_VLLM_PORT: '8000' }),
      example({ SM_VLLM_HOST: '127.0.0.1' }),
      example({ SM_VLLM_SSL_CERTFILE: '/opt/ml/model/cert.pem' }),
      example({ SM_SGLANG_PORT: '30000' }, 'sglang'),
      example({ SM_LLAMA_CPP_PORT: '8081' }, 'llama-cpp'),
      example({ SM_ON_PORT: '8000' }, 'hf-vllm-neuron'),
    ],
  },
  evaluate({ container, spec }) {
    const { environment } = spec;
    const moving = environment === undefined || container === undefined ? undefined : MOVING[container.family];
    if (environment === undefined || moving === undefined) return [];
    const { port, host, certificates } = moving;
    const isMoved = (name: string): boolean => {
      const value = environment[name]?.trim();
      if (value === undefined || value === '' || value.includes('${')) return false;
      if (name === port) return value !== PORT;
      return name === host ? LOCAL.includes(value) : true;
    };
    return [port, ...(host === undefined ? [] : [host]), ...certificates].filter(isMoved).map((name) =>
      found({
        what: 'SageMaker asks the container on port 8080 in plain HTTP from outside, and the server would not answer there',
        got: `${name}=${environment[name].slice(0, 80)}`,
        allowed: name === port ? PORT : name === host ? '0.0.0.0' : 'no certificate',
        fix: `remove ${name}`,
        path: `/environment/${name}`,
      }),
    );
  },
};
