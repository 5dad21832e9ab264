import { BatchGetBuildsCommand, CodeBuildClient, StartBuildCommand, StopBuildCommand } from '@aws-sdk/client-codebuild';
import { imageBuildResource } from '../../lib/image-build/build';
import { customResourceHandler } from '../custom-resource';

const codeBuild = new CodeBuildClient({ retryMode: 'adaptive' });

/** The custom resource of an image that is built in the account. */
export const handler = customResourceHandler(
  imageBuildResource({
    async start(projectName, variables, idempotencyToken) {
      const { build } = await codeBuild.send(
        new StartBuildCommand({
          projectName,
          idempotencyToken,
          environmentVariablesOverride: Object.entries(variables).map(([name, value]) => ({ name, value })),
        }),
      );
      return build!.id!;
    },
    async describe(id) {
      // CodeBuild refuses what cannot be a build's id, such as that of a resource that was never made.
      if (!id.includes(':')) return undefined;
      const { builds = [] } = await codeBuild.send(new BatchGetBuildsCommand({ ids: [id] }));
      const build = builds.at(0);
      if (build === undefined) return undefined;
      return {
        status: build.buildStatus ?? 'UNKNOWN',
        problems: (build.phases ?? [])
          .filter(({ phaseStatus }) => phaseStatus !== undefined && phaseStatus !== 'SUCCEEDED')
          .map(
            ({ phaseType, phaseStatus, contexts = [] }) =>
              `${phaseType}: ${
                contexts
                  .map(({ message }) => message)
                  .filter(Boolean)
                  .join(', ') || phaseStatus
              }`,
          ),
        log: build.logs?.deepLink,
      };
    },
    async stop(id) {
      await codeBuild.send(new StopBuildCommand({ id }));
    },
  }),
);
