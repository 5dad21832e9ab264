import { QuantizedEndpointsError } from '../errors';
import type { RouterConfig } from './config';

/**
 * The configuration as the construct writes it, which checked it; here only what was cut or lost on its way is found.
 *
 * @throws {QuantizedEndpointsError}
 */
export function parseRouterConfig(text: string | undefined): RouterConfig {
  const bad = (got: string) =>
    new QuantizedEndpointsError('ROUTER_CONFIG_INVALID', 'the router’s configuration cannot be read', {
      got,
      allowed: 'what TieredEndpoints writes into ROUTER_CONFIG',
      fix: 'deploy the router with TieredEndpoints',
    });
  if (text === undefined || text === '') throw bad('nothing');
  let config: Partial<RouterConfig>;
  try {
    config = JSON.parse(text) as Partial<RouterConfig>;
  } catch {
    throw bad('a text that is no JSON');
  }
  if (!Array.isArray(config.tiers) || config.tiers.length === 0 || !Array.isArray(config.boundaries))
    throw bad('a configuration without tiers');
  return config as RouterConfig;
}
