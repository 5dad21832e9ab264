import type { EndpointFacts, UpdateStrategy } from './types';

type Json = Readonly<Record<string, unknown>>;

/** Is it a CloudFormation template? */
export function isTemplate(value: unknown): boolean {
  return typeof objectOf(value).Resources === 'object';
}

/** Every SageMaker endpoint of a CloudFormation template, with what stands behind it. */
export function factsOfTemplate(template: unknown): EndpointFacts[] {
  const resources = new Map(Object.entries(objectOf(objectOf(template).Resources)).map(([id, r]) => [id, objectOf(r)]));
  const propertiesOf = (id: string | undefined): Json =>
    id === undefined ? {} : objectOf(resources.get(id)?.Properties);
  const ofType = (type: string) => [...resources].filter(([, resource]) => resource.Type === type);

  return ofType('AWS::SageMaker::Endpoint').map(([key, resource]) => {
    const endpoint = objectOf(resource.Properties);
    const config = propertiesOf(referenced(endpoint.EndpointConfigName));
    const variant = objectOf(listOf(config.ProductionVariants)[0]);
    const model = propertiesOf(referenced(variant.ModelName) ?? modelOfComponent(key));
    const container = objectOf(model.PrimaryContainer ?? listOf(model.Containers)[0]);
    const target = targetOf(key, endpoint.EndpointName);
    const managed = objectOf(variant.ManagedInstanceScaling);
    const initial = numberOf(variant.InitialInstanceCount);
    const path = textOf(objectOf(resource.Metadata)['aws:cdk:path']);
    return {
      source: 'template',
      key,
      ...(path === undefined ? {} : { constructPath: path.replace(/\/Resource$/, '') }),
      endpointName: textOf(endpoint.EndpointName),
      instanceType: textOf(variant.InstanceType),
      image: writtenOf(container.Image),
      environment: environmentOf(container.Environment),
      weights: writtenOf(objectOf(objectOf(container.ModelDataSource).S3DataSource).S3Uri ?? container.ModelDataUrl),
      initialInstanceCount: initial,
      minInstanceCount: numberOf(target?.MinCapacity) ?? numberOf(managed.MinInstanceCount) ?? initial,
      maxInstanceCount: numberOf(target?.MaxCapacity) ?? numberOf(managed.MaxInstanceCount) ?? initial,
      scales: target !== undefined || managed.Status === 'ENABLED',
      retainsCount: endpoint.RetainAllVariantProperties === true,
      strategy: strategyOf(objectOf(endpoint.DeploymentConfig)),
      hostsComponents: Object.keys(variant).length > 0 && variant.ModelName === undefined,
    };
  });

  function modelOfComponent(endpointId: string): string | undefined {
    const component = ofType('AWS::SageMaker::InferenceComponent')
      .map(([, { Properties }]) => objectOf(Properties))
      .find(({ EndpointName }) => referenced(EndpointName) === endpointId);
    return referenced(objectOf(component?.Specification).ModelName);
  }

  function targetOf(endpointId: string, name: unknown): Json | undefined {
    return ofType('AWS::ApplicationAutoScaling::ScalableTarget')
      .map(([, { Properties }]) => objectOf(Properties))
      .find(({ ResourceId, ScalableDimension }) => {
        if (ScalableDimension !== 'sagemaker:variant:DesiredInstanceCount') return false;
        const written = JSON.stringify(ResourceId) ?? '';
        return (
          written.includes(`"${endpointId}"`) || (typeof name === 'string' && written.includes(`endpoint/${name}/`))
        );
      });
  }
}

function strategyOf({
  BlueGreenUpdatePolicy: blueGreen,
  RollingUpdatePolicy: rolling,
}: Json): UpdateStrategy | undefined {
  if (rolling !== undefined)
    return { kind: 'ROLLING', stepPercent: numberOf(objectOf(objectOf(rolling).MaximumBatchSize).Value) ?? 100 };
  const { Type: type, CanarySize, LinearStepSize } = objectOf(objectOf(blueGreen).TrafficRoutingConfiguration);
  if (type !== 'ALL_AT_ONCE' && type !== 'CANARY' && type !== 'LINEAR') return undefined;
  return { kind: type, stepPercent: numberOf(objectOf(CanarySize ?? LinearStepSize).Value) ?? 100 };
}

/** Logical id of `Ref` and `Fn::GetAtt`, also in its short form. */
function referenced(value: unknown): string | undefined {
  const { Ref: ref, 'Fn::GetAtt': attribute } = objectOf(value);
  if (typeof ref === 'string') return ref;
  const id = typeof attribute === 'string' ? attribute.split('.')[0] : listOf(attribute)[0];
  return typeof id === 'string' ? id : undefined;
}

function environmentOf(value: unknown): Readonly<Record<string, string>> | undefined {
  if (value === undefined) return undefined;
  return Object.fromEntries(Object.entries(objectOf(value)).map(([name, each]) => [name, writtenOf(each) ?? '']));
}

/** A text as it is; an intrinsic function as it is written, by which two of them can still be compared. */
function writtenOf(value: unknown): string | undefined {
  return value === undefined || typeof value === 'string' ? value : JSON.stringify(value);
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** CloudFormation takes numbers as texts, too. */
function numberOf(value: unknown): number | undefined {
  if (typeof value !== 'number' && typeof value !== 'string') return undefined;
  const number = Number(value);
  return value === '' || !Number.isFinite(number) ? undefined : number;
}

function objectOf(value: unknown): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {};
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
