import { openCheckpoint } from '../../lib/format';
import { locateCheckpoint } from '../../lib/format/node';
import { parseScheme, type Scheme } from '../../lib/scheme';
import { calibrationOf } from '../../lib/simulate/calibration/in-memory';
import { calibrate, type CalibratedGroup } from '../../lib/simulate/quality/calibrate';
import { evaluate } from '../../lib/simulate/quality/evaluate';
import { openForwardSession } from '../../bin/quality/session';
import { Terminal } from '../../bin/terminal';

/**
 * What the reference calls its variants, and the scheme that stands for each here. Where a scheme has details that its name does
 * not fix, the reference's are taken: asymmetric GPTQ, static scales behind SmoothQuant.
 */
const VARIANTS: Readonly<Record<string, () => Scheme>> = {
  rtn_int8_perchannel_sym: () => parseScheme('int8-weight-only'),
  rtn_int4_g128_asym: () => parseScheme('int4-rtn'),
  rtn_int4_perchannel_asym: () => parseScheme('int4-rtn', { groupSize: -1 }),
  fp8_e4m3_weight_perchannel_only: () => parseScheme('fp8-weight-only'),
  fp8_e4m3_wchannel_atoken: () => parseScheme('fp8'),
  w8a8_wchannel_atensor_static: () => parseScheme('int8-w8a8-static'),
  w8a8_wchannel_atoken_dynamic: () => parseScheme('int8-w8a8'),
  'smoothquant_a0.5_wchannel_atensor_static': () => ({
    ...parseScheme('smoothquant'),
    activationScales: 'static-tensor',
  }),
  'smoothquant_a0.5_wchannel_atoken': () => ({ ...parseScheme('smoothquant'), activationScales: 'dynamic-token' }),
  awq_int4_g128_clip: () => parseScheme('awq'),
  gptq_int4_g128_asym: () => ({ ...parseScheme('gptq'), symmetric: false }),
  gguf_q8_0: () => parseScheme('gguf-tensor:Q8_0'),
  gguf_q6_k: () => parseScheme('gguf-tensor:Q6_K'),
  gguf_q5_k: () => parseScheme('gguf-tensor:Q5_K'),
  gguf_q4_k: () => parseScheme('gguf-tensor:Q4_K'),
  gguf_q4_0: () => parseScheme('gguf-tensor:Q4_0'),
};

export interface Measured {
  readonly perplexity: number;
  readonly meanKl: number;
  readonly top1Agreement: number;
}

/** Figures of each of the reference's variants that has a counterpart here, `fp32` first, by the reference's names. */
export async function measure(
  model: string,
  heldOut: string,
  calibrationText: string,
  names: readonly string[],
): Promise<Record<string, Measured>> {
  const { folder } = locateCheckpoint(model);
  const checkpoint = await openCheckpoint(folder);
  const quiet = new Terminal({ quiet: true });
  const session = await openForwardSession(folder, checkpoint, {}, quiet, new AbortController().signal);
  const { shape, source, threads } = session;
  const calibrationWindows = await session.windows(calibrationText);
  const groups: CalibratedGroup[] = [];
  await calibrate(calibrationWindows.windows, true, { shape, source, threads }, (group) => void groups.push(group));
  const known = names.filter((name) => Object.hasOwn(VARIANTS, name));
  const { full, schemes } = await evaluate(checkpoint, {
    schemes: known.map((name) => VARIANTS[name]()),
    text: await session.windows(heldOut),
    calibration: calibrationOf(calibrationText, groups, calibrationWindows.windows.length),
    threads,
  });
  return Object.fromEntries([['fp32', full], ...known.map((name, index) => [name, schemes[index]] as const)]);
}
