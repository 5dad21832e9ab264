import { App, PropertyInjectors, Stack, type InjectionContext, type IPropertyInjector } from 'aws-cdk-lib';
import { QuantizedEndpoint, type QuantizedEndpointProps } from '../../../index';
import { ENV, makeEndpoint, resourceOf } from '../support';

/** An organization's own default: every endpoint is isolated. */
class Isolated implements IPropertyInjector {
  readonly constructUniqueId = QuantizedEndpoint.PROPERTY_INJECTION_ID;

  inject(originalProps: QuantizedEndpointProps, _context: InjectionContext): QuantizedEndpointProps {
    return { networkIsolation: true, ...originalProps };
  }
}

test('an organization can set defaults of its own for every endpoint', () => {
  const app = new App();
  PropertyInjectors.of(app).add(new Isolated());
  const stack = new Stack(app, 'Test', { env: ENV });
  makeEndpoint(stack);
  expect(resourceOf(stack, 'AWS::SageMaker::Model').EnableNetworkIsolation).toBe(true);
});
