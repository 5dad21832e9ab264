import type { Explanation } from '../types';

/** What edge deployments find in their component. */
export const edgeExplanations: readonly Explanation[] = [
  {
    id: 'COMPONENT_VERSION_INVALID',
    severity: 'error',
    summary: 'the version of the component is one that Greengrass takes',
    explanation: 'Semantic versioning in three numbers of at most six digits, such as 1.0.0.',
    source: 'AWS IoT Greengrass developer guide, component recipe reference',
  },
  {
    id: 'COMPONENT_STORE_TOO_SMALL',
    severity: 'error',
    summary: 'the files of the component fit into the device’s component store',
    explanation:
      'The nucleus keeps artifacts up to componentStoreMaxSizeBytes, 10 GB unless configured, and a deployment that needs more fails on the device.',
    source: 'aws-greengrass-nucleus, componentStoreMaxSizeBytes',
  },
];
