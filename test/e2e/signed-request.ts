import { createHash, createHmac } from 'node:crypto';
import { request, type IncomingMessage } from 'node:http';

/** Who signs. */
export interface Signer {
  readonly region: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/**
 * Sends a request to a function URL of the local AWS, signed for IAM. The URL's own host has no address here: it stands
 * in the header, as a browser would send it.
 *
 * Source of the signature: IAM user guide, "Create a signed AWS API request".
 */
export function sendSigned(
  localAws: string,
  functionUrl: string,
  path: string,
  { method = 'POST', body = '', signer }: { method?: string; body?: string; signer?: Signer },
): Promise<IncomingMessage> {
  const { hostname, port } = new URL(localAws);
  const { host } = new URL(functionUrl);
  const headers = { host, 'content-type': 'application/json' };
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        hostname,
        port,
        path,
        method,
        headers: { ...headers, ...(signer === undefined ? {} : signature(signer, method, path, headers, body)) },
      },
      resolve,
    );
    sent.on('error', reject);
    sent.end(body);
  });
}

function signature(
  { region, credentials }: Signer,
  method: string,
  path: string,
  headers: Readonly<Record<string, string>>,
  body: string,
): Record<string, string> {
  const hash = (text: string) => createHash('sha256').update(text).digest('hex');
  const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest();
  const time = new Date().toISOString().replace(/[-:]|\.\d{3}/g, '');
  const date = time.slice(0, 8);
  const signed: Record<string, string> = { ...headers, 'x-amz-date': time };
  const names = Object.keys(signed).sort();
  const lines = names.map((name) => `${name}:${signed[name]}\n`).join('');
  const canonical = [method, path, '', lines, names.join(';'), hash(body)].join('\n');
  const scope = `${date}/${region}/lambda/aws4_request`;
  const key = [date, region, 'lambda', 'aws4_request'].reduce<string | Buffer>(
    hmac,
    `AWS4${credentials.secretAccessKey}`,
  );
  const value = hmac(key, ['AWS4-HMAC-SHA256', time, scope, hash(canonical)].join('\n')).toString('hex');
  return {
    'x-amz-date': time,
    authorization: `AWS4-HMAC-SHA256 Credential=${credentials.accessKeyId}/${scope}, SignedHeaders=${names.join(';')}, Signature=${value}`,
  };
}
