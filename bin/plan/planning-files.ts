import { usePriceFile } from '../prices/file';
import { useCorrections } from './corrections';

/**
 * Makes every plan of this process use the prices that were fetched and what was learned from measurements, where there are such files.
 *
 * @throws SpecError `PRICES_UNREADABLE`, `CORRECTIONS_UNREADABLE`
 */
export async function usePlanningFiles(): Promise<void> {
  await usePriceFile();
  await useCorrections();
}
