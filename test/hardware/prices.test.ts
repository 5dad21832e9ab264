import { builtInPrices, findInstance, findPrice, priceKey } from '../../lib/hardware';

describe('prices', () => {
  test('carry date and source', () => {
    expect(findPrice('ml.g5.2xlarge', 'us-east-1')).toEqual({
      usdPerHour: 1.515,
      region: 'us-east-1',
      date: '2025-01-26',
      source: expect.stringContaining('foundation-model-benchmarking-tool'),
    });
  });
  test('are unknown, not guessed, for a region or type that no source covers', () => {
    expect(findPrice('ml.g5.2xlarge', 'eu-west-1')).toBeUndefined();
    expect(findPrice('ml.p5en.48xlarge', 'us-east-1')).toBeUndefined();
  });
  test('just fetched win over built-in ones', () => {
    const price = { usdPerHour: 9, region: 'us-east-1', date: '2027-01-01', source: 'test' };
    const table = new Map([[priceKey('ml.g5.2xlarge', 'us-east-1'), price]]);
    expect(findPrice('ml.g5.2xlarge', 'us-east-1', table)).toBe(price);
    expect(findPrice('ml.g5.xlarge', 'us-east-1', table)?.usdPerHour).toBeCloseTo(1.4084, 6);
  });
  test('are positive, dated and of known types', () => {
    expect(builtInPrices.size).toBeGreaterThan(50);
    for (const [key, price] of builtInPrices) {
      expect(findInstance(key.split(' ')[0])).toBeDefined();
      expect(price.usdPerHour).toBeGreaterThan(0);
      expect(price.date).toMatch(/^20\d\d(-\d\d-\d\d)?$/);
    }
  });
});
