import { createServer, type Server } from 'node:http';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PricingClient } from '@aws-sdk/client-pricing';
import { writeWhole } from '../../bin/output/write-file';
import { fetchPrices } from '../../bin/prices/fetch';
import { readPriceFile } from '../../bin/prices/file';
import { resolveEndpoint } from '../../lib/endpoint/resolve';
import {
  hostingPrice,
  makePlan,
  mergePriceFiles,
  parsePriceFile,
  priceFile,
  priceTableOf,
  serializePriceFile,
  setPrices,
} from '../../lib/plan';

/** A product as the price list writes it. */
function product(usagetype: string, component: string, usd: string, unit = 'Hrs'): string {
  const instanceName = usagetype.split(':')[1];
  return JSON.stringify({
    product: { attributes: { instanceName, regionCode: 'us-east-1', component, usagetype } },
    terms: { OnDemand: { 'SKU.TERM': { priceDimensions: { 'SKU.TERM.RATE': { unit, pricePerUnit: { USD: usd } } } } } },
  });
}

/** The price list over HTTP, two pages long, as the real SDK asks for it. */
class FakePriceList {
  readonly requests: { readonly target: string; readonly body: Record<string, unknown> }[] = [];
  private readonly server: Server;

  constructor(pages: readonly (readonly string[])[], status = 200) {
    this.server = createServer((request, response) => {
      let text = '';
      request.on('data', (chunk: Buffer) => (text += chunk.toString()));
      request.on('end', () => {
        const body = JSON.parse(text) as Record<string, unknown>;
        this.requests.push({ target: String(request.headers['x-amz-target']), body });
        const page = Number(body.NextToken ?? 0);
        const NextToken = page + 1 < pages.length ? String(page + 1) : undefined;
        response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' });
        response.end(
          status === 200
            ? JSON.stringify({ FormatVersion: 'aws_v1', PriceList: pages[page], NextToken })
            : JSON.stringify({ __type: 'AccessDeniedException', message: 'no pricing:GetProducts' }),
        );
      });
    });
  }

  async client(): Promise<PricingClient> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    const { port } = this.server.address() as AddressInfo;
    return new PricingClient({
      region: 'us-east-1',
      endpoint: `http://127.0.0.1:${port}`,
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
      maxAttempts: 1,
    });
  }

  async close(): Promise<void> {
    await new Promise((resolve) => this.server.close(resolve));
  }
}

describe('fetching prices through the AWS SDK', () => {
  let list: FakePriceList | undefined;
  afterEach(async () => {
    await list?.close();
    list = undefined;
  });

  test('follows all pages and keeps hosting prices only', async () => {
    list = new FakePriceList([
      [product('USE1-Host:ml.g5.2xlarge', 'Hosting', '1.515'), product('USE1-Train:ml.g5.2xlarge', 'Training', '1.9')],
      [
        product('USE1-Host:ml.g6e.2xlarge', 'Hosting', '2.8026'),
        product('USE1-AsyncInf:ml.g5.xlarge', 'AsyncInf', '1'),
      ],
    ]);
    await expect(fetchPrices('us-east-1', await list.client())).resolves.toEqual({
      'ml.g5.2xlarge': 1.515,
      'ml.g6e.2xlarge': 2.8026,
    });
    expect(list.requests).toHaveLength(2);
    expect(list.requests[0].target).toBe('AWSPriceListService.GetProducts');
    expect(list.requests[0].body).toMatchObject({
      ServiceCode: 'AmazonSageMaker',
      Filters: [
        { Type: 'TERM_MATCH', Field: 'regionCode', Value: 'us-east-1' },
        { Type: 'TERM_MATCH', Field: 'component', Value: 'Hosting' },
      ],
    });
  });

  test('says what is missing when AWS refuses', async () => {
    list = new FakePriceList([[]], 400);
    await expect(fetchPrices('us-east-1', await list.client())).rejects.toMatchObject({
      id: 'PRICE_LIST_UNAVAILABLE',
      allowed: expect.stringContaining('pricing:GetProducts') as string,
    });
  });

  test('does not take an empty list for prices', async () => {
    list = new FakePriceList([[]]);
    await expect(fetchPrices('us-nowhere-1', await list.client())).rejects.toMatchObject({ id: 'PRICE_LIST_EMPTY' });
  });
});

describe('a product of the price list', () => {
  test.each([
    ['is a hosting price by its usage type', product('USW2-Host:ml.p5.48xlarge', 'Hosting', '63.296'), 63.296],
    ['in hours only', product('USE1-Host:ml.g5.xlarge', 'Hosting', '1.4', 'GB-Mo'), undefined],
    ['that costs nothing is no price', product('USE1-Host:ml.g5.xlarge', 'Hosting', '0.0000000000'), undefined],
    ['of another component is none', product('USE1-Studio:ml.g5.xlarge', 'Studio', '1.4'), undefined],
    ['that is not JSON is none', 'not json', undefined],
    ['that is null is none', 'null', undefined],
    ['that is empty is none', '{}', undefined],
  ])('%s', (_name, text, usd) => {
    expect(hostingPrice(text)?.usdPerHour).toBe(usd);
  });

  const listed = (attributes: object, dimension: object = { unit: 'Hrs', pricePerUnit: { USD: '2' } }) => ({
    product: { attributes: { regionCode: 'eu-west-1', ...attributes } },
    terms: { OnDemand: { term: { priceDimensions: { rate: dimension } } } },
  });
  const price = { instanceType: 'ml.g5.xlarge', region: 'eu-west-1', usdPerHour: 2 };

  test.each<[string, object]>([
    ['the usage type alone', { usagetype: 'EUW1-Host:ml.g5.xlarge' }],
    ['a usage type without a region, as in us-east-1', { usagetype: 'Host:ml.g5.xlarge' }],
    ['the usage type before the name', { usagetype: 'EUW1-Host:ml.g5.xlarge', instanceName: 'ml.g5.xlarge-Hosting' }],
    ['component and name', { component: 'Hosting', instanceName: 'ml.g5.xlarge' }],
    [
      'component and name where the usage type is no text',
      { usagetype: 7, component: 'Hosting', instanceName: 'ml.g5.xlarge' },
    ],
  ])('is known by %s', (_, attributes) => {
    expect(hostingPrice(listed(attributes))).toEqual(price);
    expect(hostingPrice(JSON.stringify(listed(attributes)))).toEqual(price);
    // The SDK hands JSON over as an object of its own.
    expect(hostingPrice(Object(JSON.stringify(listed(attributes))))).toEqual(price);
  });

  test('in hours is one, however the unit is written', () => {
    const attributes = { usagetype: 'Host:ml.g5.xlarge' };
    expect(hostingPrice(listed(attributes, { unit: 'Hours', pricePerUnit: { USD: '2' } }))).toEqual(price);
  });

  test.each<[string, object, object?]>([
    ['another component', { component: 'Training', instanceName: 'ml.g5.xlarge' }],
    [
      'another usage',
      { usagetype: 'EUW1-GhostHost:ml.g5.xlarge', component: 'Training', instanceName: 'ml.g5.xlarge' },
    ],
    ['a usage of more than the type', { usagetype: 'EUW1-Host:ml.g5.xlarge:Extra' }],
    ['a component without a name', { component: 'Hosting' }],
    ['no region', { usagetype: 'Host:ml.g5.xlarge', regionCode: undefined }],
    ['no price', { usagetype: 'Host:ml.g5.xlarge' }, { unit: 'Hrs' }],
    ['a price that is no number', { usagetype: 'Host:ml.g5.xlarge' }, { unit: 'Hrs', pricePerUnit: { USD: 'much' } }],
  ])('with %s is none', (...[, attributes, dimension]) => {
    expect(hostingPrice(listed(attributes, dimension))).toBeUndefined();
  });

  test('without terms is none', () => {
    const { product: described } = listed({ usagetype: 'Host:ml.g5.xlarge' });
    expect(hostingPrice({ product: described })).toBeUndefined();
  });
});

describe('the price file', () => {
  const today = priceFile('2026-11-23', 'a price list', { 'us-east-1': { 'ml.g5.2xlarge': 9.99 } });
  let folder: string;
  beforeEach(async () => (folder = await mkdtemp(path.join(tmpdir(), 'qe-prices-'))));
  afterEach(async () => {
    setPrices(undefined);
    await rm(folder, { recursive: true });
  });

  test('is read as it was written, and leaves nothing aside', async () => {
    const file = path.join(folder, 'prices.json');
    await writeWhole(file, serializePriceFile(today));
    await expect(readPriceFile(file)).resolves.toEqual(today);
    await expect(readdir(folder)).resolves.toEqual(['prices.json']);
  });

  test('that does not exist is no error', async () => {
    await expect(readPriceFile(path.join(folder, 'none.json'))).resolves.toBeUndefined();
  });

  test('keeps the regions that were not fetched again', () => {
    const older = priceFile('2026-01-01', 'older', {
      'eu-west-1': { 'ml.g5.xlarge': 1 },
      'us-east-1': { 'ml.p3.2xlarge': 4 },
    });
    expect(mergePriceFiles(older, today).prices).toEqual({
      'eu-west-1': { 'ml.g5.xlarge': 1 },
      'us-east-1': { 'ml.g5.2xlarge': 9.99 },
    });
  });

  test('wins over the built-in prices once it is set', () => {
    const resolved = resolveEndpoint({ model: {}, instanceType: 'ml.g5.2xlarge', region: 'us-east-1' });
    expect(makePlan(resolved).cost.usdPerHour).toBe(1.515);
    setPrices(priceTableOf(today));
    expect(makePlan(resolved).cost).toMatchObject({
      usdPerHour: 9.99,
      priceDate: '2026-11-23',
      priceSource: 'a price list',
    });
  });

  test.each([
    ['text', 'hello', 'it is not JSON'],
    ['another format', '{"format":"other","version":1}', 'its format is "other"'],
    ['no format', '{}', 'its format is missing'],
    ['null', 'null', 'its format is missing'],
    ['another version', '{"format":"qe-prices","version":2}', 'its version is 2'],
    ['no version', '{"format":"qe-prices"}', 'its version is missing'],
    ['no date', JSON.stringify({ ...today, date: undefined }), 'it has no date or no source'],
    ['no source', JSON.stringify({ ...today, source: undefined }), 'it has no date or no source'],
    ['a list for prices', JSON.stringify({ ...today, prices: [] }), 'it has no prices'],
    ['a number for prices', JSON.stringify({ ...today, prices: 7 }), 'it has no prices'],
    ['null for prices', JSON.stringify({ ...today, prices: null }), 'it has no prices'],
    ['text for a price', JSON.stringify({ ...today, prices: { a: { b: '1.4' } } }), 'the price of b in a is "1.4"'],
    ['a negative price', JSON.stringify({ ...today, prices: { a: { b: -1 } } }), 'the price of b in a is -1'],
    ['null for a region', JSON.stringify({ ...today, prices: { a: null } }), 'prices of a are not an object'],
    ['a number for a region', JSON.stringify({ ...today, prices: { a: 7 } }), 'prices of a are not an object'],
  ])('of %s is refused by name', (_name, text, why) => {
    expect(() => parsePriceFile(text, 'prices.json')).toThrow(
      expect.objectContaining({
        id: 'PRICES_UNREADABLE',
        path: 'prices.json',
        message: expect.stringContaining(why) as string,
      }),
    );
  });

  test('may say that something costs nothing', () => {
    const free = priceFile('2026-11-23', 'a price list', { 'us-east-1': { 'ml.t2.medium': 0 } });
    expect(parsePriceFile(serializePriceFile(free), 'prices.json')).toEqual(free);
  });

  test('cannot be written where there is no directory, and says so', async () => {
    await writeFile(path.join(folder, 'a'), '');
    await expect(writeWhole(path.join(folder, 'a', 'b.json'), '{}')).rejects.toMatchObject({ id: 'OUTPUT_UNWRITABLE' });
    await expect(readFile(path.join(folder, 'a'), 'utf8')).resolves.toBe('');
  });
});
