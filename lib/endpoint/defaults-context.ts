import type { ResolvedContainer } from '../container/types';
import type { Instance } from '../hardware/types';
import type { ModelDescription } from '../model/types';
import type { Scheme } from '../scheme/types';
import type { EndpointSpec } from '../spec/types';
import type { EnvironmentOptions } from './environment';

/** What defaults depend on. */
export interface DefaultsContext {
  readonly container?: ResolvedContainer;
  readonly instance?: Instance;
  readonly model?: ModelDescription;
  readonly scheme: Scheme;
  /** What the user did set, for defaults that follow from other options. */
  readonly set: EnvironmentOptions;
  readonly environment?: Readonly<Record<string, string>>;
  readonly spec: EndpointSpec;
}
