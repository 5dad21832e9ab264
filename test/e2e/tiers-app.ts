/** The example of `TieredEndpoints`, run from the root, with what the tests change about the router given as context. */
import { App, Duration } from 'aws-cdk-lib';
import { EscalationReason, type TieredEndpointsProps } from '../../index';
import { TieredStoryTeller } from '../../examples/tiers/tiered-story-teller';

const app = new App();
const router: Partial<TieredEndpointsProps> =
  app.node.tryGetContext('updated') === undefined
    ? { circuitBreaker: { failures: 3, coolDown: Duration.seconds(1) } }
    : {
        modelName: 'stories',
        escalation: { on: [EscalationReason.LOW_CONFIDENCE] },
        limits: { promptCharacters: 200 },
      };
new TieredStoryTeller(app, 'Tiers', {
  modelsDirectory: 'examples/models',
  router,
  // No answer of a model that writes stories is as sure as that.
  minMeanLogprob: app.node.tryGetContext('updated') === undefined ? undefined : -0.0001,
  env: { account: process.env.CDK_DEFAULT_ACCOUNT, region: process.env.CDK_DEFAULT_REGION },
});
