import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { Size, type Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import {
  EdgeArchitecture,
  GgufEdgeDeployment,
  GgufQuality,
  QualityGate,
  type GgufEdgeDeploymentProps,
} from '../../../index';
import { QWEN_7B } from '../models';
import { errorsOf, resourceOf, testStack, warningsOf } from '../support';

const TARGET = 'arn:aws:iot:us-east-1:123456789012:thinggroup/kiosks';

function made(props: Partial<GgufEdgeDeploymentProps> = {}, memory = Size.gibibytes(16), stack = testStack()): Stack {
  new GgufEdgeDeployment(stack, 'Assistant', {
    bucket: Bucket.fromBucketName(stack, 'Models', 'models'),
    prefix: 'qwen/',
    files: [{ path: 'qwen-q4_k_m.gguf' }, { path: 'qwen-q8_0.gguf' }],
    config: QWEN_7B,
    device: { memory, architecture: EdgeArchitecture.AARCH64 },
    maxModelLen: 4096,
    targetArn: TARGET,
    ...props,
  });
  return stack;
}

interface Recipe {
  readonly ComponentName: string;
  readonly ComponentVersion: string;
  readonly Manifests: readonly {
    readonly Platform: object;
    readonly Artifacts: readonly { readonly URI: string; readonly Permission: { readonly Execute: string } }[];
    readonly Lifecycle: Record<string, string>;
  }[];
}

const recipeOf = (stack: Stack): Recipe =>
  JSON.parse((resourceOf(stack, 'AWS::GreengrassV2::ComponentVersion') as { InlineRecipe: string }).InlineRecipe);
const runOf = (stack: Stack) => recipeOf(stack).Manifests[0].Lifecycle.run;

describe('the component', () => {
  test('starts llama-server in run, for startup ends after two minutes', () => {
    const { Lifecycle } = recipeOf(made()).Manifests[0];
    expect(Object.keys(Lifecycle)).toEqual(['run']);
    expect(Lifecycle.run).toMatch(
      /^exec llama-server --host 127\.0\.0\.1 --port 8080 --model \{artifacts:path\}\/qwen-q4_k_m\.gguf .*--ctx-size 4096/,
    );
  });

  test('is a version of its own for what it holds, since Greengrass keeps a version as it was first made', () => {
    const version = (props: Partial<GgufEdgeDeploymentProps> = {}) => recipeOf(made(props)).ComponentVersion;
    expect(version()).toMatch(/^1\.0\.\d{1,6}$/);
    expect(version()).toBe(version());
    expect(version({ maxModelLen: 2048 })).not.toBe(version());
    expect(version({ files: [{ path: 'qwen-q8_0.gguf' }] })).not.toBe(version());
  });

  test('has the chosen file and no other', () => {
    const [{ Artifacts, Platform }] = recipeOf(made()).Manifests;
    expect(Artifacts).toEqual([
      {
        URI: 's3://models/qwen/qwen-q4_k_m.gguf',
        Unarchive: 'NONE',
        Permission: { Read: 'OWNER', Execute: 'NONE' },
      },
    ]);
    expect(Platform).toEqual({ os: 'linux', architecture: 'aarch64' });
  });

  test('has every part of a model in parts, and names the first', () => {
    const stack = made({ files: [{ path: 'qwen-Q8_0-00001-of-00002.gguf' }] });
    expect(recipeOf(stack).Manifests[0].Artifacts.map(({ URI }) => URI)).toEqual([
      's3://models/qwen/qwen-Q8_0-00001-of-00002.gguf',
      's3://models/qwen/qwen-Q8_0-00002-of-00002.gguf',
    ]);
    expect(runOf(stack)).toContain('--model {artifacts:path}/qwen-Q8_0-00001-of-00002.gguf');
  });

  test('may bring its server, which is executable', () => {
    const stack = made({ serverKey: 'bin/llama-server', port: 9000 });
    expect(runOf(stack)).toMatch(/^exec \{artifacts:path\}\/llama-server --host 127\.0\.0\.1 --port 9000/);
    expect(recipeOf(stack).Manifests[0].Artifacts[1]).toMatchObject({
      URI: 's3://models/bin/llama-server',
      Permission: { Execute: 'OWNER' },
    });
  });

  test('quotes what a shell would take apart', () => {
    expect(runOf(made({ chatTemplate: "{{ messages[0]['content'] }}" }))).toContain(
      `--chat-template '{{ messages[0]['\\''content'\\''] }}'`,
    );
  });
});

describe('the device', () => {
  test('decides on the file', () => {
    const high = { quality: GgufQuality.HIGH };
    expect(runOf(made(high))).toContain('qwen-q8_0.gguf');
    expect(runOf(made(high, Size.gibibytes(8)))).toContain('qwen-q4_k_m.gguf');
  });

  test('refuses what does not fit', () => {
    expect(errorsOf(made({}, Size.gibibytes(4)))).toContain('WEIGHTS_DO_NOT_FIT');
    expect(errorsOf(made({ maxConcurrency: 64 }, Size.gibibytes(8)))).toContain('KV_CACHE_BELOW_CONTEXT');
  });

  test('gives the context that its memory holds where nobody asks', () => {
    const contextOn = (gibibytes: number) =>
      Number(/--ctx-size (\d+)/.exec(runOf(made({ maxModelLen: undefined }, Size.gibibytes(gibibytes))))![1]);
    expect(contextOn(16)).toBe(32_768);
    expect(contextOn(6)).toBeLessThan(32_768);
    expect(errorsOf(made({ maxModelLen: undefined }, Size.gibibytes(6)))).toEqual([]);
  });

  test('has a component store that the files must fit into', () => {
    const small = { memory: Size.gibibytes(16), architecture: EdgeArchitecture.AMD64 };
    expect(errorsOf(made({ device: { ...small, componentStoreSize: Size.gibibytes(2) } }))).toEqual([
      'COMPONENT_STORE_TOO_SMALL',
    ]);
  });

  test('keeps something for its operating system', () => {
    const { Components } = resourceOf(made(), 'AWS::GreengrassV2::Deployment') as {
      Components: Record<string, { RunWith: { SystemResourceLimits: { Memory: number } } }>;
    };
    expect(Object.values(Components)[0].RunWith.SystemResourceLimits.Memory).toBe(15.5 * 2 ** 20);
  });
});

describe('the deployment', () => {
  test('puts this version of the component onto the target, once it exists', () => {
    const stack = made({ componentVersion: '1.2.3', componentName: 'com.example.Assistant' });
    const [deployment] = Object.values(Template.fromStack(stack).findResources('AWS::GreengrassV2::Deployment'));
    expect(deployment).toMatchObject({
      Properties: { TargetArn: TARGET, Components: { 'com.example.Assistant': { ComponentVersion: '1.2.3' } } },
      DependsOn: [expect.stringContaining('AssistantComponent')],
    });
    expect(recipeOf(stack)).toMatchObject({ ComponentName: 'com.example.Assistant', ComponentVersion: '1.2.3' });
  });

  test('has nothing to warn of', () => {
    const stack = made();
    expect([...errorsOf(stack), ...warningsOf(stack)]).toEqual([]);
  });

  test('refuses a version that Greengrass does not take', () => {
    expect(errorsOf(made({ componentVersion: 'v1' }))).toEqual(['COMPONENT_VERSION_INVALID']);
  });

  test('needs a file whose type is told', () => {
    expect(() => made({ files: [] })).toThrow(expect.objectContaining({ id: 'GGUF_FILE_NOT_NAMED' }));
    expect(() => made({ files: [{ path: 'model.gguf' }] })).toThrow(
      expect.objectContaining({ id: 'GGUF_TYPE_NOT_TOLD' }),
    );
  });

  test('lets the devices read the files, and nothing else', () => {
    const stack = testStack();
    const tokenExchangeRole = new Role(stack, 'Role', {
      assumedBy: new ServicePrincipal('credentials.iot.amazonaws.com'),
    });
    made({ tokenExchangeRole }, undefined, stack);
    expect(resourceOf(stack, 'AWS::IAM::Policy')).toMatchObject({
      PolicyDocument: {
        Statement: [
          {
            Action: 's3:GetObject',
            Resource: { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':s3:::models/qwen/qwen-q4_k_m.gguf']] },
          },
        ],
      },
    });
  });
});

describe('a quality gate', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'edge-gate-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const figures = (perplexity: number, meanKl: number) => ({ perplexity, meanKl, p99Kl: meanKl, top1Agreement: 0.9 });

  test('holds the file that fits the device, and its KV cache', () => {
    const file = path.join(folder, 'report.json');
    const schemes = [
      { scheme: 'gguf:Q4_K_M', evaluation: figures(44, 0.05) },
      { scheme: 'gguf:Q8_0', evaluation: figures(40.1, 0.001) },
    ];
    writeFileSync(
      file,
      JSON.stringify({ schema: 1, model: { digest: 'sha256:abc' }, evaluation: { perplexity: 40 }, schemes }),
    );
    const qualityGate = QualityGate.fromReport(file, { maxPerplexityIncrease: 0.03, modelDigest: 'sha256:abc' });
    const qualityOf = (stack: Stack) => errorsOf(stack).filter((rule) => rule.startsWith('QUALITY'));
    expect(qualityOf(made({ qualityGate }))).toEqual(['QUALITY_BELOW_LIMIT']);
    const high = made({ qualityGate, quality: GgufQuality.HIGH });
    expect(qualityOf(high)).toEqual([]);
    expect(JSON.stringify(Template.fromStack(high).toJSON())).toContain('cdk-quantized-endpoints:perplexity-increase');
    const cached = made({ qualityGate, quality: GgufQuality.HIGH, kvTypeK: 'q4_0', kvTypeV: 'q4_0' });
    expect(qualityOf(cached)).toEqual(['QUALITY_REPORT_OTHER_KV_CACHE']);
  });
});
