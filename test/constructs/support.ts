import { App, Stack, type Environment } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import type { IConstruct } from 'constructs';
import {
  InstanceType,
  ModelFleet,
  ModelSource,
  QuantizedEndpoint,
  type FleetModel,
  type FleetModelProps,
  type QuantizedEndpointProps,
} from '../../index';
import { COMMIT, QWEN_7B_AWQ } from './models';

// CDK's validation of templates takes longer than all else here; the templates of the examples are held against it instead.
process.env.CDK_VALIDATION = 'false';

export const ENV: Environment = { account: '123456789012', region: 'us-east-1' };

export function testStack(env: Environment | undefined = ENV, context: Record<string, unknown> = {}): Stack {
  const app = new App({ context: { 'cdk-quantized-endpoints:lockFile': '/nowhere/lock.json', ...context } });
  return new Stack(app, 'Test', { env });
}

/** A model from the hub whose config is known. */
export function hubModel(
  config: Record<string, unknown> = QWEN_7B_AWQ,
  id = 'Qwen/Qwen2.5-7B-Instruct-AWQ',
): ModelSource {
  return ModelSource.huggingFace(id, { revision: COMMIT, config });
}

/** The smallest endpoint that is planned whole. */
export function makeEndpoint(
  stack: IConstruct,
  props: Partial<QuantizedEndpointProps> = {},
  id = 'Chat',
): QuantizedEndpoint {
  return new QuantizedEndpoint(stack as Stack, id, {
    model: hubModel(),
    instanceType: InstanceType.G6_2XLARGE,
    maxModelLen: 16_384,
    ...props,
  });
}

/** A model on half the GPUs of a fleet's instances. */
export function makeFleetModel(stack: Stack, props: Partial<FleetModelProps> = {}): FleetModel {
  const fleet = new ModelFleet(stack, 'Fleet', { instanceType: InstanceType.G6_12XLARGE, maxInstanceCount: 2 });
  return fleet.addModel('Chat', {
    model: hubModel(),
    maxModelLen: 8192,
    tensorParallelSize: 2,
    maxCopies: 3,
    alarms: false,
    ...props,
  });
}

/** Ids of the rules that stop synth. */
export function errorsOf(stack: Stack): string[] {
  return messagesOf(stack, 'error').map(ruleOf);
}

/** Ids of the rules that warn and are not acknowledged. */
export function warningsOf(stack: Stack): string[] {
  return messagesOf(stack, 'warning').map(ruleOf);
}

export function messagesOf(stack: Stack, level: 'error' | 'warning' | 'info'): string[] {
  const annotations = Annotations.fromStack(stack);
  const found = {
    error: () => annotations.findError('*', Match.anyValue()),
    warning: () => annotations.findWarning('*', Match.anyValue()),
    info: () => annotations.findInfo('*', Match.anyValue()),
  }[level]();
  return found.map(({ entry }) => String(entry.data));
}

function ruleOf(message: string): string {
  return /Annotation::([A-Z0-9_]+)[\])]$/.exec(message)?.[1] ?? message;
}

export function resourceOf(stack: Stack, type: string): Record<string, unknown> {
  const found = Object.values(Template.fromStack(stack).findResources(type));
  if (found.length !== 1) throw new Error(`${found.length} resources of type ${type}`);
  return (found[0] as { Properties: Record<string, unknown> }).Properties;
}

export function variantOf(stack: Stack): Record<string, unknown> {
  const { ProductionVariants } = resourceOf(stack, 'AWS::SageMaker::EndpointConfig') as {
    ProductionVariants: Record<string, unknown>[];
  };
  return ProductionVariants[0];
}

export function environmentOf(stack: Stack): Record<string, unknown> {
  const { PrimaryContainer } = resourceOf(stack, 'AWS::SageMaker::Model') as {
    PrimaryContainer: { Environment?: Record<string, unknown> };
  };
  return PrimaryContainer.Environment ?? {};
}
