import { resolveEndpoint } from '../../lib/endpoint/resolve';
import { SpecError } from '../../lib/errors';
import { findInstance } from '../../lib/hardware';
import type { LockedModel } from '../../lib/lock';
import { recommend } from '../../lib/recommend';
import type { EndpointSpec } from '../../lib/spec/types';

/**
 * The instance type that was asked for, else the best one in the ranking that serves the checkpoint as it is in LMI.
 *
 * @throws SpecError
 */
export function chooseInstance(model: LockedModel, region: string, asked: string | undefined): string {
  if (asked !== undefined) {
    if (findInstance(asked) !== undefined) return asked;
    throw new SpecError('INSTANCE_TYPE_UNKNOWN', `${asked} is no instance type that is known`, {
      got: asked,
      allowed: 'a type of SageMaker hosting, such as ml.g6.2xlarge',
      fix: 'leave --instance-type out for the best one, or see `qe recommend`',
    });
  }
  const spec: EndpointSpec = {
    model: { id: model.id, config: model.config, weightBytes: model.weightBytes },
    container: { family: 'lmi' },
    region,
  };
  const { scheme } = resolveEndpoint(spec);
  // What another scheme needs is another checkpoint, or a flag that the app would have to set.
  const best = recommend(spec).candidates.find(
    ({ spec: found }) => (found.quantization ?? scheme.name) === scheme.name,
  );
  if (best !== undefined) return best.instanceType;
  throw new SpecError('NO_INSTANCE_FOR_MODEL', `no instance type in ${region} serves ${model.id} as it is, in LMI`, {
    got: `${model.id} (${scheme.name})`,
    allowed: 'a model that LMI serves on one of the types that are known',
    fix: 'give --instance-type, or ask `qe recommend` for other ways to serve it',
  });
}
