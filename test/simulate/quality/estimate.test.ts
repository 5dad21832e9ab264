import { parseScheme } from '../../../lib/scheme';
import { decoderShape } from '../../../lib/simulate/forward/decoder-shape';
import { estimateSearch } from '../../../lib/simulate/quality/estimate';
import { openModel } from './texts';

describe('the time that a search will take', () => {
  const seconds = async (scheme: string, config: object = {}, groupSize?: number) => {
    const checkpoint = await openModel();
    const shape = decoderShape({ ...(checkpoint.config as object), ...config });
    return estimateSearch(shape, parseScheme(scheme, { groupSize }));
  };

  test.each(['int4-rtn', 'int8-weight-only', 'smoothquant', 'fp8', 'gguf:Q4_K_M'])('is none for %s', async (scheme) => {
    expect(await seconds(scheme)).toBe(0);
  });

  test('is that of twenty exponents for AWQ, of one pass for GPTQ', async () => {
    const [awq, gptq] = [await seconds('awq'), await seconds('gptq')];
    expect(gptq).toBeGreaterThan(0);
    expect(awq).toBeGreaterThan(5 * gptq);
    expect(await seconds('awq', {}, 32)).toBeLessThan(awq);
  });

  test('grows with the layers, and with the cube of their width', async () => {
    const layers = (await openModel()).config as { num_hidden_layers: number };
    const once = await seconds('gptq');
    expect(await seconds('gptq', { num_hidden_layers: 2 * layers.num_hidden_layers })).toBeCloseTo(2 * once, 9);
    const { hidden_size, intermediate_size, num_attention_heads, num_key_value_heads } = (await openModel())
      .config as Record<string, number>;
    const wide = {
      hidden_size: 2 * hidden_size,
      intermediate_size: 2 * intermediate_size,
      num_attention_heads: 2 * num_attention_heads,
      num_key_value_heads: 2 * num_key_value_heads,
    };
    expect(await seconds('gptq', wide)).toBeCloseTo(8 * once, 9);
  });
});
