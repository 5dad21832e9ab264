import { QuantizationScheme } from '../../../index';
import { parseScheme } from '../../../lib/scheme';

test('every member is a scheme that the library knows', () => {
  const members = Object.values(QuantizationScheme).filter((value) => value instanceof QuantizationScheme);
  expect(members.length).toBeGreaterThan(10);
  for (const { schemeName } of members) expect(parseScheme(schemeName).name).toBe(schemeName);
});

test('a group size goes with a scheme', () => {
  const { schemeName, groupSize } = QuantizationScheme.of('awq', { groupSize: 64 });
  expect([schemeName, groupSize]).toEqual(['awq', 64]);
});

test('a GGUF file type is a scheme', () => {
  expect(String(QuantizationScheme.gguf('Q4_K_M'))).toBe('gguf:Q4_K_M');
});
