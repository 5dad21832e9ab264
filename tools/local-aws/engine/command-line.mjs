/**
 * From a container's environment to the command line of llama-server, as the entry point of AWS's llama.cpp image makes it
 * (aws/deep-learning-containers, scripts/docker/llama_cpp/sagemaker_entrypoint.sh): `SM_LLAMA_CPP_CTX_SIZE=4096` becomes
 * `--ctx-size 4096`, `true` a flag without a value, and a variable set to `false` is dropped.
 */
const PREFIX = 'SM_LLAMA_CPP_';

/** Variables that the entry point reads for itself. */
const OF_THE_ENTRY_POINT = new Set(['MODEL', 'MODEL_DIR', 'PORT', 'HOST']);

/**
 * @param {Record<string, string>} environment
 * @returns {string[]} arguments, in the order of the variables' names
 */
export function argumentsOf(environment) {
  const args = [];
  for (const name of Object.keys(environment).sort()) {
    if (!name.startsWith(PREFIX)) continue;
    const rest = name.slice(PREFIX.length);
    if (OF_THE_ENTRY_POINT.has(rest) || rest === '') continue;
    const value = environment[name];
    if (value === 'false') continue;
    args.push(`--${rest.toLowerCase().replaceAll('_', '-')}`);
    if (value !== 'true') args.push(value);
  }
  return args;
}
