import {
  CreateOptimizationJobCommand,
  DeleteOptimizationJobCommand,
  DescribeOptimizationJobCommand,
  SageMakerClient,
  StopOptimizationJobCommand,
  type CreateOptimizationJobCommandInput,
} from '@aws-sdk/client-sagemaker';
import { optimizationJobResource } from '../../lib/optimization/job';
import { customResourceHandler } from '../custom-resource';

const sagemaker = new SageMakerClient({ retryMode: 'adaptive' });

/** The custom resources of an `OptimizationJob`. */
export const handler = customResourceHandler(
  optimizationJobResource({
    async create(request) {
      await sagemaker.send(new CreateOptimizationJobCommand(request as unknown as CreateOptimizationJobCommandInput));
    },
    async describe(OptimizationJobName) {
      const job = await sagemaker.send(new DescribeOptimizationJobCommand({ OptimizationJobName }));
      return {
        status: job.OptimizationJobStatus ?? 'UNKNOWN',
        failureReason: job.FailureReason,
        recommendedImage: job.OptimizationOutput?.RecommendedInferenceImage,
      };
    },
    async stop(OptimizationJobName) {
      await sagemaker.send(new StopOptimizationJobCommand({ OptimizationJobName }));
    },
    async delete(OptimizationJobName) {
      await sagemaker.send(new DeleteOptimizationJobCommand({ OptimizationJobName }));
    },
  }),
);
