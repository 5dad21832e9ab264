import { CustomResourceFailure } from '../custom-resource';
import type { SmokeTestSettings } from './types';

/**
 * Reads the settings from a custom resource's properties: the names, which deployment knows, as they are, and all else as
 * one JSON text, since CloudFormation makes a text of every number.
 *
 * @throws CustomResourceFailure
 */
export function readSettings(properties: Readonly<Record<string, unknown>>): SmokeTestSettings {
  const { EndpointName: endpointName, InferenceComponentName: component, Settings: settings } = properties;
  if (typeof endpointName !== 'string' || typeof settings !== 'string')
    throw new CustomResourceFailure('EndpointName and Settings must be given');
  return {
    ...(JSON.parse(settings) as Omit<SmokeTestSettings, 'endpointName'>),
    endpointName,
    ...(typeof component === 'string' ? { inferenceComponentName: component } : {}),
  };
}
