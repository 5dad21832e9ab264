import { choose as command } from '../../bin/commands/choose';
import { Terminal } from '../../bin/terminal';
import {
  CHOICE_ARCHITECTURES,
  CHOICE_GOALS,
  CHOICE_QUALITIES,
  choose,
  recommend,
  type ChoiceArchitecture,
} from '../../lib/recommend';
import { isSchemeName } from '../../lib/scheme';
import type { ContainerFamily, ModelSpec } from '../../lib/spec/types';
import { Writable } from 'node:stream';
import { T5_LARGE } from './fixtures';

const MODELS: Readonly<Record<ChoiceArchitecture, ModelSpec>> = {
  decoder: { id: 'meta-llama/Meta-Llama-3.1-8B' },
  multimodal: { id: 'Qwen/Qwen2.5-VL-7B-Instruct' },
  'encoder-decoder': {
    config: T5_LARGE,
  },
};

const served = new Map<string, boolean>();

/** Is there an instance on which no rule refuses it? */
function isServed(architecture: ChoiceArchitecture, quantization: string, family: ContainerFamily): boolean {
  const key = [architecture, quantization, family].join();
  const spec = { model: MODELS[architecture], quantization, container: { family }, region: 'us-east-1' };
  const known =
    served.get(key) ?? recommend({ ...spec, workload: { inputTokens: 256, outputTokens: 64 } }).candidates.length > 0;
  served.set(key, known);
  return known;
}

describe("the guide's chooser", () => {
  test.each([
    ['simplest', 'QuantizedEndpoint', 'lmi'],
    ['cost', 'NeuronEndpoint', 'lmi-neuron'],
    ['flexibility', 'QuantizedEndpoint', 'vllm'],
    ['edge', 'GgufEndpoint', 'llama-cpp'],
  ] as const)('%s leads to %s', (goal, construct, container) => {
    const choice = choose({ goal, architecture: 'decoder', quality: 'balanced' });
    expect(choice.construct).toBe(construct);
    expect(choice.containers[0]).toBe(container);
  });

  test('names schemes that exist, for every answer', () => {
    for (const goal of CHOICE_GOALS)
      for (const architecture of CHOICE_ARCHITECTURES)
        for (const quality of CHOICE_QUALITIES) {
          const { schemes, next } = choose({ goal, architecture, quality });
          expect(schemes.length).toBeGreaterThan(0);
          for (const scheme of schemes) expect(isSchemeName(scheme)).toBe(true);
          expect(next.length).toBeGreaterThan(1);
        }
  });

  test.each(CHOICE_GOALS.flatMap((goal) => CHOICE_ARCHITECTURES.map((architecture) => [goal, architecture] as const)))(
    '%s for a %s names only what some instance serves',
    (goal, architecture) => {
      for (const quality of CHOICE_QUALITIES) {
        const { schemes, servedBy, containers } = choose({ goal, architecture, quality });
        expect(Object.keys(servedBy)).toEqual(schemes);
        expect(new Set(Object.values(servedBy).flat())).toEqual(new Set(containers));
        for (const scheme of schemes)
          for (const family of servedBy[scheme])
            expect({ scheme, family, served: isServed(architecture, scheme, family) }).toEqual({
              scheme,
              family,
              served: true,
            });
      }
    },
  );

  test('never offers four bits where quality comes first', () => {
    for (const architecture of CHOICE_ARCHITECTURES)
      for (const goal of CHOICE_GOALS)
        expect(choose({ goal, architecture, quality: 'high' }).schemes.join()).not.toMatch(/awq|gptq|Q4/);
  });

  test('goes to eight bits before four', () => {
    const { schemes } = choose({ goal: 'simplest', architecture: 'decoder', quality: 'balanced' });
    expect(schemes.indexOf('fp8')).toBeLessThan(schemes.indexOf('awq'));
  });
});

describe('qe choose', () => {
  const run = async (options: Record<string, unknown>) => {
    let out = '';
    const stream = new Writable({
      write(chunk: Buffer, _encoding, done) {
        out += chunk.toString();
        done();
      },
    });
    const status = await command([], options, new Terminal(options, stream, stream));
    return { status, out };
  };

  test('answers by options, as JSON or in words', async () => {
    const json = await run({ goal: 'edge', json: true });
    expect(JSON.parse(json.out)).toMatchObject({ schema: 1, construct: 'GgufEndpoint' });
    const words = await run({ goal: 'cost', color: false });
    expect(words.status).toBe(0);
    expect(words.out).toContain('NeuronEndpoint');
    expect(words.out).toContain('neuron-int8 (lmi-neuron, vllm-neuron), then none (hf-vllm-neuron)');
  });

  test('asks for the goal where there is no terminal to ask in', async () => {
    await expect(run({ json: true })).rejects.toMatchObject({ id: 'CHOICE_GOAL_MISSING' });
  });

  test('names the nearest answer after a misspelling', async () => {
    await expect(run({ goal: 'simpelst' })).rejects.toMatchObject({ id: 'CHOICE_UNKNOWN', fix: 'use --goal simplest' });
  });
});
