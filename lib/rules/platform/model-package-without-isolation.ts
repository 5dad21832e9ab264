import { found } from '../helpers/finding';
import { LLAMA_8B } from '../helpers/samples';
import type { Rule } from '../types';

const example = (modelData: string, networkIsolation?: boolean) => ({
  model: { id: 'some-model', config: LLAMA_8B },
  endpoint: { modelData, networkIsolation, acceptEula: true },
});

export const modelPackageWithoutIsolation: Rule = {
  id: 'MODEL_PACKAGE_WITHOUT_ISOLATION',
  severity: 'warning',
  summary: 'a Marketplace model package runs without a network',
  explanation:
    'Models of AWS Marketplace run without a network, and CreateModel refuses them otherwise: "Marketplace models require network isolation", unless the product may call out. A model package of one’s own needs no isolation.',
  source: 'SageMaker docs, mkt-algo-model-internet-free',
  needs: ['endpoint'],
  examples: {
    passes: [example('model-package', true), example('hub')],
    fails: [example('model-package'), example('model-package', false)],
  },
  evaluate({ spec }) {
    const { endpoint } = spec;
    if (endpoint?.modelData !== 'model-package' || endpoint.networkIsolation === true) return [];
    return [
      found({
        what: 'a model package of AWS Marketplace is refused without network isolation',
        got: `networkIsolation ${endpoint.networkIsolation ?? 'left out'}`,
        allowed: 'networkIsolation true, or a model package of your own',
        fix: 'set networkIsolation to true',
        path: '/endpoint/networkIsolation',
      }),
    ];
  },
};
