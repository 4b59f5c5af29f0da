import { randomUUID } from 'node:crypto';

/** Who stands before the function. */
export const FRONTS = ['function-url', 'http-api', 'load-balancer', 'load-balancer-multi-value'] as const;

export type Front = (typeof FRONTS)[number];

/** An HTTP request, read to its end. */
export interface ReceivedRequest {
  readonly method: string;
  /** Path and query, as they came. */
  readonly target: string;
  /** Every header as it came, in its order; a name may be there more than once. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Uint8Array;
}

/** What goes as text; all else goes in base64. */
const TEXT = /^(text\/|application\/(json|javascript|xml|x-www-form-urlencoded)\b|[^;]*\+(json|xml)\b)/i;

/**
 * The event a front makes of a request:
 * - function URL and HTTP API: payload version 2.0, https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html
 * - load balancer: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html
 */
export function eventOf(front: Front, request: ReceivedRequest): object {
  return front.startsWith('load-balancer') ? loadBalancerEvent(front, request) : gatewayEvent(front, request);
}

function gatewayEvent(front: Front, { method, target, headers, body }: ReceivedRequest): object {
  const [path, query] = split(target);
  const all = lists(headers.map(([name, value]) => [name.toLowerCase(), value]));
  const { cookie, ...others } = all;
  const joined = Object.fromEntries(Object.entries(others).map(([name, values]) => [name, values.join(',')]));
  const host = joined.host ?? 'local.lambda-url.eu-central-1.on.aws';
  const now = new Date();
  return {
    version: '2.0',
    routeKey: front === 'http-api' ? 'ANY /{proxy+}' : '$default',
    rawPath: path,
    rawQueryString: query,
    ...(cookie !== undefined && { cookies: cookie.join('; ').split('; ') }),
    headers: joined,
    ...(query !== '' && { queryStringParameters: single(lists([...new URLSearchParams(query)]), ',') }),
    requestContext: {
      accountId: front === 'http-api' ? '000000000000' : 'anonymous',
      apiId: 'local',
      domainName: host,
      domainPrefix: host.split('.')[0],
      http: {
        method,
        path,
        protocol: 'HTTP/1.1',
        sourceIp: '127.0.0.1',
        userAgent: joined['user-agent'] ?? '',
      },
      requestId: randomUUID(),
      routeKey: front === 'http-api' ? 'ANY /{proxy+}' : '$default',
      stage: '$default',
      time: now.toUTCString(),
      timeEpoch: now.getTime(),
    },
    ...bodyOf(body, joined['content-type']),
  };
}

function loadBalancerEvent(front: Front, { method, target, headers, body }: ReceivedRequest): object {
  const [path, query] = split(target);
  const all = lists(headers.map(([name, value]) => [name.toLowerCase(), value]));
  const parameters = lists(
    query
      .split('&')
      .filter((part) => part !== '')
      .map((part) => {
        const [name = '', ...value] = part.split('=');
        return [name, value.join('=')];
      }),
  );
  // With one value a name, it is the last one that is handed over.
  const values =
    front === 'load-balancer'
      ? { headers: single(all), queryStringParameters: single(parameters) }
      : { multiValueHeaders: all, multiValueQueryStringParameters: parameters };
  return {
    requestContext: {
      elb: { targetGroupArn: 'arn:aws:elasticloadbalancing:eu-central-1:000000000000:targetgroup/local/0' },
    },
    httpMethod: method,
    path,
    ...values,
    // Unlike the others it always has a body, be it an empty one.
    body: '',
    isBase64Encoded: false,
    ...bodyOf(body, all['content-type']?.at(-1)),
  };
}

function split(target: string): [path: string, query: string] {
  const at = target.indexOf('?');
  return at === -1 ? [target, ''] : [target.slice(0, at), target.slice(at + 1)];
}

function lists(pairs: readonly (readonly [name: string, value: string])[]): Record<string, string[]> {
  const all: Record<string, string[]> = {};
  for (const [name, value] of pairs) {
    all[name] ??= [];
    all[name].push(value);
  }
  return all;
}

function single(all: Record<string, string[]>, join?: string): Record<string, string> {
  return Object.fromEntries(
    Object.entries(all).map(([name, values]) => [name, join === undefined ? (values.at(-1) ?? '') : values.join(join)]),
  );
}

/** How an event carries a body. */
export function bodyOf(body: Uint8Array, contentType: string | undefined): object {
  if (body.byteLength === 0) return { isBase64Encoded: false };
  const isText = contentType !== undefined && TEXT.test(contentType);
  return { body: Buffer.from(body).toString(isText ? 'utf8' : 'base64'), isBase64Encoded: !isText };
}
