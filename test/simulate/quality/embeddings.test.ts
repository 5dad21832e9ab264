import { compareEmbeddings, evaluateEmbeddings } from '../../../lib/simulate/quality/embeddings';
import { parseScheme } from '../../../lib/scheme';
import { FormulaWeights } from '../forward/formula';
import { TestFolder, type TestTensor } from '../helpers/checkpoint';
import families from '../forward/fixtures/families.json';

jest.setTimeout(120_000);

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

  test('orders schemes by what they lose', async () => {
    const { config, tensors: shapes } = families.encoder;
    const source = new FormulaWeights(shapes, false);
    const tensors: Record<string, TestTensor> = {};
    for (const [name, shape] of Object.entries(shapes))
      tensors[name] = { dtype: 'F32', shape, data: (await source.read(name)).data };
    const { checkpoint } = await folder.checkpoint('encoder', tensors, config);
    const texts = Array.from({ length: 12 }, (_, text) =>
      Array.from({ length: 6 + (text % 5) }, (_token, i) => (text * 31 + i * i * 7 + 3) % 120),
    );
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
    expect(evaluation.schemes[3].notes).toEqual([
      'Encoders are not calibrated: smoothquant was evaluated on weights alone.',
    ]);
  });
});
