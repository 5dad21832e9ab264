import { Stack, Token, Tokenization } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { optionVariable } from '../../lib/container';
import type { ContainerSpec, EndpointOptions, EndpointSpec, ServingOptions } from '../../lib/spec/types';
import { known, withoutUndefined } from '../shared/known';
import type { RealTimeEndpointProps } from './props';
import type { EndpointRecipe } from './recipe';

/** What of an endpoint's spec is decided outside of the props that every endpoint has. */
export interface SpecContext extends EndpointRecipe {
  /** Copies that an inference component begins with; undefined where the props alone decide whether there is one. */
  readonly copyCount?: number;
  readonly endpointName: string;
  readonly networkIsolation: boolean;
}

/**
 * The spec of what the user asked for, and of nothing else: fields that are left out here are chosen by
 * `chooseDefaults`. Values that only deployment knows are left out for good.
 */
export function askedSpec(scope: Construct, props: RealTimeEndpointProps, context: SpecContext): EndpointSpec {
  const { model } = context;
  const region = known(Stack.of(scope).region);
  const { workload, maxConcurrency } = props;
  return withoutUndefined<EndpointSpec>({
    id: scope.node.path,
    model: model.spec,
    quantization: context.quantization?.schemeName ?? model.quantization,
    groupSize: context.quantization?.groupSize,
    container: context.container.spec,
    instanceType: known(props.instanceType.instanceTypeName),
    region,
    options: knownOptions(context.options),
    environment: environmentOf(props, context),
    speculative: context.speculative?._spec(),
    endpoint: endpointOptions(scope, props, context),
    workload:
      workload === undefined && maxConcurrency === undefined
        ? undefined
        : withoutUndefined({ ...workload, concurrency: known(maxConcurrency) }),
  });
}

/** The options that are known; those that only deployment knows become variables then. */
function knownOptions(options: ServingOptions): ServingOptions {
  const known = Object.entries(options).filter(([, value]) => !Token.isUnresolved(value));
  return withoutUndefined(Object.fromEntries(known) as ServingOptions);
}

/**
 * The variables set by hand whose values are known, and those that tell the container which revision of the hub's
 * model is meant.
 */
function environmentOf(props: RealTimeEndpointProps, { model, container, variables }: SpecContext) {
  const { family } = container.spec;
  const own: Record<string, string> = { ...variables };
  // Of an image that nobody knows, it is at least likely that it reads what every image of AWS reads.
  if (family === 'custom' && model.modelData === 'hub') own.HF_MODEL_ID = model.name;
  const revision = REVISION_VARIABLE[family];
  if (revision !== undefined && model.revision !== undefined) own[revision] = model.revision;
  const byHand = Object.entries(props.environment ?? {}).filter(([, value]) => !Token.isUnresolved(value));
  const environment = { ...own, ...Object.fromEntries(byHand) };
  return Object.keys(environment).length === 0 ? undefined : environment;
}

/**
 * Variable by which a container is told the hub's revision; llama.cpp has none, it takes whatever the repository holds.
 * Sources: djl-serving, environment mapping of `HF_REVISION`; deep-learning-containers, `SM_VLLM_*` and `SM_SGLANG_*`
 * entry points.
 */
const REVISION_VARIABLE: Partial<Record<ContainerSpec['family'], string>> = {
  lmi: 'HF_REVISION',
  'lmi-trtllm': 'HF_REVISION',
  'lmi-neuron': 'HF_REVISION',
  vllm: 'SM_VLLM_REVISION',
  'hf-vllm-neuron': 'HF_REVISION',
  sglang: 'SM_SGLANG_REVISION',
  custom: 'HF_REVISION',
};

function endpointOptions(scope: Construct, props: RealTimeEndpointProps, context: SpecContext): EndpointOptions {
  const { model } = context;
  return withoutUndefined<EndpointOptions>({
    endpointName: known(context.endpointName),
    initialInstanceCount: known(props.initialInstanceCount),
    minInstanceCount: known(props.minInstanceCount),
    maxInstanceCount: known(props.maxInstanceCount),
    ...(scalesToZero(props) || context.copyCount !== undefined
      ? { inferenceComponents: true, copyCount: context.copyCount ?? 1 }
      : {}),
    ...(props.asyncInference === undefined ? {} : { asyncInference: true }),
    networkIsolation: context.networkIsolation,
    vpc: props.vpc !== undefined,
    volumeSizeInGb: props.volumeSize?.toGibibytes(),
    inferenceAmiVersion: known(props.inferenceAmiVersion),
    startupHealthCheckTimeoutSeconds: props.startupTimeout?.toSeconds(),
    modelDataDownloadTimeoutSeconds: props.modelDownloadTimeout?.toSeconds(),
    acceptEula: model.acceptEula,
    hubToken: hubTokenOf(scope, props),
    modelData: model.modelData,
  });
}

/** Does the endpoint need an inference component, the only thing behind a real-time endpoint that may have no instance? */
export function scalesToZero({ minInstanceCount, asyncInference }: RealTimeEndpointProps): boolean {
  return known(minInstanceCount) === 0 && asyncInference === undefined;
}

const HUB_TOKEN_VARIABLES = ['HF_TOKEN', 'HUGGING_FACE_HUB_TOKEN'];

function hubTokenOf(scope: Construct, props: RealTimeEndpointProps): EndpointOptions['hubToken'] {
  const byHand = HUB_TOKEN_VARIABLES.map((name) => props.environment?.[name]).find((value) => value !== undefined);
  const token = props.hubToken?.unsafeUnwrap() ?? byHand;
  return token === undefined ? undefined : isReference(scope, token) ? 'secret' : 'plaintext';
}

/** Does the template hold a reference, and not the secret itself? */
function isReference(scope: Construct, value: string): boolean {
  const written: unknown = Stack.of(scope).resolve(value);
  return typeof written !== 'string' || written.startsWith('{{resolve:');
}

/** Variables whose values only deployment knows, among them the hub token. */
export function environmentAtDeployment(
  props: RealTimeEndpointProps,
  { container, options }: EndpointRecipe,
): Record<string, string> {
  const variables: Record<string, string> = {};
  for (const [option, value] of Object.entries(options) as [string, unknown][]) {
    const variable = optionVariable(container.spec.family, option);
    if (variable === undefined || !Token.isUnresolved(value)) continue;
    variables[variable] = typeof value === 'number' ? Tokenization.stringifyNumber(value) : String(value);
  }
  for (const [name, value] of Object.entries(props.environment ?? {}))
    if (Token.isUnresolved(value)) variables[name] = value;
  if (props.hubToken !== undefined) variables.HF_TOKEN = props.hubToken.unsafeUnwrap();
  return variables;
}
