/**
 * One product of the AWS Price List API, as far as a hosting price needs it. Everything may be missing: the list is another's.
 * Source: AWS Price List Query API, GetProducts, ServiceCode AmazonSageMaker.
 */
interface Product {
  readonly product?: { readonly attributes?: Readonly<Record<string, unknown>> };
  readonly terms?: { readonly OnDemand?: Readonly<Record<string, OnDemand>> };
}
interface OnDemand {
  readonly priceDimensions?: Readonly<Record<string, Dimension>>;
}
interface Dimension {
  readonly unit?: string;
  readonly pricePerUnit?: { readonly USD?: string };
}

export interface ListedPrice {
  readonly instanceType: string;
  readonly region: string;
  readonly usdPerHour: number;
}

/**
 * The hosting price in a product, or `undefined` for a product that is none: another component (Studio, training, asynchronous
 * inference) of the same instance, a unit other than hours, a price of 0.
 */
export function hostingPrice(product: unknown): ListedPrice | undefined {
  const { product: described, terms } = (isText(product) ? parse(String(product)) : product) as Product;
  const attributes = described?.attributes ?? {};
  const usage = typeof attributes.usagetype === 'string' ? attributes.usagetype : '';
  // `instanceType` carries a suffix in this list; the usage type is `USE1-Host:ml.g5.2xlarge`.
  const fromUsage = /(?:^|-)Host:(ml\.[a-z0-9-]+\.[a-z0-9-]+)$/.exec(usage)?.[1];
  const isHosting = fromUsage !== undefined || attributes.component === 'Hosting';
  const instanceType = fromUsage ?? attributes.instanceName;
  const { regionCode } = attributes;
  if (!isHosting || typeof instanceType !== 'string' || typeof regionCode !== 'string') return undefined;
  const usdPerHour = hourly(terms?.OnDemand);
  return usdPerHour === undefined ? undefined : { instanceType, region: regionCode, usdPerHour };
}

function hourly(terms: Readonly<Record<string, OnDemand>> | undefined): number | undefined {
  for (const term of Object.values(terms ?? {}))
    for (const { unit, pricePerUnit } of Object.values(term.priceDimensions ?? {})) {
      const price = Number(pricePerUnit?.USD);
      if ((unit === 'Hrs' || unit === 'Hours') && Number.isFinite(price) && price > 0) return price;
    }
  return undefined;
}

/** The SDK hands JSON over as a string object that is parsed when asked for. */
function isText(value: unknown): boolean {
  return typeof value === 'string' || value instanceof String;
}

function parse(text: string): unknown {
  try {
    return (JSON.parse(text) as unknown) ?? {};
  } catch {
    return {};
  }
}
