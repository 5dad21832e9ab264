import { createHash } from 'node:crypto';
import * as path from 'node:path';
import { Names, Resource, Token } from 'aws-cdk-lib';
import { CfnComponentVersion, CfnDeployment } from 'aws-cdk-lib/aws-greengrassv2';
import { Grant } from 'aws-cdk-lib/aws-iam';
import { propertyInjectable } from 'aws-cdk-lib/core/lib/prop-injectable';
import type { Construct } from 'constructs';
import { SpecError } from '../../lib/errors';
import { parseGgufPartName, ggufPartName } from '../../lib/format/gguf/split';
import { chooseGguf, withGguf } from '../../lib/recommend/gguf-file';
import type { Finding } from '../../lib/rules/types';
import type { EndpointSpec } from '../../lib/spec/types';
import { reportFindings, writePlan } from '../endpoint/report';
import { fileTypeOfName, preferredType, type OfferedFile } from '../gguf/offered';
import { withPromptCache } from '../gguf/prompt-cache';
import { llamaCppOptions, llamaCppVariables } from '../gguf/server';
import { gatedEndpoint } from '../quality-gate/gated';
import { tagQuality } from '../quality-gate/tags';
import { knownOf } from '../shared/model-source/knowledge';
import { machineOf, planOnDevice, serverArguments, withContext } from './device-plan';
import type { GgufEdgeDeploymentProps } from './props';
import { componentRecipe, type ComponentParts } from './recipe';

/** Where Greengrass puts a component's files. */
const ARTIFACTS = '{artifacts:path}';

/** Source: aws-greengrass-nucleus, `componentStoreMaxSizeBytes`. */
const COMPONENT_STORE_BYTES = 10e9;

/** Greengrass takes six digits for each part of a version. */
const VERSION_NUMBERS = 1_000_000;

const VERSION = /^\d{1,6}\.\d{1,6}\.\d{1,6}$/;

/**
 * A GGUF model on edge devices: an AWS IoT Greengrass component that runs llama-server, and its deployment.
 *
 * It is planned and checked like an endpoint, against the memory of the device; of several files the one is served that
 * fits. The server listens on the device itself, with llama.cpp's whole API.
 *
 * @example
 * new GgufEdgeDeployment(this, 'Assistant', {
 *   bucket,
 *   files: [{ path: 'qwen2.5-1.5b-instruct-q4_k_m.gguf' }, { path: 'qwen2.5-1.5b-instruct-q8_0.gguf' }],
 *   configPath: 'config.json',
 *   device: { memory: Size.gibibytes(8), architecture: EdgeArchitecture.AARCH64 },
 *   targetArn: 'arn:aws:iot:us-east-1:123456789012:thinggroup/kiosks',
 * });
 */
@propertyInjectable
export class GgufEdgeDeployment extends Resource {
  /** Uniquely identifies this class for property injection. */
  public static readonly PROPERTY_INJECTION_ID: string = 'cdk-quantized-endpoints.GgufEdgeDeployment';

  /** Name of the component. */
  public readonly componentName: string;

  /** ARN of the component's version. */
  public readonly componentVersionArn: string;

  /** Id of the deployment. */
  public readonly deploymentId: string;

  constructor(scope: Construct, id: string, props: GgufEdgeDeploymentProps) {
    super(scope, id);
    const { bucket, prefix = '', device } = props;
    const machine = machineOf(device);
    const chosen = chooseFile(props);
    const files = filesOf(chosen.path, props.projector);
    const spec = specOf(this.node.path, props, chosen);
    const plan = planOnDevice(spec, machine);
    const gate = props.qualityGate?._judge(gatedEndpoint(spec));
    const findings = [
      ...plan.findings,
      ...edgeFindings(props, chosen, plan.checkpointBytes),
      ...(gate?.findings ?? []),
    ];
    const command = [
      props.serverKey === undefined ? 'llama-server' : inArtifacts(props.serverKey),
      ...serverArguments(spec, machine),
    ];
    reportFindings(this, findings);
    writePlan(this, {
      schema: 1,
      constructPath: this.node.path,
      spec,
      plan: { ...plan, findings },
      ...(gate?.figures === undefined ? {} : { quality: gate.figures }),
      environment: {},
      command,
    });

    const keys = [...files.map((file) => prefix + file), ...(props.serverKey === undefined ? [] : [props.serverKey])];
    this.componentName = props.componentName ?? Names.uniqueResourceName(this, { maxLength: 128, separator: '.' });
    const parts = {
      name: this.componentName,
      architecture: device.architecture,
      artifacts: keys.map((key) => ({ uri: bucket.s3UrlForObject(key), isExecutable: key === props.serverKey })),
      command,
    };
    const componentVersion = props.componentVersion ?? this.versionOf(parts);
    const recipe = componentRecipe({ ...parts, version: componentVersion });
    const component = new CfnComponentVersion(this, 'Component', { inlineRecipe: this.stack.toJsonString(recipe) });
    const deployment = new CfnDeployment(this, 'Resource', {
      targetArn: props.targetArn,
      components: {
        [this.componentName]: {
          componentVersion,
          runWith: { systemResourceLimits: { memory: Math.floor(machine.memoryBytes / 1024) } },
        },
      },
    });
    deployment.addResourceDependency(component);
    if (gate?.figures !== undefined) tagQuality(this, [gate.figures]);
    this.componentVersionArn = component.attrArn;
    this.deploymentId = deployment.attrDeploymentId;
    if (props.tokenExchangeRole !== undefined) {
      Grant.addToPrincipalOrResource({
        grantee: props.tokenExchangeRole,
        actions: ['s3:GetObject'],
        resourceArns: keys.map((key) => bucket.arnForObjects(key)),
        resource: bucket,
      });
      bucket.encryptionKey?.grantDecrypt(props.tokenExchangeRole);
    }
  }

  /**
   * A version for what the component holds: Greengrass keeps a version as it was first made, and CloudFormation makes the
   * new one before it takes the old one away, so that a change under the same number fails.
   */
  private versionOf(parts: Omit<ComponentParts, 'version'>): string {
    const digest = createHash('sha256')
      .update(JSON.stringify(this.stack.resolve(parts)))
      .digest();
    return `1.0.${digest.readUInt32BE() % VERSION_NUMBERS}`;
  }
}

function inArtifacts(file: string): string {
  return `${ARTIFACTS}/${path.posix.basename(file)}`;
}

/** Every part of a model in parts, and the projector. */
function filesOf(file: string, projector: string | undefined): readonly string[] {
  const part = parseGgufPartName(file);
  const parts =
    part === undefined
      ? [file]
      : Array.from({ length: part.count }, (_, index) => ggufPartName(part.base, index + 1, part.count));
  return [...parts, ...(projector === undefined ? [] : [projector])];
}

function chooseFile(props: GgufEdgeDeploymentProps): OfferedFile & { readonly path: string } {
  const offered = (props.files ?? []).map((file) => {
    const fileType = file.fileType ?? fileTypeOfName(file.path);
    if (file.path === undefined || fileType === undefined)
      throw new SpecError(
        'GGUF_TYPE_NOT_TOLD',
        `${file.path ?? 'a file'} does not tell its file type, or has no path`,
        {
          got: file.path ?? 'no path',
          allowed: 'a path such as model-Q4_K_M.gguf, or path and fileType',
          fix: "give { path: '…', fileType: 'Q4_K_M' }",
          path: '/quantization',
        },
      );
    return { path: file.path, fileType, weightBytes: file.size?.toBytes() };
  });
  if (offered.length === 0)
    throw new SpecError('GGUF_FILE_NOT_NAMED', 'a Greengrass component names each of its files', {
      got: 'no files',
      allowed: 'at least one GGUF of the bucket',
      fix: "give files, such as [{ path: 'model-Q4_K_M.gguf' }]",
      path: '/model/id',
    });
  const machine = machineOf(props.device);
  return chooseGguf(sketchOf(props), preferredType(props), offered, (spec) => planOnDevice(spec, machine)).chosen;
}

function sketchOf(props: GgufEdgeDeploymentProps): EndpointSpec {
  return {
    model: { id: props.prefix ?? 'model', ...knownOf(props) },
    container: { family: 'llama-cpp' },
    options: { slots: 1, ...llamaCppOptions(props) },
    environment: { ...llamaCppVariables(props, 'cpu'), ...props.environment },
    endpoint: { modelData: 's3-prefix' },
  };
}

function specOf(id: string, props: GgufEdgeDeploymentProps, chosen: OfferedFile & { readonly path: string }) {
  const machine = machineOf(props.device);
  const sketch = withGguf({ id, ...sketchOf(props) }, chosen);
  const spec = withContext(sketch, machine);
  const named: EndpointSpec = {
    ...spec,
    environment: {
      LLAMA_CPP_UPSTREAM_PORT: String(props.port ?? 8080),
      SM_LLAMA_CPP_MODEL: inArtifacts(chosen.path),
      ...(props.projector === undefined ? {} : { SM_LLAMA_CPP_MMPROJ: inArtifacts(props.projector) }),
      ...spec.environment,
    },
  };
  return withPromptCache(named, planOnDevice(named, machine), machine.memoryBytes, true);
}

function edgeFindings(props: GgufEdgeDeploymentProps, chosen: OfferedFile, bytes: number | null): Finding[] {
  const findings: Finding[] = [];
  const { componentVersion, device } = props;
  if (componentVersion !== undefined && !Token.isUnresolved(componentVersion) && !VERSION.test(componentVersion))
    findings.push({
      rule: 'COMPONENT_VERSION_INVALID',
      severity: 'error',
      message: 'Greengrass takes versions of three numbers',
      got: componentVersion,
      allowed: 'such as 1.0.0, six digits each at most',
      fix: 'give a version such as 1.0.0',
    });
  const store = device.componentStoreSize?.toBytes() ?? COMPONENT_STORE_BYTES;
  const wanted = chosen.weightBytes ?? bytes;
  if (wanted !== null && wanted > store)
    findings.push({
      rule: 'COMPONENT_STORE_TOO_SMALL',
      severity: 'error',
      message: 'the files of the component do not fit into the component store of the device',
      got: `${(wanted / 1e9).toFixed(1)} GB`,
      allowed: `${(store / 1e9).toFixed(1)} GB`,
      fix: 'raise componentStoreMaxSizeBytes of the nucleus and say so in device.componentStoreSize, or offer a smaller file',
    });
  return findings;
}
