import { Bucket } from 'aws-cdk-lib/aws-s3';
import { InstanceType, ModelSource, type QuantizedEndpointProps } from '../../../index';
import { COMMIT, QWEN_7B } from '../models';
import { environmentOf, errorsOf, makeEndpoint, testStack, variantOf, warningsOf } from '../support';

function started(props: Partial<QuantizedEndpointProps> = {}, from: 's3' | 'hub' = 's3') {
  const stack = testStack();
  const model =
    from === 'hub'
      ? ModelSource.huggingFace('Qwen/Qwen2.5-7B-Instruct', { revision: COMMIT, config: QWEN_7B })
      : ModelSource.s3Prefix(Bucket.fromBucketName(stack, 'Models', 'models'), 'qwen/', { config: QWEN_7B });
  const { plan } = makeEndpoint(stack, {
    model,
    instanceType: InstanceType.of('ml.g6.12xlarge'),
    maxModelLen: 4096,
    ...props,
  });
  const variant = variantOf(stack);
  return {
    stack,
    seconds: plan.startSeconds!,
    startup: Number(variant.ContainerStartupHealthCheckTimeoutInSeconds),
    download: Number(variant.ModelDataDownloadTimeoutInSeconds ?? 0),
  };
}

describe('how long an instance takes to start', () => {
  test('is part of the plan, and time-outs are twice its parts', () => {
    const { seconds, startup, download } = started();
    // 15.2 GB: at 200 MB/s from S3, at 500 MB/s from local NVMe, and the engine's own 300 s.
    expect(seconds).toBe(Math.ceil(15_231_233_024 / 200e6 + 15_231_233_024 / 500e6 + 300));
    expect(startup).toBe(720);
    expect(download).toBe(660);
    expect(startup + download).toBeGreaterThan(2 * seconds);
  });

  test('is shorter with a loader that reads in many threads', () => {
    const { stack, seconds } = started({ loadFormat: 'runai_streamer' });
    expect(started().seconds - seconds).toBe(Math.round(15_231_233_024 / 500e6 - 15_231_233_024 / 1e9));
    expect(environmentOf(stack)).toMatchObject({ OPTION_LOAD_FORMAT: 'runai_streamer' });
    expect([...errorsOf(stack), ...warningsOf(stack)]).toEqual([]);
  });

  test('is longest from the hub, whose download counts as a part of the start', () => {
    const hub = started({}, 'hub');
    expect(hub.seconds).toBeGreaterThan(started().seconds);
    expect(hub.startup).toBeGreaterThan(started().startup);
    expect(hub.download).toBe(0);
  });

  test.each([
    ['SGLang', 'SM_SGLANG_LOAD_FORMAT'],
    ['vLLM', 'SM_VLLM_LOAD_FORMAT'],
  ])('the loader is a variable of %s as well', async (name, variable) => {
    const { ServingContainer } = await import('../../../index');
    const container = name === 'vLLM' ? ServingContainer.vllm() : ServingContainer.sglang();
    expect(environmentOf(started({ loadFormat: 'auto', container }).stack)).toHaveProperty(variable, 'auto');
  });
});

describe('a loader that cannot work', () => {
  test('Fast Model Loader is refused on an image that has it no more, and on an endpoint without components', () => {
    const { stack } = started({ loadFormat: 'sagemaker_fast_model_loader' });
    expect(errorsOf(stack)).toEqual(
      expect.arrayContaining(['LOAD_FORMAT_REMOVED', 'FAST_MODEL_LOADER_NEEDS_COMPONENTS']),
    );
  });

  test('a name that vLLM never had is told', () => {
    expect(warningsOf(started({ loadFormat: 'run_ai' }).stack)).toContain('LOAD_FORMAT_UNKNOWN');
  });
});
