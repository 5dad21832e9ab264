import { GetProductsCommand, PricingClient } from '@aws-sdk/client-pricing';
import { QuantizedEndpointsError } from '../../lib/errors';
import { hostingPrice } from '../../lib/plan';

/** The price list is served from a few regions only, whatever region it is asked about. */
const ENDPOINT_REGION = 'us-east-1';
const PAGE_SIZE = 100;
/** A region has a few hundred hosting types; a list that never ends is not a list. */
const MOST_PAGES = 200;

/** The price list could not be fetched. */
export class PriceListError extends QuantizedEndpointsError {}

/**
 * Hosting prices on demand of one region, USD an hour by instance type, from the AWS Price List API. Needs `pricing:GetProducts`.
 *
 * @throws PriceListError `PRICE_LIST_UNAVAILABLE`, `PRICE_LIST_EMPTY`
 */
export async function fetchPrices(
  region: string,
  client = new PricingClient({ region: ENDPOINT_REGION }),
): Promise<Record<string, number>> {
  const prices: Record<string, number> = {};
  let token: string | undefined;
  for (let page = 0; page < MOST_PAGES; page++) {
    const answer = await ask(client, region, token);
    for (const product of answer.PriceList ?? []) {
      const listed = hostingPrice(product);
      if (listed !== undefined && listed.region === region) prices[listed.instanceType] = listed.usdPerHour;
    }
    token = answer.NextToken;
    if (token === undefined || token === '') break;
  }
  if (Object.keys(prices).length > 0)
    return Object.fromEntries(Object.entries(prices).sort(([a], [b]) => (a < b ? -1 : 1)));
  throw new PriceListError('PRICE_LIST_EMPTY', `the AWS price list has no hosting prices for ${region}`, {
    got: region,
    allowed: 'a region in which SageMaker hosts models, such as us-east-1',
    fix: 'check the spelling of the region',
  });
}

async function ask(client: PricingClient, region: string, token: string | undefined) {
  try {
    return await client.send(
      new GetProductsCommand({
        ServiceCode: 'AmazonSageMaker',
        FormatVersion: 'aws_v1',
        MaxResults: PAGE_SIZE,
        NextToken: token,
        Filters: [
          { Type: 'TERM_MATCH', Field: 'regionCode', Value: region },
          { Type: 'TERM_MATCH', Field: 'component', Value: 'Hosting' },
        ],
      }),
    );
  } catch (cause) {
    throw new PriceListError(
      'PRICE_LIST_UNAVAILABLE',
      `the AWS price list did not answer: ${(cause as Error).message}`,
      {
        got: region,
        allowed: 'credentials that allow pricing:GetProducts, and a way to api.pricing.us-east-1.amazonaws.com',
        fix: 'set AWS credentials (AWS_PROFILE, or the usual variables) and try again',
        cause,
      },
    );
  }
}
