/** A file of a component, by its S3 URI. */
export interface Artifact {
  readonly uri: string;
  readonly isExecutable: boolean;
}

/** What of a component's recipe differs from one model to another. */
export interface ComponentParts {
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
  readonly artifacts: readonly Artifact[];
  /** Program and arguments; `{artifacts:path}` is the folder of the files on the device. */
  readonly command: readonly string[];
}

/**
 * The recipe of a component that serves. The server is started in `run`: `startup` must end within two minutes, and
 * loading a model may take longer.
 * Source: AWS IoT Greengrass developer guide, "Component recipe reference".
 */
export function componentRecipe({ name, version, architecture, artifacts, command }: ComponentParts): object {
  return {
    RecipeFormatVersion: '2020-01-25',
    ComponentName: name,
    ComponentVersion: version,
    ComponentDescription: 'A GGUF model served by llama-server',
    ComponentPublisher: 'cdk-quantized-endpoints',
    Manifests: [
      {
        Platform: { os: 'linux', architecture },
        Artifacts: artifacts.map(({ uri, isExecutable }) => ({
          URI: uri,
          Unarchive: 'NONE',
          Permission: { Read: 'OWNER', Execute: isExecutable ? 'OWNER' : 'NONE' },
        })),
        Lifecycle: { run: `exec ${command.map(shellWord).join(' ')}` },
      },
    ],
  };
}

/** A word that the device's shell takes as it is. */
function shellWord(word: string): string {
  return /^[\w@%+=:,./{}-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
