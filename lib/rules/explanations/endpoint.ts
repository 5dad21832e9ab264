import type { Explanation } from '../types';

/** What constructs find in props that an endpoint spec has no words for. */
export const endpointExplanations: readonly Explanation[] = [
  {
    id: 'MONTHLY_COST_EXCEEDED',
    severity: 'error',
    summary: 'the endpoint costs no more a month than maxMonthlyCost',
    explanation:
      'The most instances that the endpoint may have, times the price of an hour, times 730 hours. It is the bill of a month in which the endpoint is always at its largest: a limit that autoscaling cannot exceed.',
    source: 'AWS Price List, AmazonSageMaker, on-demand hosting',
  },
  {
    id: 'MONTHLY_COST_UNKNOWN',
    severity: 'warning',
    summary: 'the price of the instance in the region is known',
    explanation:
      'A limit on cost that cannot be checked is no limit. The prices that come with the library are those of one day and not of every region; `qe prices` fetches today’s. In a stack without a region the price is known at deployment only.',
    source: 'AWS Price List, AmazonSageMaker, on-demand hosting',
  },
  {
    id: 'HUB_TOKEN_READABLE',
    severity: 'warning',
    summary: 'nobody reads the hub token who should not',
    explanation:
      'The template holds a reference to the secret, but CloudFormation resolves it, and SageMaker hands it to the container as a plain environment variable: DescribeModel shows it to whoever may call that. A fine-grained token for this one repository limits what is lost; weights in S3 need none.',
    source: 'SageMaker API, DescribeModel; AWS CloudFormation user guide, dynamic references',
  },
  {
    id: 'HUB_TOKEN_UNUSED',
    severity: 'warning',
    summary: 'a hub token is given only where the hub is asked',
    explanation:
      'A model in S3 or in the image is loaded without a token, and one that lies in the endpoint’s environment for nothing can only be lost.',
    source: 'Hugging Face hub documentation, user access tokens',
  },
  {
    id: 'HUB_TOKEN_REFERENCE_UNSUPPORTED',
    severity: 'error',
    summary: 'CloudFormation can resolve the reference to the hub token',
    explanation:
      'ssm-secure references are resolved in a short list of resource properties, and none of a SageMaker model is in it: the stack would fail, or hand the reference itself to the container. Secrets Manager references are resolved everywhere.',
    source: 'AWS CloudFormation user guide, dynamic references to secure strings',
  },
  {
    id: 'ENCRYPTION_KEY_WITHOUT_USE',
    severity: 'warning',
    summary: 'the encryption key encrypts something',
    explanation:
      'Instance types with local NVMe storage keep the model there, encrypted by their hardware with a key of its own; CreateEndpointConfig refuses a KmsKeyId for them. Without captured data or asynchronous answers there is nothing else that the key could encrypt.',
    source: 'SageMaker API, CreateEndpointConfig, KmsKeyId',
  },
  {
    id: 'ENDPOINT_NOT_IN_VPC',
    severity: 'error',
    summary: 'connections are asked for of an endpoint that is in a VPC',
    explanation:
      '`connections` are the security groups of the endpoint. An endpoint outside of a VPC has none, and who may invoke it is a matter of IAM alone: use grantInvoke.',
    source: 'aws-cdk-lib IConnectable; SageMaker API, VpcConfig',
  },
  {
    id: 'NETWORK_WITHOUT_VPC',
    severity: 'error',
    summary: 'subnets and security groups come with their VPC',
    explanation:
      'They say how the endpoint lies in a VPC; without one they would be dropped, and an endpoint that was meant to be private would reach the internet.',
    source: 'SageMaker API, VpcConfig',
  },
  {
    id: 'TOO_MANY_SECURITY_GROUPS',
    severity: 'error',
    summary: 'the model has no more security groups than SageMaker takes',
    explanation: 'CreateModel takes one to five.',
    source: 'SageMaker API, VpcConfig.SecurityGroupIds',
  },
  {
    id: 'CAPACITY_RESERVATION_ARN_INVALID',
    severity: 'error',
    summary: 'the capacity reservation is one of SageMaker’s',
    explanation:
      'An endpoint can be held to the capacity of a flexible training plan, named by an ARN of the service sagemaker. Reservations of EC2 have another ARN and do not serve SageMaker’s own instances.',
    source: 'SageMaker API, ProductionVariantCapacityReservationConfig.MlReservationArn',
  },
  {
    id: 'REGION_WITHOUT_REGISTRY',
    severity: 'error',
    summary: 'AWS keeps its deep learning containers in the region',
    explanation:
      'The account of the registry differs by region, and some regions have none. An image in a repository of your own, in the same region, takes its place.',
    source: 'aws/deep-learning-containers, available_images.md',
  },
  {
    id: 'DATA_CAPTURE_SAMPLING_OUT_OF_RANGE',
    severity: 'error',
    summary: 'the share of requests that is captured is a whole number from 0 to 100',
    explanation: 'InitialSamplingPercentage is per cent: 20, not 0.2.',
    source: 'SageMaker API, DataCaptureConfig.InitialSamplingPercentage',
  },
  {
    id: 'DATA_CAPTURE_OF_NOTHING',
    severity: 'error',
    summary: 'data capture records requests, answers or both',
    explanation: 'With both switched off CreateEndpointConfig has no capture option left, which it refuses.',
    source: 'SageMaker API, DataCaptureConfig.CaptureOptions',
  },
  {
    id: 'DEPLOYMENT_STRATEGY_OUT_OF_RANGE',
    severity: 'error',
    summary: 'the numbers of the deployment strategy are within the service’s limits',
    explanation:
      'Shares of a canary, a linear or a rolling step, the time to wait between them and the time that all of it may take have limits of their own. UpdateEndpoint refuses what lies outside, after the new instances are named but before they are made.',
    source: 'SageMaker API, BlueGreenUpdatePolicy and RollingUpdatePolicy',
  },
  {
    id: 'DEPLOYMENT_STRATEGY_NOT_FOR_COMPONENTS',
    severity: 'error',
    summary: 'the deployment strategy is one that an inference component has',
    explanation:
      'Copies of a component are replaced in rolling batches on the instances that are there. No second fleet is made, so that there is nothing to shift traffic to.',
    source: 'SageMaker API, InferenceComponentDeploymentConfig, which knows a rolling policy only',
  },
  {
    id: 'TOO_MANY_ROLLBACK_ALARMS',
    severity: 'error',
    summary: 'no more alarms watch an update than SageMaker takes',
    explanation: 'Ten, and the endpoint’s own alarms count. A composite alarm counts once for all that it joins.',
    source: 'SageMaker API, AutoRollbackConfig.Alarms',
  },
  {
    id: 'SCALING_TARGET_OUT_OF_RANGE',
    severity: 'error',
    summary: 'the scaling target is a number of requests above 0',
    explanation:
      'Autoscaling keeps the requests that each instance answers at once at the target. At 0 it would never stop adding instances.',
    source: 'Application Auto Scaling API, TargetTrackingScalingPolicyConfiguration.TargetValue',
  },
  {
    id: 'MANAGED_SCALE_IN_WITHOUT_COMPONENTS',
    severity: 'warning',
    summary: 'managed scale-in is asked for below inference components',
    explanation:
      'SageMaker manages instances only where components are placed on them. The instances of an endpoint that holds its model itself are scaled by Application Auto Scaling, with its cooldowns.',
    source: 'SageMaker API, ProductionVariantManagedInstanceScaling',
  },
  {
    id: 'MANAGED_SCALE_IN_OUT_OF_RANGE',
    severity: 'error',
    summary: 'cooldown and step of managed scale-in are within the service’s limits',
    explanation: 'CreateEndpointConfig refuses what lies outside.',
    source: 'SageMaker API, ProductionVariantManagedInstanceScalingScaleInPolicy',
  },
  {
    id: 'COLD_START_FROM_ZERO',
    severity: 'warning',
    summary: 'callers know that an endpoint at zero refuses their first requests',
    explanation:
      'With no instance there is nobody to answer: InvokeEndpoint fails at once, an alarm asks for an instance, and until it has come, pulled the image and loaded the weights every request fails too. Callers that try again for that long get their answer; others want a minimum of 1 in working hours, or asynchronous inference, where requests wait in a queue.',
    source: 'SageMaker developer guide, "Scale an endpoint to zero instances"',
  },
  {
    id: 'SCHEDULE_WITHOUT_CAPACITY',
    severity: 'error',
    summary: 'a scheduled action changes something',
    explanation: 'PutScheduledAction without a minimum and a maximum is refused.',
    source: 'Application Auto Scaling API, PutScheduledAction',
  },
  {
    id: 'SCHEDULE_CAPACITY_OUT_OF_RANGE',
    severity: 'error',
    summary: 'a scheduled action says a range of whole numbers',
    explanation: 'From 0 on, the minimum not above the maximum.',
    source: 'Application Auto Scaling API, ScalableTargetAction',
  },
  {
    id: 'SCHEDULE_TO_ZERO_NOT_POSSIBLE',
    severity: 'error',
    summary: 'a scheduled action takes the last instance only where there may be none',
    explanation:
      'An endpoint that holds its model itself keeps at least one instance; RegisterScalableTarget refuses a minimum of 0 for it. Inference components and asynchronous endpoints may go to zero.',
    source: 'SageMaker developer guide, "Scale an endpoint to zero instances"',
  },
  {
    id: 'SCHEDULE_ABOVE_MAXIMUM',
    severity: 'error',
    summary: 'a scheduled action stays below the maximum that was planned',
    explanation:
      'Cost limits and quotas were checked against the maximum of the endpoint. A schedule that raises it would make those checks worthless.',
    source: 'Application Auto Scaling API, ScalableTargetAction',
  },
  {
    id: 'ASYNC_INVOCATIONS_OUT_OF_RANGE',
    severity: 'error',
    summary: 'the number of requests that an instance is handed at once is one that SageMaker takes',
    explanation: 'A whole number from 1 on. Left out it is the concurrency that was planned for.',
    source: 'SageMaker API, AsyncInferenceClientConfig.MaxConcurrentInvocationsPerInstance',
  },
  {
    id: 'ROUTING_OUT_OF_RANGE',
    severity: 'error',
    summary: 'the numbers of prefix-aware routing are within the service’s limits',
    explanation: 'CreateEndpointConfig refuses what lies outside.',
    source: 'SageMaker API, PrefixAwareRoutingConfig',
  },
  {
    id: 'ROUTING_WITHOUT_PREFIX_CACHE',
    severity: 'warning',
    summary: 'routing by the beginning of a prompt meets a cache of beginnings',
    explanation:
      'Requests that begin alike are sent to one instance because it holds the beginning already. With prefix caching off it holds nothing, and all that remains is an uneven load.',
    source: 'SageMaker API, PrefixAwareRoutingConfig; vLLM documentation, automatic prefix caching',
  },
  {
    id: 'ROUTING_NOT_SUPPORTED_BY_CONTAINER',
    severity: 'warning',
    summary: 'the container tells SageMaker what its KV cache holds',
    explanation:
      'KV-aware routing sends a request to the instance whose cache holds most of its prompt, which only works where the container publishes that. Of AWS’s images it is known of vLLM’s alone; with others nothing is said of what happens.',
    source: 'SageMaker API, RoutingStrategy; aws/deep-learning-containers',
  },
  {
    id: 'LAMBDA_PROGRAM_NOT_BUNDLED',
    severity: 'error',
    summary: 'the programs that run in the account are part of the package',
    explanation:
      'They are bundled when the package is built. In a checkout of the sources `npm run build:lambdas` makes them; from npm they come with the package.',
    source: 'aws-cdk-lib aws-lambda Code.fromAsset',
  },
  {
    id: 'CAPACITY_RESERVATION_WITH_POOLS',
    severity: 'warning',
    summary: 'an endpoint has either a reservation or fallback pools',
    explanation:
      'With a reservation, instances come from it and from nowhere else, and it holds one type. What SageMaker does with the other pools was not verified.',
    source: 'SageMaker API reference, ProductionVariantCapacityReservationConfig; not verified',
  },
  {
    id: 'POOL_BELOW_CONCURRENCY',
    severity: 'error',
    summary: 'every instance pool holds what the endpoint is planned for',
    explanation:
      'Whichever pool has capacity serves, and callers do not know which. A pool whose cache is too small for the context and the number of requests would be slower by the time that requests wait there, on the day on which capacity is short.',
    source: 'the plan of the pool',
  },
  {
    id: 'POOL_DRIVERS_CONFLICT',
    severity: 'error',
    summary: 'one GPU driver serves every instance pool',
    explanation:
      'InferenceAmiVersion belongs to the variant, not to a pool: the container’s CUDA version must start with that driver on every type.',
    source: 'SageMaker API reference, ProductionVariant, InferenceAmiVersion',
  },
  {
    id: 'SPECULATIVE_DRAFT_NOT_PLANNED',
    severity: 'warning',
    summary: 'the plan knows what guesses tokens ahead',
    explanation:
      'A draft model or EAGLE head takes memory for its weights and for its cache. Where neither its config nor its size is given, the plan leaves no room for it, and the KV cache will be smaller than planned.',
    source: 'vllm/config/speculative.py; vllm/v1/worker/gpu_model_runner.py, get_kv_cache_spec',
  },
  {
    id: 'ENDPOINT_REPLACED',
    severity: 'warning',
    summary: 'the next deployment updates the endpoint that is deployed, and does not replace it',
    explanation:
      'Another name, or a model of its own instead of inference components, makes CloudFormation create a second endpoint and delete the first: clients that call it by name fail, and the new one begins with its initial count. Found where the context cdk-quantized-endpoints:deployed names the cloud assembly of what is deployed, and by `qe diff`.',
    source:
      'AWS CloudFormation resource reference, AWS::SageMaker::Endpoint, EndpointName: Update requires: Replacement',
  },
  {
    id: 'SCALED_COUNT_DROPPED',
    severity: 'warning',
    summary: 'the next deployment keeps the number of instances that scaling has made',
    explanation:
      'UpdateEndpoint sets the count of a variant to that of its new configuration unless RetainAllVariantProperties is set, which the construct does for endpoints that scale. An endpoint that stops scaling, or a template that does not set it, goes back to the initial count in the middle of the day.',
    source: 'SageMaker API, UpdateEndpoint, RetainAllVariantProperties',
  },
  {
    id: 'DEPLOYED_ASSEMBLY_UNREADABLE',
    severity: 'error',
    summary: 'the context of what is deployed names a directory that can be read',
    explanation:
      'The context cdk-quantized-endpoints:deployed names the cloud assembly of the last release, with a `*.plan.json` for each endpoint, by which synth tells what the next deployment would replace or drop.',
    source: 'the assembly that `cdk synth` writes',
  },
];
