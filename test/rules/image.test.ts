import { LLAMA_70B } from '../../lib/rules/helpers/samples';
import { findingOf, spec } from './own-findings';

const GPU = 'al2023-ami-sagemaker-inference-gpu-4-1';
const GPU_3 = 'al2-ami-sagemaker-inference-gpu-3-1';
const GPU_2 = 'al2-ami-sagemaker-inference-gpu-2-1';
const NEURON = 'al2-ami-sagemaker-inference-neuron-2';
const AWQ = { quant_method: 'awq', bits: 4, group_size: 128, zero_point: true };

const on = (family: string, version: string | undefined, instanceType: string, ami?: string, config?: object) =>
  spec(
    {
      container: { family, version },
      instanceType,
      options: { maxModelLen: 4096 },
      endpoint: { inferenceAmiVersion: ami },
    },
    config === undefined ? {} : { config },
  );

describe('DRIVER_TOO_OLD_FOR_IMAGE', () => {
  const rule = 'DRIVER_TOO_OLD_FOR_IMAGE';
  const llama = {
    architectures: ['LlamaForCausalLM'],
    model_type: 'llama',
    hidden_size: 4096,
    intermediate_size: 14336,
    num_attention_heads: 32,
    num_hidden_layers: 32,
    num_key_value_heads: 8,
    vocab_size: 128256,
    max_position_embeddings: 8192,
    torch_dtype: 'float16',
    quantization_config: AWQ,
  };
  test.each([
    // A CUDA 13 image of AWS needs driver 580.
    ['vllm', '0.24.0', 'ml.g5.2xlarge', undefined, 'error', 'driver 470'],
    // vLLM can load its compatibility libraries from 535 on, SGLang cannot.
    ['vllm', '0.24.0', 'ml.g6.2xlarge', undefined, 'error', 'driver 535'],
    ['vllm', '0.24.0', 'ml.p5en.48xlarge', undefined, 'error', 'driver 550'],
    ['vllm', '0.24.0', 'ml.p5.48xlarge', GPU_3, 'warning', 'driver 550'],
    ['sglang', '0.5.20', 'ml.p5.48xlarge', GPU_2, 'error', 'driver 535'],
    ['llama-cpp', undefined, 'ml.g5.2xlarge', undefined, 'error', 'driver 470'],
    ['vllm', 'server-sagemaker-cuda-v2', 'ml.g5.2xlarge', undefined, 'error', 'driver 470'],
    // CUDA 12.9: from 525 on by minor-version compatibility, tested with 550.
    ['vllm', '0.15.1', 'ml.g5.2xlarge', undefined, 'error', 'driver 470'],
    ['vllm', '0.15.1', 'ml.p5.48xlarge', undefined, 'warning', 'driver 535'],
    ['vllm', '0.15.1', 'ml.g5.2xlarge', GPU_2, 'warning', 'driver 535'],
    // LMI bundles compatibility libraries from 535 on.
    ['lmi', '0.34.0-lmi16', 'ml.g4dn.xlarge', undefined, 'error', 'driver 470'],
    ['lmi', '0.32.0-lmi14', 'ml.g4dn.xlarge', undefined, 'error', 'driver 470'],
    ['lmi', '0.36.0-lmi27', 'ml.g5.2xlarge', undefined, 'error', 'driver 470'],
    ['lmi', '0.36.0-lmi27', 'ml.p5.48xlarge', undefined, 'warning', 'driver 535'],
    ['lmi', '0.36.0-lmi27', 'ml.g5.2xlarge', GPU_3, 'warning', 'driver 550'],
    ['lmi-trtllm', '0.33.0', 'ml.g5.2xlarge', undefined, 'error', 'driver 470'],
    // Nothing is documented of the default on g6e, where the SageMaker SDK sets an AMI.
    ['vllm', '0.24.0', 'ml.g6e.xlarge', undefined, 'warning', 'no inferenceAmiVersion'],
  ])('%s %s on %s with %s is a(n) %s: %s', (family, version, instance, ami, severity, driver) => {
    const finding = findingOf(rule, on(family, version, instance, ami));
    expect(finding).toMatchObject({ severity, path: '/endpoint/inferenceAmiVersion' });
    expect(finding?.got).toContain(driver);
    expect(finding?.message).toMatch(/CUDA 1[23]\.\d/);
  });
  test.each([
    ['vllm', '0.24.0', 'ml.g5.2xlarge', GPU],
    ['vllm', '0.15.1', 'ml.g5.2xlarge', GPU_3],
    ['vllm', '0.8.5', 'ml.g5.2xlarge', undefined],
    ['lmi', '0.34.0-lmi16', 'ml.g5.2xlarge', GPU_2],
    ['lmi', '0.34.0-lmi16', 'ml.p5.48xlarge', undefined],
    // AWS's samples start them on these without an AMI, whatever driver is documented.
    ['lmi', '0.34.0-lmi16', 'ml.g5.2xlarge', undefined],
    ['lmi', '0.34.0-lmi16', 'ml.p4d.24xlarge', undefined],
    // Up to CUDA 12.4 what it bundles serves driver 470.
    ['lmi', '0.26.0-deepspeed0.12.6-cu121', 'ml.g4dn.12xlarge', undefined],
    ['lmi', '0.31.0-lmi13', 'ml.g4dn.xlarge', undefined],
    ['vllm', '0.15.1', 'ml.g6e.xlarge', undefined],
    ['vllm', '0.26.0', 'ml.g7e.12xlarge', undefined],
    ['lmi', '0.36.0-lmi27', 'ml.g6e.xlarge', undefined],
    ['lmi', '0.36.0-lmi27', 'ml.g5.2xlarge', GPU],
    ['lmi', '0.27.0-deepspeed0.12.6-cu121', 'ml.g5.2xlarge', GPU_3],
    ['lmi', '0.24.0-deepspeed0.10.0-cu118', 'ml.g5.2xlarge', undefined],
    ['llama-cpp', undefined, 'ml.c7i.2xlarge', undefined],
    ['vllm', '0.24.0', 'ml.g5.2xlarge', 'al2099-ami-sagemaker-inference-gpu-9-1'],
  ])('%s %s on %s with %s runs', (family, version, instance, ami) => {
    expect(findingOf(rule, on(family, version, instance, ami))).toBeUndefined();
  });
  test('vLLM loads its compatibility libraries where it is told to', () => {
    const told = (ami?: string) => ({
      ...on('vllm', '0.24.0', 'ml.g5.2xlarge', ami),
      environment: { VLLM_ENABLE_CUDA_COMPATIBILITY: '1' },
    });
    expect(findingOf(rule, told(GPU_3))).toBeUndefined();
    expect(findingOf(rule, told())).toMatchObject({ severity: 'error' });
  });
  test('Marlin kernels of LMI 18 and later stop on driver 535', () => {
    expect(findingOf(rule, on('lmi', '0.36.0-lmi18', 'ml.p5.48xlarge', undefined, llama))).toMatchObject({
      severity: 'error',
      message: expect.stringContaining('PTX'),
    });
    expect(findingOf(rule, on('lmi', '0.34.0-lmi16', 'ml.p5.48xlarge', undefined, llama))).toBeUndefined();
    expect(findingOf(rule, on('lmi', '0.36.0-lmi18', 'ml.p5.48xlarge', GPU_3, llama))).toBeUndefined();
    expect(findingOf(rule, on('lmi', '0.36.0-lmi18', 'ml.p5.48xlarge'))).toBeUndefined();
  });
  test('proposes the AMI that AWS tests the image with', () => {
    expect(findingOf(rule, on('vllm', '0.24.0', 'ml.g5.2xlarge'))?.fix).toBe(`set inferenceAmiVersion to ${GPU}`);
    expect(findingOf(rule, on('vllm', '0.15.1', 'ml.g5.2xlarge'))?.fix).toBe(`set inferenceAmiVersion to ${GPU_3}`);
  });
  test('takes nothing for certain of a custom image', () => {
    const custom = (image: string) => spec({ container: { family: 'custom', image }, instanceType: 'ml.g6.xlarge' });
    expect(findingOf(rule, custom('123456789012.dkr.ecr.us-east-1.amazonaws.com/mine:x-cu130'))?.severity).toBe(
      'warning',
    );
    expect(findingOf(rule, custom('123456789012.dkr.ecr.us-east-1.amazonaws.com/mine:x'))).toBeUndefined();
  });
});

describe('DRIVER_TOO_NEW_FOR_IMAGE', () => {
  const rule = 'DRIVER_TOO_NEW_FOR_IMAGE';
  test('a CUDA 12.9 image of AWS hangs on the CUDA 13 AMI, LMI does not', () => {
    expect(findingOf(rule, on('vllm', '0.15.1', 'ml.g5.2xlarge', GPU))).toMatchObject({
      severity: 'error',
      allowed: GPU_3,
      path: '/endpoint/inferenceAmiVersion',
    });
    expect(findingOf(rule, on('vllm', '0.15.1', 'ml.g5.2xlarge', GPU_3))).toBeUndefined();
    expect(findingOf(rule, on('vllm', '0.24.0', 'ml.g5.2xlarge', GPU))).toBeUndefined();
    expect(findingOf(rule, on('lmi', '0.34.0-lmi16', 'ml.g5.2xlarge', GPU))).toBeUndefined();
    expect(findingOf(rule, on('vllm', '0.15.1', 'ml.g5.2xlarge'))).toBeUndefined();
  });
});

test('no AMI is known to have the driver that g7 needs', () => {
  const rule = 'DRIVER_NOT_OFFERED_FOR_INSTANCE';
  expect(findingOf(rule, on('vllm', '0.24.0', 'ml.g7.2xlarge', GPU))).toMatchObject({
    severity: 'warning',
    allowed: 'driver 595',
    got: expect.stringContaining(GPU),
  });
  expect(findingOf(rule, on('vllm', '0.24.0', 'ml.g7.2xlarge'))?.got).not.toContain('with');
  expect(findingOf(rule, on('vllm', '0.24.0', 'ml.g7e.2xlarge', GPU))).toBeUndefined();
});

describe('an inference AMI', () => {
  test.each([
    ['gpu-4-1', 'error', `use ${GPU}`],
    ['al2023-ami-sagemaker-inference-gpu-4-2', 'warning', `use ${GPU}`],
    ['', 'error', `use ${GPU}`],
    ['al2023-ami-sagemaker-inference-gpu-41', 'warning', `use ${GPU}`],
  ])('%p is a(n) %s', (ami, severity, fix) => {
    expect(findingOf('INFERENCE_AMI_UNKNOWN', on('vllm', '0.24.0', 'ml.g5.2xlarge', ami))).toMatchObject({
      severity,
      fix,
    });
  });
  test('is not judged while it is a token', () => {
    expect(findingOf('INFERENCE_AMI_UNKNOWN', on('vllm', '0.24.0', 'ml.g5.2xlarge', '${Token[1]}'))).toBeUndefined();
    expect(findingOf('INFERENCE_AMI_UNKNOWN', on('vllm', '0.24.0', 'ml.g5.2xlarge', GPU_3))).toBeUndefined();
  });
  test.each([
    ['hf-vllm-neuron', 'ml.inf2.8xlarge', GPU, 'error', `use ${NEURON}`],
    ['vllm', 'ml.g5.2xlarge', NEURON, 'error', `use ${GPU}`],
    ['llama-cpp', 'ml.c7i.2xlarge', GPU, 'warning', 'remove inferenceAmiVersion'],
  ])('of another accelerator: %s on %s with %s', (family, instance, ami, severity, fix) => {
    expect(findingOf('INFERENCE_AMI_FOR_OTHER_ACCELERATOR', on(family, undefined, instance, ami))).toMatchObject({
      severity,
      fix,
    });
  });
  test.each([
    ['hf-vllm-neuron', 'ml.inf2.8xlarge', GPU, 'NVIDIA GPUs, and ml.inf2.8xlarge has another accelerator', NEURON],
    ['vllm', 'ml.g5.2xlarge', NEURON, 'Neuron devices, and ml.g5.2xlarge has another accelerator', GPU],
    [
      'llama-cpp',
      'ml.c7i.2xlarge',
      GPU,
      'NVIDIA GPUs, and ml.c7i.2xlarge has no accelerator',
      'no inferenceAmiVersion',
    ],
  ])('is told from what the instance has: %s on %s with %s', (family, instance, ami, words, allowed) => {
    const finding = findingOf('INFERENCE_AMI_FOR_OTHER_ACCELERATOR', on(family, undefined, instance, ami));
    expect(finding?.message).toContain(`this inference AMI has the driver of ${words}`);
    expect(finding).toMatchObject({ got: ami, allowed });
  });
  test('is named by its end, or shown as far as it is worth it', () => {
    const unknown = (ami: string) => findingOf('INFERENCE_AMI_UNKNOWN', on('vllm', '0.24.0', 'ml.g5.2xlarge', ami));
    expect(unknown('gpu-3-1')?.fix).toBe(`use ${GPU_3}`);
    expect(unknown('neuron-2')).toMatchObject({ got: 'neuron-2', fix: `use ${NEURON}` });
    expect(unknown('')?.got).toBe('an empty inferenceAmiVersion');
    expect(unknown('x'.repeat(100))).toMatchObject({ got: 'x'.repeat(80), fix: `use ${GPU}` });
    expect(unknown(`x ${GPU}`)?.severity).toBe('error');
    expect(unknown(`${GPU}-`)?.severity).toBe('error');
  });
  test('of its own accelerator is right', () => {
    expect(
      findingOf('INFERENCE_AMI_FOR_OTHER_ACCELERATOR', on('hf-vllm-neuron', undefined, 'ml.inf2.8xlarge', NEURON)),
    ).toBeUndefined();
    expect(
      findingOf('INFERENCE_AMI_FOR_OTHER_ACCELERATOR', on('vllm', undefined, 'ml.g5.2xlarge', GPU)),
    ).toBeUndefined();
  });
});

describe('a version', () => {
  test('that is not known is a warning that names the nearest', () => {
    expect(
      findingOf('IMAGE_VERSION_UNKNOWN', spec({ container: { family: 'vllm', version: '0.99.0' } })),
    ).toMatchObject({ severity: 'warning', got: '0.99.0', allowed: '0.33.0' });
    expect(
      findingOf('IMAGE_VERSION_UNKNOWN', spec({ container: { family: 'vllm', version: '0.9.2' } })),
    ).toBeUndefined();
    expect(findingOf('IMAGE_VERSION_UNKNOWN', spec())).toBeUndefined();
  });
  test('that is long is cut', () => {
    const long = spec({ container: { family: 'vllm', version: `0.99.0-${'x'.repeat(100)}` } });
    expect(findingOf('IMAGE_VERSION_UNKNOWN', long)?.got).toHaveLength(80);
  });
  test('that is not in the region has versions, or else regions, to choose from instead', () => {
    const rule = 'IMAGE_NOT_IN_REGION';
    const there = (container: object, region?: string) => findingOf(rule, spec({ container, region }));
    const newer = there({ family: 'vllm', version: '0.30.0' }, 'us-gov-west-1');
    expect(newer?.fix).toBe(`use version ${newer?.allowed}`);
    expect(newer?.allowed?.split(/, | or /)).toHaveLength(3);
    for (const version of newer?.allowed?.split(/, | or /) ?? [])
      expect(there({ family: 'vllm', version }, 'us-gov-west-1')).toBeUndefined();
    const nowhere = there({ family: 'hf-vllm-neuron' }, 'eu-north-1');
    const regions = /^another region: (.*)$/.exec(nowhere?.allowed ?? '')?.[1] ?? '';
    expect(regions.split(/, | or /)).toHaveLength(3);
    expect(nowhere?.fix).toBe(`copy the image into a registry of your own, or deploy in ${regions}`);
    for (const region of regions.split(/, | or /)) expect(there({ family: 'hf-vllm-neuron' }, region)).toBeUndefined();
    expect(there({ family: 'vllm', version: '0.30.0' })).toBeUndefined();
    expect(there({ family: 'custom', image: 'vllm:0.30.0' }, 'us-gov-west-1')).toBeUndefined();
    expect(findingOf(rule, spec({ region: 'us-gov-west-1' }))).toBeUndefined();
  });
  test('that is not in the region is an error', () => {
    const rule = 'IMAGE_NOT_IN_REGION';
    const there = (family: string, version: string | undefined, region: string) =>
      spec({ container: { family, version }, region });
    expect(findingOf(rule, there('vllm', '0.30.0', 'us-gov-west-1'))).toMatchObject({
      severity: 'error',
      got: 'vllm:0.30.0-gpu-py312-cu130-ubuntu24.04-sagemaker',
      fix: expect.stringContaining('0.28.0'),
    });
    expect(findingOf(rule, there('hf-vllm-neuron', undefined, 'eu-north-1'))?.fix).toMatch(/copy the image/);
    expect(findingOf(rule, there('vllm', '0.28.0', 'us-gov-west-1'))).toBeUndefined();
    expect(findingOf(rule, there('vllm', '0.15.1', 'us-gov-west-1'))).toBeUndefined();
    expect(findingOf(rule, there('vllm', '0.30.0', 'moon-1'))).toBeUndefined();
    expect(findingOf(rule, there('vllm', '0.8.5', 'us-gov-west-1'))).toBeUndefined();
  });
});

describe('a custom image', () => {
  const image = (uri: string | undefined, parts: object = {}) =>
    spec({ container: { family: 'custom', image: uri }, ...parts });
  const ECR = '123456789012.dkr.ecr.eu-west-1.amazonaws.com/mine:1';
  test('is named by a full URI', () => {
    const rule = 'CUSTOM_IMAGE_INVALID';
    for (const uri of [undefined, '', 'a b', `x/${'y'.repeat(254)}`])
      expect(findingOf(rule, image(uri))).toMatchObject({ severity: 'error', path: '/container/image' });
    for (const uri of [ECR, '${Token[1]}', 'vllm/vllm-openai:v1']) expect(findingOf(rule, image(uri))).toBeUndefined();
    expect(findingOf(rule, spec({ container: { family: 'vllm' } }))).toBeUndefined();
  });
  test('is shown where there is one, as far as it is worth it', () => {
    const invalid = (uri: string | undefined) => findingOf('CUSTOM_IMAGE_INVALID', image(uri));
    expect([invalid(undefined)?.got, invalid('')?.got]).toEqual(['no image', 'no image']);
    expect(invalid('a b')?.got).toBe('a b');
    const of = (length: number) => `${ECR.slice(0, -1)}${'x'.repeat(length - ECR.length + 1)}`;
    expect(invalid(of(256))?.got).toBe(of(80));
  });
  test('has the host name and the account of its region', () => {
    const rule = 'IMAGE_URI_CONTRADICTS_REGION';
    const at = (registry: string) => findingOf(rule, image(`${registry}/djl-inference:1`));
    expect(at('727897471807.dkr.ecr.cn-north-1.amazonaws.com')).toMatchObject({
      got: '727897471807.dkr.ecr.cn-north-1.amazonaws.com/djl-inference:1',
      allowed: '727897471807.dkr.ecr.cn-north-1.amazonaws.com.cn',
      fix: 'write 727897471807.dkr.ecr.cn-north-1.amazonaws.com.cn/djl-inference:1',
    });
    expect(at('763104351884.dkr.ecr.eu-central-2.amazonaws.com')).toMatchObject({
      got: 'account 763104351884 in eu-central-2',
      allowed: 'account 380420809688',
      fix: 'write 380420809688.dkr.ecr.eu-central-2.amazonaws.com/djl-inference:1',
    });
    for (const account of ['763104330519', '763103351894'])
      expect(at(`${account}.dkr.ecr.us-east-1.amazonaws.com`)).toMatchObject({
        severity: 'warning',
        fix: 'write 763104351884.dkr.ecr.us-east-1.amazonaws.com/djl-inference:1',
      });
    expect(findingOf(rule, image('763104330519.dkr.ecr.us-east-1.amazonaws.com/mine:1'))).toBeUndefined();
    for (const registry of [
      '763104351884.dkr.ecr.us-east-1.amazonaws.com',
      '123456789012.dkr.ecr.eu-central-2.amazonaws.com',
      '763104351884.dkr.ecr.moon-1.amazonaws.com',
      'ghcr.io',
      '${Token[1]}',
    ])
      expect(at(registry)).toBeUndefined();
    expect(findingOf(rule, spec({ container: { family: 'vllm' } }))).toBeUndefined();
    expect(findingOf(rule, spec())).toBeUndefined();
  });
  test('is in a private repository of ECR', () => {
    const rule = 'IMAGE_NOT_IN_ECR';
    expect(findingOf(rule, image('vllm/vllm-openai:v0.8.5'))?.severity).toBe('error');
    expect(findingOf(rule, image('public.ecr.aws/x/y:1', { endpoint: { vpc: true } }))?.severity).toBe('error');
    expect(findingOf(rule, image('my.registry.io/y:1', { endpoint: { vpc: true } }))?.severity).toBe('warning');
    expect(findingOf(rule, image('my.registry.io/y:1'))?.severity).toBe('error');
    expect(findingOf(rule, image(ECR))).toBeUndefined();
    expect(findingOf(rule, image('${Token[1]}/x'))).toBeUndefined();
  });
  test('is in the region of the endpoint', () => {
    const rule = 'IMAGE_IN_OTHER_REGION';
    expect(findingOf(rule, image(ECR, { region: 'us-east-1' }))).toMatchObject({ severity: 'error', got: ECR });
    expect(findingOf(rule, image(ECR, { region: 'eu-west-1' }))).toBeUndefined();
    expect(findingOf(rule, image(ECR))).toBeUndefined();
    expect(findingOf(rule, image(ECR, { region: '${Token[1]}' }))).toBeUndefined();
  });
});

describe('IMAGE_FOR_OTHER_PROCESSOR', () => {
  const rule = 'IMAGE_FOR_OTHER_PROCESSOR';
  test('an Arm instance needs an Arm image, and at least Graviton3', () => {
    expect(findingOf(rule, on('llama-cpp', 'b9522', 'ml.c7g.2xlarge'))).toMatchObject({ severity: 'error' });
    expect(findingOf(rule, on('llama-cpp', undefined, 'ml.c6g.2xlarge'))).toMatchObject({
      severity: 'error',
      fix: 'use ml.c7g.2xlarge',
    });
    expect(findingOf(rule, on('vllm', '0.24.0', 'ml.p6e-gb200.36xlarge', GPU))?.severity).toBe('warning');
    expect(findingOf(rule, on('lmi', undefined, 'ml.c7g.2xlarge'))).toMatchObject({
      severity: 'error',
      fix: 'use an x86 instance',
    });
    expect(findingOf(rule, on('llama-cpp', 'b9522', 'ml.c7g.2xlarge'))?.fix).toMatch(/^use version 1\.0\.1/);
    expect(findingOf(rule, on('llama-cpp', 'b9522', 'ml.c7g.2xlarge'))?.message).toContain(
      'the llama-cpp image b9522 has',
    );
    expect(findingOf(rule, on('vllm', undefined, 'ml.c6g.2xlarge'))?.fix).toBe('use an x86 instance');
    for (const type of ['ml.c7g.2xlarge', 'ml.r8g.2xlarge', 'ml.c7i.2xlarge', 'ml.g5.2xlarge'])
      expect(findingOf(rule, on('llama-cpp', undefined, type))).toBeUndefined();
    expect(findingOf(rule, on('vllm', '0.8.5', 'ml.c7g.2xlarge'))).toBeUndefined();
  });
});

describe('an image given by its URI', () => {
  const custom = (image: string, instanceType: string, rest: object = {}) =>
    spec({ container: { family: 'custom', image }, instanceType, ...rest });
  const AWS = '763104351884.dkr.ecr.us-east-1.amazonaws.com';

  test.each([
    ['llama-cpp:server-sagemaker-cpu-v1', 'ml.c7g.2xlarge', 'built for x86'],
    ['vllm:0.24.0-gpu-py312-cu130-ubuntu22.04-sagemaker', 'ml.c7g.2xlarge', 'built for x86'],
    ['llama-cpp-arm64:server-sagemaker-cpu-v1', 'ml.c7i.2xlarge', 'built for Arm'],
    ['sagemaker-scikit-learn:1.0-1-arm64-cpu-py3', 'ml.c7i.2xlarge', 'built for Arm'],
    ['sagemaker-scikit-learn:arm64', 'ml.c7i.2xlarge', 'built for Arm'],
    ['sagemaker-scikit-learn:1.0-arm64', 'ml.c7i.2xlarge', 'built for Arm'],
  ])('of AWS, %s, does not run on %s', (image, instance, what) => {
    const finding = findingOf('IMAGE_FOR_OTHER_PROCESSOR', custom(`${AWS}/${image}`, instance));
    expect(finding).toMatchObject({ severity: 'error', path: '/instanceType' });
    expect(finding?.message).toContain(what);
  });

  test.each([
    [`${AWS}/llama-cpp-arm64:server-sagemaker-cpu-v1`, 'ml.c7g.2xlarge'],
    [`${AWS}/llama-cpp:server-sagemaker-cpu-v1`, 'ml.c7i.2xlarge'],
    [`${AWS}/pytorch-inference:2.6.0-cpu-py312`, 'ml.c7g.2xlarge'],
    ['111122223333.dkr.ecr.us-east-1.amazonaws.com/vllm:own-arm-build', 'ml.c7g.2xlarge'],
    ['ghcr.io/ggml-org/llama.cpp:server', 'ml.c7g.2xlarge'],
    [`${AWS}/sagemaker-scikit-learn:1.0-notarm64`, 'ml.c7i.2xlarge'],
    [`${AWS}/vllm:0.24.0-gpu-py312-cu130-ubuntu22.04-sagemaker`, 'ml.p6e-gb200.36xlarge'],
  ])('%s on %s is not known to fail', (image, instance) => {
    expect(findingOf('IMAGE_FOR_OTHER_PROCESSOR', custom(image, instance))).toBeUndefined();
  });

  test('may bring what it needs for an older driver', () => {
    const rule = 'DRIVER_TOO_OLD_FOR_IMAGE';
    expect(findingOf(rule, custom(`${AWS}/own-server:1-cu124`, 'ml.g5.2xlarge'))).toMatchObject({
      severity: 'warning',
    });
    const tgi = (tag: string) => custom(`${AWS}/huggingface-pytorch-tgi-inference:${tag}`, 'ml.g5.2xlarge');
    expect(findingOf(rule, tgi('2.7.0-tgi3.3.6-gpu-py311-cu124-ubuntu22.04'))).toBeUndefined();
    expect(findingOf(rule, tgi('9.0.0-tgi9.0.0-gpu-py312-cu130-ubuntu24.04'))).toMatchObject({ severity: 'warning' });
  });

  test('may spread and quantize the weights as its variables say', () => {
    const of = (environment: object | undefined, rest: object = {}) =>
      findingOf('WEIGHTS_DO_NOT_FIT', {
        ...custom(`${AWS}/own-server:1`, 'ml.g5.12xlarge', { environment, ...rest }),
        model: { config: LLAMA_70B },
      });
    expect(of(undefined)).toMatchObject({ severity: 'error' });
    expect(of({ MAX_TOTAL_TOKENS: '2048' })).toMatchObject({ severity: 'error' });
    expect(of({ SM_NUM_GPUS: '4', HF_MODEL_QUANTIZE: 'eetq' })).toBeUndefined();
    expect(of({ SM_NUM_GPUS: '4' }, { options: { tensorParallelSize: 1 } })).toMatchObject({ severity: 'error' });
    expect(of({ SM_NUM_GPUS: '1' }, { instanceType: 'ml.g5.xlarge' })).toMatchObject({ severity: 'error' });
    const sglang = (environment: object | undefined) =>
      findingOf('WEIGHTS_DO_NOT_FIT', {
        ...custom('123456789012.dkr.ecr.us-east-1.amazonaws.com/sglang:v0.5.4', 'ml.g5.12xlarge', { environment }),
        model: { config: LLAMA_70B },
      });
    expect(sglang(undefined)).toMatchObject({ severity: 'error' });
    expect(sglang({ OPTION_TENSOR_PARALLEL_SIZE: '4' })).toBeUndefined();
    const whole = (instanceType: string) =>
      findingOf('WEIGHTS_DO_NOT_FIT', {
        ...custom(`${AWS}/own-server:1`, instanceType),
        model: { config: LLAMA_70B },
      });
    expect(whole('ml.g5.48xlarge')).toMatchObject({
      severity: 'warning',
      message: expect.stringContaining('unless the image spreads them by itself'),
    });
    expect(whole('ml.g5.12xlarge')).toMatchObject({ severity: 'error' });
  });
});
