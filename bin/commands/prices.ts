import { mergePriceFiles, priceFile, serializePriceFile } from '../../lib/plan';
import { ExitStatus } from '../exit-status';
import { renderTable } from '../output/table';
import { usd } from '../output/units';
import { writeWhole } from '../output/write-file';
import { fetchPrices } from '../prices/fetch';
import { pricesPath, readPriceFile } from '../prices/file';
import type { Terminal } from '../terminal';

/** Rows shown to a person; all are in the file. */
const SHOWN = 12;

/** `qe prices`: current hosting prices into the file that plans read. */
export async function prices(
  _args: readonly string[],
  options: Record<string, unknown>,
  terminal: Terminal,
): Promise<ExitStatus> {
  const region = String(options.region);
  const path = typeof options.out === 'string' ? options.out : pricesPath();
  const older = await readPriceFile(path);
  terminal.say(`asking the AWS price list for ${region}`);
  const fetched = await fetchPrices(region);
  const date = new Date().toISOString().slice(0, 10);
  const newer = priceFile(date, `AWS Price List API, AmazonSageMaker, hosting, fetched ${date}`, { [region]: fetched });
  await writeWhole(path, serializePriceFile(older === undefined ? newer : mergePriceFiles(older, newer)));
  if (terminal.json) {
    terminal.printJson({ path, region, date, prices: fetched });
    return ExitStatus.OK;
  }
  const rows = Object.entries(fetched).filter(([type]) => /^ml\.(g|p|inf|trn)/.test(type));
  terminal.print(
    renderTable(
      [{ title: 'instance' }, { title: 'an hour', align: 'right' }],
      rows.slice(0, SHOWN).map(([type, price]) => [type, usd(price, 4)]),
      terminal,
    ),
  );
  terminal.say(`wrote ${Object.keys(fetched).length} prices of ${region} to ${path}`);
  return ExitStatus.OK;
}
