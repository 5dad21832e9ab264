import { CfnOutput, Stack, TimeZone, Validations, type StackProps } from 'aws-cdk-lib';
import { Schedule } from 'aws-cdk-lib/aws-applicationautoscaling';
import { InstanceType, ModelSource, QuantizedEndpoint } from 'cdk-quantized-endpoints';
import type { Construct } from 'constructs';

/**
 * A chat for the office: no instance, and no cost, while nobody asks; one that is warm on weekdays from half past seven;
 * off at night, whatever is asked.
 *
 * `minInstanceCount: 0` is all it takes. Requests name the inference component beside the endpoint. The first request
 * after a pause is refused and starts an instance: callers try again.
 */
export class SleepyChat extends Stack {
  constructor(scope: Construct, id: string, props?: StackProps) {
    super(scope, id, props);

    const timeZone = TimeZone.EUROPE_BERLIN;
    const endpoint = new QuantizedEndpoint(this, 'Chat', {
      model: ModelSource.huggingFace('Qwen/Qwen2.5-7B-Instruct-AWQ', {
        revision: 'b25037543e9394b818fdfca67ab2a00ecc7dd641',
      }),
      instanceType: InstanceType.G6_2XLARGE,
      maxModelLen: 8_192,
      minInstanceCount: 0,
      maxInstanceCount: 2,
      schedules: [
        {
          schedule: Schedule.cron({ weekDay: 'MON-FRI', hour: '7', minute: '30' }),
          minCapacity: 1,
          maxCapacity: 2,
          timeZone,
        },
        { schedule: Schedule.cron({ hour: '20', minute: '0' }), minCapacity: 0, maxCapacity: 0, timeZone },
      ],
    });
    Validations.of(endpoint).acknowledge({
      id: 'COLD_START_FROM_ZERO',
      reason: 'In working hours an instance is warm; at other times the client retries for a quarter of an hour.',
    });
    new CfnOutput(this, 'EndpointName', { value: endpoint.endpointName });
    new CfnOutput(this, 'InferenceComponentName', { value: endpoint.inferenceComponentName! });
  }
}
