import { compareEmbeddings, evaluateEmbeddings } from '../../../lib/simulate/quality/embeddings';
import { parseScheme } from '../../../lib/scheme';
import { calibrationOf } from '../../../lib/simulate/calibration/in-memory';
import { encoderShape } from '../../../lib/simulate/forward/encoder-shape';
import { calibrateEncoder, type CalibratedGroup } from '../../../lib/simulate/quality/calibrate';
import { FormulaWeights } from '../forward/formula';
import { TestFolder, type TestTensor } from '../helpers/checkpoint';
import families from '../forward/fixtures/families.json';

const unit = (...values: number[]) => {
  const length = Math.hypot(...values);
  return Float32Array.from(values, (value) => value / length);
};

describe('comparing embeddings', () => {
  const full = [unit(1, 0), unit(0.9, 0.1), unit(0.5, 0.5), unit(0, 1)];

  test('finds no difference between equal ones', () => {
    const { meanCosine, worstCosine, rankAgreement, nearestAgreement } = compareEmbeddings(full, full);
    for (const cosine of [meanCosine, worstCosine]) expect(cosine).toBeCloseTo(1, 6);
    expect([rankAgreement, nearestAgreement]).toEqual([1, 1]);
  });

  test('does not mind a rotation of all: a search sees similarities alone', () => {
    const turned = full.map(([x, y]) => unit(-y, x));
    const { meanCosine, rankAgreement, nearestAgreement } = compareEmbeddings(full, turned);
    expect(meanCosine).toBeCloseTo(0, 6);
    expect([rankAgreement, nearestAgreement]).toEqual([1, 1]);
  });

  test('counts the texts whose neighbour changes', () => {
    const [first, second, third] = full;
    const moved = [first, second, third, unit(1, -0.05)];
    const { worstCosine, rankAgreement, nearestAgreement } = compareEmbeddings(full, moved);
    expect(worstCosine).toBeLessThan(0.1);
    expect(rankAgreement).toBeLessThan(0.5);
    expect(nearestAgreement).toBeLessThan(1);
  });
});

describe('evaluating an encoder', () => {
  const folder = new TestFolder();
  afterAll(() => folder.remove());

  async function encoder() {
    const { config, tensors: shapes } = families.encoder;
    const source = new FormulaWeights(shapes, false);
    const tensors: Record<string, TestTensor> = {};
    for (const [name, shape] of Object.entries(shapes))
      tensors[name] = { dtype: 'F32', shape, data: (await source.read(name)).data };
    return { source, shape: encoderShape(config), ...(await folder.checkpoint('encoder', tensors, config)) };
  }
  const textsOf = (count: number, shift: number) =>
    Array.from({ length: count }, (_, text) =>
      Array.from({ length: 6 + (text % 5) }, (_token, i) => (text * 31 + i * i * 7 + 3 + shift) % 120),
    );

  test('counts what enters each layer, and GPTQ, AWQ and static scales use it', async () => {
    const { source, shape, checkpoint } = await encoder();
    const groups: CalibratedGroup[] = [];
    const texts = textsOf(60, 17);
    await calibrateEncoder(texts, true, { source, shape }, (group) => void groups.push(group));
    expect(groups).toHaveLength(4 * shape.layers);
    const [first] = groups;
    expect(first.weights).toEqual(
      ['query', 'key', 'value'].map((name) => `encoder.layer.0.attention.self.${name}.weight`),
    );
    for (const { statistics } of groups) {
      const { absMax, lowest, highest, absMean, moments, tokens, width } = statistics;
      expect(tokens).toBe(texts.flat().length);
      absMax.forEach((value, i) => {
        expect(value).toBe(Math.max(-lowest[i], highest[i]));
        expect(absMean[i]).toBeLessThanOrEqual(value);
        const square = moments!.second[i * width + i];
        expect(square).toBeGreaterThanOrEqual(0.999 * absMean[i] ** 2);
        expect(square).toBeLessThanOrEqual(1.001 * value ** 2);
      });
    }
    const names = ['int4-rtn', 'awq', 'gptq', 'int8-w8a8', 'int8-w8a8-static'];
    const schemes = names.map((name) => parseScheme(name, { groupSize: /int4|awq|gptq/.test(name) ? 32 : undefined }));
    const calibration = calibrationOf('text', groups, texts.length);
    const evaluation = await evaluateEmbeddings(checkpoint, { schemes, texts: textsOf(12, 0), calibration });
    const [nearest, awq, gptq, dynamic, fixed] = evaluation.schemes.map(({ figures }) => figures.meanCosine);
    expect(gptq).toBeGreaterThan(nearest);
    expect(awq).toBeGreaterThan(nearest);
    expect(fixed).toBeLessThan(dynamic);
    expect(fixed).toBeGreaterThan(0.9);
    expect(evaluation.schemes[4].notes).toEqual([]);
  });

  test('orders schemes by what they lose', async () => {
    const { checkpoint } = await encoder();
    const texts = textsOf(12, 0);
    const schemes = ['int8-weight-only', 'int8-w8a8', 'int4-rtn', 'smoothquant'];
    const evaluation = await evaluateEmbeddings(checkpoint, {
      schemes: schemes.map((name) => parseScheme(name, { groupSize: name === 'int4-rtn' ? 32 : undefined })),
      texts,
    });
    expect(evaluation).toMatchObject({ texts: 12, tokens: texts.flat().length });
    const [int8, w8a8, int4, smooth] = evaluation.schemes.map(({ figures }) => figures);
    expect(int8.meanCosine).toBeGreaterThan(0.999);
    expect(int8.meanCosine).toBeLessThan(1);
    expect(w8a8.meanCosine).toBeLessThan(int8.meanCosine);
    expect(int4.meanCosine).toBeLessThan(w8a8.meanCosine);
    expect(int4.rankAgreement).toBeLessThan(int8.rankAgreement);
    expect(smooth).toEqual(w8a8);
    expect(evaluation.schemes[3].notes[0]).toContain('SmoothQuant has nowhere to put its factors');
  });
});
