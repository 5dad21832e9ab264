import { describeModel } from '../../lib/model';
import { expertWorkspaceElements } from '../../lib/plan/memory/expert-workspace';
import { activationBytes, VllmVersion } from '../../lib/plan/memory/vllm-profile';
import { LLAMA_8B, MIXTRAL } from '../../lib/rules/helpers/samples';
import { parseScheme } from '../../lib/scheme/parse';
import { NEMOTRON_SUPER } from './fixtures';

/** Mixtral: two of its experts for each token, 14,336 wide, of an input of 4,096. */
const WHOLE = 2 * (2 * 14_336 + 14_336);

interface Case {
  readonly scheme?: string;
  readonly version?: string;
  readonly sm?: number;
  readonly ranks?: number;
  readonly apart?: boolean;
}

function workspace({ scheme = 'bf16', version = '0.30.0', sm = 89, ranks = 1, apart = false }: Case, config = MIXTRAL) {
  const kernel = { scheme: parseScheme(scheme, { origin: 'spec' }), ranks, apart, sm };
  return expertWorkspaceElements(describeModel(config), kernel, new VllmVersion(version.split('.').map(Number)));
}

describe('the room that experts are computed in', () => {
  test('is for both products of every chosen expert, as wide as the input at least', () => {
    expect(workspace({})).toBe(WHOLE);
    expect(workspace({ ranks: 4 })).toBe(2 * (7168 + 4096));
    expect(workspace({ ranks: 8 })).toBe(2 * (4096 + 4096));
  });

  test('is for experts only', () => expect(workspace({}, LLAMA_8B)).toBe(0));

  test.each<[Case, boolean]>([
    [{ version: '0.13.0' }, false],
    [{ version: '0.14.0' }, true],
    [{ version: '0.7.3' }, false],
    [{ scheme: 'fp8', version: '0.14.0' }, true],
    [{ scheme: 'nvfp4', version: '0.14.0', sm: 120 }, true],
    [{ scheme: 'mxfp4', version: '0.16.0', sm: 80 }, false],
    [{ scheme: 'mxfp4', version: '0.17.0', sm: 80 }, true],
    // Triton's own kernel, on Hopper.
    [{ scheme: 'mxfp4', sm: 90 }, false],
    [{ scheme: 'gptq', version: '0.19.0' }, false],
    [{ scheme: 'gptq', version: '0.20.0' }, true],
    [{ scheme: 'int8-w8a8', version: '0.19.0' }, true],
    [{ scheme: 'awq', version: '0.22.0' }, false],
    [{ scheme: 'awq', version: '0.23.0' }, true],
    [{ scheme: 'bitsandbytes-nf4' }, false],
    [{ scheme: 'fp8-block', sm: 90 }, true],
    [{ scheme: 'fp8-block', sm: 90, version: '0.14.1' }, true],
    [{ scheme: 'fp8-block', sm: 89, apart: true }, true],
    [{ scheme: 'fp8', sm: 90, apart: true }, true],
    [{ scheme: 'fp8-static', sm: 89 }, true],
    [{ scheme: 'fp8-static', sm: 90, version: '0.14.1' }, true],
    // TensorRT-LLM's kernels.
    [{ sm: 100 }, false],
    [{ sm: 103 }, false],
    [{ sm: 120 }, true],
  ])('%j is kept: %p', (parts, kept) => expect(workspace(parts)).toBe(kept ? WHOLE : 0));

  // DeepSeek-R1 with vLLM 0.16.0 on eight H200: as much as 0.13.0 took, and 1.75 GiB less than 0.14.1 did.
  test.each<Case>([
    { scheme: 'fp8-block', sm: 90, version: '0.15.0' },
    { scheme: 'fp8-block', sm: 90, version: '0.16.0' },
    { scheme: 'fp8-block', sm: 90, apart: true },
    { scheme: 'fp8-static', sm: 90, version: '0.16.0' },
    { scheme: 'fp8-static', sm: 120 },
  ])('%j is what FlashInfer gives out', (parts) => expect(workspace(parts)).toBe(4096));

  test('is of one product where no gate multiplies it, and as wide as a latent that is routed', () => {
    expect(workspace({ ranks: 2 }, NEMOTRON_SUPER)).toBe(22 * (1344 + 1344));
    expect(workspace({ ranks: 4 }, NEMOTRON_SUPER)).toBe(22 * (1024 + 1024));
    expect(workspace({ scheme: 'fp8-static', sm: 90, ranks: 2 }, NEMOTRON_SUPER)).toBe(1024);
  });
});

describe('experts that take their room for each call', () => {
  const peak = (version: string, tokens: number) =>
    activationBytes(
      describeModel(MIXTRAL),
      { tokens, sequences: 0 },
      new VllmVersion(version.split('.').map(Number)),
      1,
      2,
    );

  test('share a buffer between first product and output since 0.8', () => {
    expect(peak('0.8.0', 4096)).toBe(4096 * 2 * (3 * 4096 + 2 * (2 * 14_336 + 14_336)));
    expect(peak('0.7.3', 4096)).toBe(4096 * 2 * (3 * 4096 + 2 * (2 * 14_336 + 4096 + 14_336)));
  });

  test.each([
    ['0.5.0', Infinity],
    ['0.5.1', 65_536],
    ['0.5.4', 32_768],
    ['0.11.2', 32_768],
    ['0.12.0', 16_384],
    ['0.17.0', 16_384],
    ['0.18.0', Infinity],
  ])('%s computes %d tokens at a time', (version, most) => {
    const products = (tokens: number) => peak(version, tokens) - tokens * 2 * 3 * 4096;
    const one = products(1);
    expect(products(100_000)).toBe(one * Math.min(100_000, most));
  });
});
