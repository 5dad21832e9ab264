import type { EndpointSpec } from '../../spec/types';

/** Names of a draft, or of a repository that llama-server searches for one. */
const NAMES_DRAFT =
  /_(MODEL_DRAFT|DRAFT_MODEL|MD|SPEC_DRAFT_(MODEL|HF|HF_REPO)|HF_REPO|HF_REPO_DRAFT|HFR|HFD|HFRD|DOCKER_REPO|MODEL_URL)$/;

/** The types of speculation that llama-server is asked for, and the variable that asks. */
export function speculationTypes({ environment }: EndpointSpec): { readonly name: string; readonly types: string[] } {
  const name = environment?.SM_LLAMA_CPP_SPEC_TYPE === undefined ? 'LLAMA_ARG_SPEC_TYPE' : 'SM_LLAMA_CPP_SPEC_TYPE';
  const value = environment?.[name] ?? '';
  return { name, types: value.split(',').map((type) => type.trim()) };
}

/** The variable that names a draft model, and its value. */
export function draftOf({ environment }: EndpointSpec): readonly [string, string] | undefined {
  return Object.entries(environment ?? {}).find(([name]) => NAMES_DRAFT.test(name));
}
