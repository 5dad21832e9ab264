import { renderContainer } from '../../lib/container';
import { resolveEndpoint } from '../../lib/endpoint/resolve';
import { QuantizedEndpointsError } from '../../lib/errors';
import { printable } from '../../lib/format/quoted';
import type { EndpointSpec } from '../../lib/spec/types';

/** Flags whose values are nobody's business: what is planned is printed, kept and sent around. */
const SECRET = /-(?:key|token|secret|password)$/;

/** The server's argument vector, as the container's entry point makes it of the variables; undefined where nobody knows. */
export function serverCommand(spec: EndpointSpec): readonly string[] | undefined {
  const command = commandOf(spec);
  if (command.length === 0) return undefined;
  return command.map((word, index) => (SECRET.test(command[index - 1] ?? '') ? '…' : word));
}

/** As one would type it in a shell. */
export function commandInWords(command: readonly string[]): string {
  return command
    .map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${printable(word).replaceAll("'", "'\\''")}'`))
    .join(' ');
}

/** What cannot be resolved has its findings; they are what is to be seen then. */
function commandOf(spec: EndpointSpec): readonly string[] {
  try {
    return renderContainer(resolveEndpoint(spec)).command;
  } catch (error) {
    if (error instanceof QuantizedEndpointsError) return [];
    throw error;
  }
}
