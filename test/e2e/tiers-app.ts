/** The example of `TieredEndpoints`, run from the root, with what the tests change about the router given as context. */
import { App, Duration } from 'aws-cdk-lib';
import { EscalationReason, type TieredEndpointsProps } from '../../index';
import { TieredStoryTeller } from '../../examples/tiers/tiered-story-teller';

const app = new App();
const router: Partial<TieredEndpointsProps> =
  app.node.tryGetContext('updated') === undefined
    ? { circuitBreaker: { failures: 3, coolDown: Duration.seconds(1) } }
    : { modelName: 'stories', escalation: { on: [EscalationReason.THROTTLED] }, limits: { promptCharacters: 200 } };
new TieredStoryTeller(app, 'Tiers', {
  modelsDirectory: 'examples/models',
  router,
  env: { account: process.env.CDK_DEFAULT_ACCOUNT, region: process.env.CDK_DEFAULT_REGION },
});
