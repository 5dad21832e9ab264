import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request as it arrived. */
export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly range?: string;
}

/**
 * Enough of S3 for a reader: HeadObject, ranged GetObject with If-Match, ListObjectsV2 in pages. Path-style addresses.
 * The AWS SDK talks to it as it would to S3.
 */
export class S3Server {
  readonly objects = new Map<string, Uint8Array>();
  readonly seen: SeenRequest[] = [];
  bytesSent = 0;
  pageSize = 1000;
  /** A server that knows no ranges and sends everything. */
  ignoreRanges = false;
  /** Status to answer every request with. */
  failWith?: { status: number; code: string };
  private server?: Server;

  async start(): Promise<string> {
    this.server = createServer((request, response) => this.answer(request, response));
    await new Promise<void>((resolve) => this.server?.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server?.closeAllConnections();
    await new Promise<void>((resolve) => this.server?.close(() => resolve()) ?? resolve());
  }

  put(key: string, bytes: Uint8Array | string): void {
    this.objects.set(key, typeof bytes === 'string' ? new TextEncoder().encode(bytes) : bytes);
  }

  private answer(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const [, bucket, ...rest] = decodeURIComponent(url.pathname).split('/');
    const key = rest.join('/');
    const { range } = request.headers;
    this.seen.push({ method: request.method ?? '', path: url.pathname + url.search, range });
    if (this.failWith !== undefined) return this.error(response, this.failWith.status, this.failWith.code);
    if (key === '' && url.searchParams.has('list-type')) return this.list(url, response);
    const bytes = this.objects.get(`${bucket}/${key}`);
    if (bytes === undefined) return this.error(response, 404, 'NoSuchKey');
    const etag = `"${createHash('md5').update(bytes).digest('hex')}"`;
    if (request.headers['if-match'] !== undefined && request.headers['if-match'] !== etag) {
      return this.error(response, 412, 'PreconditionFailed');
    }
    if (request.method === 'HEAD') {
      response.writeHead(200, { 'content-length': bytes.byteLength, etag }).end();
      return;
    }
    const match = this.ignoreRanges ? null : /^bytes=(\d+)-(\d+)$/.exec(range ?? '');
    const part = match === null ? bytes : bytes.subarray(Number(match[1]), Number(match[2]) + 1);
    this.bytesSent += part.byteLength;
    response.writeHead(match === null ? 200 : 206, { 'content-length': part.byteLength, etag }).end(part);
  }

  private list(url: URL, response: ServerResponse): void {
    const bucket = url.pathname.split('/')[1];
    const prefix = url.searchParams.get('prefix') ?? '';
    const after = url.searchParams.get('continuation-token') ?? '';
    const all = [...this.objects.keys()]
      .filter((name) => name.startsWith(`${bucket}/${prefix}`))
      .map((name) => name.slice(bucket.length + 1))
      .filter((name) => !name.slice(prefix.length).includes('/'))
      .sort();
    const rest = all.filter((name) => name > after);
    const page = rest.slice(0, this.pageSize);
    const truncated = rest.length > page.length;
    const contents = page.map((name) => {
      const bytes = this.objects.get(`${bucket}/${name}`) as Uint8Array;
      const etag = createHash('md5').update(bytes).digest('hex');
      return `<Contents><Key>${name}</Key><Size>${bytes.byteLength}</Size><ETag>&quot;${etag}&quot;</ETag></Contents>`;
    });
    const next = truncated ? `<NextContinuationToken>${page[page.length - 1]}</NextContinuationToken>` : '';
    response
      .writeHead(200, { 'content-type': 'application/xml' })
      .end(
        `<?xml version="1.0"?><ListBucketResult><IsTruncated>${truncated}</IsTruncated>${next}${contents.join('')}</ListBucketResult>`,
      );
  }

  private error(response: ServerResponse, status: number, code: string): void {
    response
      .writeHead(status, { 'content-type': 'application/xml' })
      .end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>${code}</Message></Error>`);
  }
}
