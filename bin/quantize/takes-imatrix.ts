import { SpecError } from '../../lib/errors';
import type { Scheme } from '../../lib/scheme';

/**
 * Refuses `--imatrix` where no scheme looks at it.
 *
 * @throws SpecError `IMATRIX_NOT_FOR_SCHEME`
 */
export function assertTakesImatrix({ imatrix }: Readonly<Record<string, unknown>>, schemes: readonly Scheme[]): void {
  if (imatrix === undefined || schemes.some(({ layout }) => layout === 'gguf')) return;
  const names = schemes.map(({ name }) => name).join(', ');
  throw new SpecError('IMATRIX_NOT_FOR_SCHEME', `no importance matrix is looked at for ${names}`, {
    got: `--imatrix with ${names}`,
    allowed: 'GGUF types: gguf:NAME, gguf-tensor:NAME',
    fix: 'leave --imatrix out; awq, gptq and smoothquant take --calibration instead',
  });
}
