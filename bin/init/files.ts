import { devDependencies, name, peerDependencies, version } from '../../package.json';
import type { LockedModel } from '../../lib/lock';

/** What an app is made from. */
export interface AppChoice {
  readonly model: LockedModel;
  readonly instanceType: string;
  readonly region: string;
  /** Name of the npm package, and, without what a name may not hold, of the stack. */
  readonly appName: string;
}

/** Runs TypeScript without a build of its own. */
const TSX = '^4.20.0';

/** The smallest app that deploys, as files of its directory; the lock file is written beside them. */
export function appFiles(choice: AppChoice): ReadonlyMap<string, string> {
  return new Map([
    ['app.ts', app(choice)],
    ['cdk.json', json({ app: 'npx tsx app.ts' })],
    ['package.json', json(manifest(choice.appName))],
    [
      'tsconfig.json',
      json({ compilerOptions: { target: 'ES2022', module: 'NodeNext', moduleResolution: 'NodeNext', strict: true } }),
    ],
    ['.gitignore', 'node_modules/\ncdk.out/\n'],
  ]);
}

function manifest(appName: string) {
  return {
    name: appName,
    version: '0.1.0',
    private: true,
    scripts: { synth: 'cdk synth --quiet', deploy: 'cdk deploy' },
    dependencies: { [name]: `^${version}`, ...peerDependencies },
    devDependencies: {
      // A command line of another generation cannot read what the library writes.
      'aws-cdk': devDependencies['aws-cdk'],
      '@types/node': '^22.0.0',
      tsx: TSX,
      typescript: `^${devDependencies.typescript}`,
    },
  };
}

function app({ model, instanceType, region, appName }: AppChoice): string {
  const options = model.revision === undefined ? '' : `, {\n    revision: ${quoted(model.revision)},\n  }`;
  const isGated = model.gated === true;
  return `import { App, CfnOutput,${isGated ? ' SecretValue,' : ''} Stack } from 'aws-cdk-lib';
import { InstanceType, ModelSource, QuantizedEndpoint } from '${name}';

const app = new App();
const stack = new Stack(app, ${quoted(stackName(appName))}, {
  env: { account: process.env.CDK_DEFAULT_ACCOUNT, region: process.env.CDK_DEFAULT_REGION ?? ${quoted(region)} },
});

const endpoint = new QuantizedEndpoint(stack, 'Endpoint', {
  model: ModelSource.huggingFace(${quoted(model.id)}${options}),
  instanceType: InstanceType.of(${quoted(instanceType)}),${
    isGated
      ? `
  // The hub gives this model out to those only who have accepted its licence: put a token of theirs into this secret.
  hubToken: SecretValue.secretsManager('hugging-face-token'),`
      : ''
  }
});
new CfnOutput(stack, 'EndpointName', { value: endpoint.endpointName });
`;
}

/** Source: CloudFormation, names of stacks: letters, digits and hyphens, a letter first. */
function stackName(appName: string): string {
  const words = appName.split(/[^A-Za-z0-9]+/).filter((word) => word !== '');
  const joined = words.map((word) => word[0].toUpperCase() + word.slice(1)).join('');
  return /^[A-Za-z]/.test(joined) ? joined : `App${joined}`;
}

function quoted(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&')}'`;
}

function json(value: object): string {
  return JSON.stringify(value, undefined, 2) + '\n';
}
