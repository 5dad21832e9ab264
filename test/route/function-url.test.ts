import { parseRouterConfig, toHttpRequest } from '../../lib/route';

describe('an event of a function URL', () => {
  const event = { rawPath: '/v1/models', requestContext: { http: { method: 'GET' } } };

  test('is a request with the bytes that were sent', () => {
    expect(toHttpRequest(event)).toEqual({ method: 'GET', path: '/v1/models', body: new Uint8Array() });
    const text = toHttpRequest({ ...event, body: 'schön' });
    const encoded = toHttpRequest({ ...event, body: Buffer.from('schön').toString('base64'), isBase64Encoded: true });
    expect(Buffer.from(text.body).toString('utf8')).toBe('schön');
    expect(Buffer.from(encoded.body)).toEqual(Buffer.from(text.body));
  });

  test('that says nothing is a request for nothing', () => {
    expect(toHttpRequest({})).toEqual({ method: 'GET', path: '/', body: new Uint8Array() });
  });
});

test.each([[undefined], [''], ['{'], ['{}'], ['{"tiers":[],"boundaries":[]}']])(
  'a configuration that is %j stops the function',
  (text) => {
    expect(() => parseRouterConfig(text)).toThrow(expect.objectContaining({ id: 'ROUTER_CONFIG_INVALID' }));
  },
);
