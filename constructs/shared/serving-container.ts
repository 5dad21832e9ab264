import { Aws, CfnMapping, Stack, Token } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { defaultVersion, findContainerImage, registryAccounts, type ImageHost } from '../../lib/container';
import type { Finding } from '../../lib/rules/types';
import type { ContainerFamily, ContainerSpec } from '../../lib/spec/types';
import type { BoundImage, ContainerImage } from './container-image';

/** Options of a container of AWS. */
export interface ServingContainerOptions {
  /**
   * Version, tag or alias of the image.
   *
   * @default - the newest that this release of the library knows
   */
  readonly version?: string;

  /**
   * A copy of the image in a repository of your own, for accounts that may pull from no other. What is known of
   * `version` is applied to it.
   *
   * @default - the image in AWS's registry of the endpoint's region
   */
  readonly image?: ContainerImage;
}

/** The server that runs the model, and the image it comes in. */
export class ServingContainer {
  /** LMI (DJL Serving) with vLLM: the most widely used of the AWS containers. Variables: `OPTION_*`. */
  static lmi(options: ServingContainerOptions = {}): ServingContainer {
    return new ServingContainer('lmi', options);
  }

  /** The AWS image of vLLM, which follows vLLM's releases closely. Variables: `SM_VLLM_*`. */
  static vllm(options: ServingContainerOptions = {}): ServingContainer {
    return new ServingContainer('vllm', options);
  }

  /** The AWS image of SGLang. Variables: `SM_SGLANG_*`. */
  static sglang(options: ServingContainerOptions = {}): ServingContainer {
    return new ServingContainer('sglang', options);
  }

  /**
   * LMI with TensorRT-LLM. AWS has published no image since 0.33.0 of June 2025: a choice for what already runs on
   * it, not for a new endpoint.
   */
  static tensorRtLlm(options: ServingContainerOptions = {}): ServingContainer {
    return new ServingContainer('lmi-trtllm', options);
  }

  /** The AWS image of llama.cpp, for GGUF models on GPUs, x86 and Graviton. Variables: `SM_LLAMA_CPP_*`. */
  static llamaCpp(options: ServingContainerOptions = {}): ServingContainer {
    return new ServingContainer('llama-cpp', options);
  }

  /**
   * A family by its name.
   *
   * @internal
   */
  static _of(family: ContainerFamily, options: ServingContainerOptions = {}): ServingContainer {
    return new ServingContainer(family, options);
  }

  /** An image of your own. Only the rules that hold for every container are applied to it. */
  static custom(image: ContainerImage): ServingContainer {
    return new ServingContainer('custom', { image });
  }

  private constructor(
    private readonly family: ContainerFamily,
    private readonly options: ServingContainerOptions,
  ) {}

  /** @internal */
  public _bind(scope: Construct, host: ImageHost | undefined): BoundContainer {
    const { family } = this;
    const { version, image } = this.options;
    const bound = image?._bind(scope) ?? awsImage(scope, family, version, host);
    const uri = family === 'custom' && !Token.isUnresolved(bound.imageUri) ? { image: bound.imageUri } : {};
    return {
      ...bound,
      spec: { family, ...(version === undefined ? {} : { version }), ...uri },
      findings: image === undefined ? registryFindings(Stack.of(scope).region) : [],
    };
  }
}

/** A container in the scope of one endpoint. */
export interface BoundContainer extends BoundImage {
  readonly spec: ContainerSpec;
  readonly findings: readonly Finding[];
}

/**
 * Where AWS keeps an image. Its registry is another account in some regions, which a template for any region looks up
 * when it is deployed.
 */
function awsImage(
  scope: Construct,
  family: ContainerFamily,
  version: string | undefined,
  host?: ImageHost,
): BoundImage {
  const image = findContainerImage(family, version ?? defaultVersion(family) ?? '', host);
  const repository = image?.repository ?? findContainerImage(family, defaultVersion(family)!, host)!.repository;
  // A tag newer than this library is taken as it is written.
  const tag = image?.tag ?? version!;
  const stack = Stack.of(scope);
  const account = registryAccount(scope, stack.region);
  return {
    imageUri: `${account}.dkr.ecr.${stack.region}.${stack.urlSuffix}/${repository}:${tag}`,
    repositoryArn: `arn:${Aws.PARTITION}:ecr:${stack.region}:${account}:repository/${repository}`,
  };
}

const MAPPING_ID = 'DeepLearningContainers';

function registryAccount(scope: Construct, region: string): string {
  if (Token.isUnresolved(region)) return accountMapping(scope).findInMap(Aws.REGION, 'account');
  // A region without a registry is an error of its own; the template is not deployed.
  return registryAccounts()[region] ?? Aws.ACCOUNT_ID;
}

function registryFindings(region: string): Finding[] {
  const accounts = registryAccounts();
  if (Token.isUnresolved(region) || Object.hasOwn(accounts, region)) return [];
  return [
    {
      rule: 'REGION_WITHOUT_REGISTRY',
      severity: 'error',
      message: `no registry of AWS’s deep learning containers is known in ${region}`,
      got: region,
      allowed: Object.keys(accounts).join(', '),
      fix: 'copy the image to a repository of your own in that region, and give it as image of the container',
      path: '/region',
    },
  ];
}

/** One mapping a stack, however many endpoints are in it. */
function accountMapping(scope: Construct): CfnMapping {
  const stack = Stack.of(scope);
  const known = stack.node.tryFindChild(MAPPING_ID);
  if (known !== undefined) return known as CfnMapping;
  const mapping = Object.fromEntries(
    Object.entries(registryAccounts()).map(([region, account]) => [region, { account }]),
  );
  return new CfnMapping(stack, MAPPING_ID, { mapping });
}
