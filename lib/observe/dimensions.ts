/** Dimensions of an engine's metrics: those of SageMaker's own, so that both stand in one graph. */
export type EngineDimensions =
  { readonly EndpointName: string; readonly VariantName: string } | { readonly InferenceComponentName: string };

/**
 * Whose log it is. Source: SageMaker developer guide, "Log groups and streams": group
 * `/aws/sagemaker/Endpoints/<endpoint>`, streams `<variant>/<instance>`; group
 * `/aws/sagemaker/InferenceComponents/<component>`.
 *
 * @returns undefined of any other log
 */
export function dimensionsOf(logGroup: string, logStream: string): EngineDimensions | undefined {
  const endpoint = /^\/aws\/sagemaker\/Endpoints\/([^/]+)$/.exec(logGroup)?.[1];
  const variant = logStream.split('/')[0];
  if (endpoint !== undefined && variant !== '') return { EndpointName: endpoint, VariantName: variant };
  const component = /^\/aws\/sagemaker\/InferenceComponents\/([^/]+)$/.exec(logGroup)?.[1];
  return component === undefined ? undefined : { InferenceComponentName: component };
}
