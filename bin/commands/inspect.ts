import { closeS3, locateCheckpoint } from '../../lib/format/node';
import { countParameters, ggufQuantization, openCheckpoint, summarizeDtypes } from '../../lib/format';
import { ExitStatus } from '../exit-status';
import { describeConfig } from '../inspect/config';
import { inspectionJson } from '../inspect/json';
import { renderInspection } from '../inspect/render';
import type { Inspection } from '../inspect/inspection';
import type { Terminal } from '../terminal';

/** `qe inspect PATH|s3://…`: what a checkpoint holds, from its headers alone. Malformed input ends in status 2. */
export async function inspect(
  args: readonly string[],
  _options: Record<string, unknown>,
  terminal: Terminal,
): Promise<ExitStatus> {
  try {
    const { folder, file } = locateCheckpoint(args[0]);
    const checkpoint = await openCheckpoint(folder, file);
    const { model, warnings } = describeConfig(checkpoint);
    const quantization = model?.quantization;
    const inspection: Inspection = {
      path: args[0],
      checkpoint,
      model,
      quantization:
        checkpoint.gguf === undefined ? quantization : { method: 'gguf', type: ggufQuantization(checkpoint.gguf) },
      dtypes: summarizeDtypes(checkpoint),
      ...countParameters(checkpoint, quantization?.bits, quantization?.method),
      warnings: [...checkpoint.warnings, ...warnings],
    };
    if (terminal.json) await terminal.write(`${inspectionJson(inspection)}\n`);
    else await terminal.write(`${renderInspection(inspection, terminal)}\n`);
    return ExitStatus.OK;
  } finally {
    await closeS3();
  }
}
