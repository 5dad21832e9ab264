import type { RuleContext } from '../types';

interface Variables {
  readonly degree: readonly string[];
  /** What makes the replicas share GPUs, or leave this instance. */
  readonly except: readonly string[];
}

const VARIABLES: Readonly<Partial<Record<string, Variables>>> = {
  vllm: { degree: ['SM_VLLM_DATA_PARALLEL_SIZE'], except: ['SM_VLLM_DATA_PARALLEL_SIZE_LOCAL'] },
  sglang: {
    degree: ['SM_SGLANG_DP', 'SM_SGLANG_DP_SIZE', 'SM_SGLANG_DATA_PARALLEL_SIZE'],
    except: ['SM_SGLANG_ENABLE_DP_ATTENTION'],
  },
};

/** Copies of the model that the server itself runs side by side, each on GPUs of its own, and the variable that says so. */
export function dataReplicas({ container, spec }: Pick<RuleContext, 'container' | 'spec'>): {
  readonly count: number;
  readonly variable?: string;
} {
  const variables = VARIABLES[container?.family ?? ''];
  const environment = spec.environment ?? {};
  const variable = variables?.degree.find((name) => /^\d+$/.test(environment[name] ?? ''));
  if (variable === undefined || variables?.except.some((name) => Object.hasOwn(environment, name))) return { count: 1 };
  return { count: Math.max(1, Number(environment[variable])), variable };
}
