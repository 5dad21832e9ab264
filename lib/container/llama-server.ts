/**
 * The variables that say one argument of llama-server: of the entry point of AWS's image, and of the server itself.
 *
 * @param argument in capitals: `CTX_SIZE`
 */
export function llamaServerVariables(argument: string): readonly [string, string] {
  return [`SM_LLAMA_CPP_${argument}`, `LLAMA_ARG_${argument}`];
}
