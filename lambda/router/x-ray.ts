import { randomBytes } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { parseTraceHeader, traceDatagrams, type RequestRecord } from '../../lib/route';

let socket: Socket | undefined;

/** Tells X-Ray's daemon, which Lambda runs beside the function, of each attempt. Nothing waits for it. */
export function traceAttempts(record: RequestRecord): void {
  const trace = parseTraceHeader(process.env._X_AMZN_TRACE_ID);
  const address = /^(.*):(\d+)$/.exec(process.env.AWS_XRAY_DAEMON_ADDRESS ?? '');
  if (trace === undefined || address === null) return;
  if (socket === undefined) {
    socket = createSocket('udp4');
    socket.unref();
    // A daemon that is not there is no reason to fail a request.
    socket.on('error', () => undefined);
  }
  for (const datagram of traceDatagrams(record, trace, () => randomBytes(8).toString('hex')))
    socket.send(datagram, Number(address[2]), address[1], () => undefined);
}
