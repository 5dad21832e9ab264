/** What the size in a model's name counts. */
export interface ParameterCounts {
  readonly total: number;
  /** Of experts: those of one of each layer's. */
  readonly oneExpert: number;
  /** All that is not an expert's. */
  readonly shared: number;
  /** Experts of a layer; 0 for a model that has none. */
  readonly experts: number;
}

/** Source: gguf-py/gguf/gguf_writer.py, `get_total_parameter_count`. */
export function parameterCounts(
  tensors: readonly { readonly name: string; readonly shape: readonly number[] }[],
): ParameterCounts {
  let shared = 0;
  let total = 0;
  let oneExpert = 0;
  let experts = 0;
  let stacks = 0;
  for (const { name, shape } of tensors) {
    const size = shape.reduce((product, dimension) => product * dimension, 1);
    total += size;
    if (name.includes('_exps.')) {
      oneExpert += size / shape[0];
      experts += shape[0];
      stacks++;
    } else shared += size;
  }
  return { total, oneExpert, shared, experts: stacks > 0 ? Math.floor(experts / stacks) : 0 };
}
