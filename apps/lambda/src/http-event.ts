/** What API Gateway's HTTP API (payload version 2.0) and a function URL hand over. */
interface GatewayEvent {
  readonly rawPath: string;
  readonly rawQueryString: string;
  readonly headers?: Readonly<Record<string, string | undefined>> | null;
  /** Taken out of the headers, one a cookie. */
  readonly cookies?: readonly string[] | null;
  readonly requestContext: { readonly http: { readonly method: string } };
  readonly body?: string | null;
  readonly isBase64Encoded?: boolean;
}

/** What an Application Load Balancer hands over: `multiValue…` where the target group has multi-value headers turned on. */
export interface LoadBalancerEvent {
  readonly httpMethod: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string | undefined>> | null;
  readonly multiValueHeaders?: Readonly<Record<string, readonly string[] | undefined>> | null;
  readonly queryStringParameters?: Readonly<Record<string, string | undefined>> | null;
  readonly multiValueQueryStringParameters?: Readonly<Record<string, readonly string[] | undefined>> | null;
  readonly requestContext: { readonly elb: object };
  readonly body?: string | null;
  readonly isBase64Encoded?: boolean;
}

export type HttpEvent = GatewayEvent | LoadBalancerEvent;

/** Whether the load balancer wants, and takes, every value of a header. */
export function isMultiValue(event: HttpEvent): boolean {
  return 'multiValueHeaders' in event && event.multiValueHeaders != null;
}

/** Whether it was a load balancer that sent the event. */
export function isFromLoadBalancer(event: HttpEvent): event is LoadBalancerEvent {
  return 'httpMethod' in event;
}

/**
 * The request an event stands for, as a server that listens itself would have received it.
 *
 * Not by `hono/aws-lambda`: that joins every repeated header of a load balancer by `; `, sends its cookies twice, answers
 * a GET that has a body with 400, takes every request for one over HTTPS, and is to be removed from Hono.
 *
 * @throws {TypeError} where the event is none of an HTTP request
 */
export function toRequest(event: HttpEvent): Request {
  if (isFromLoadBalancer(event)) {
    const headers = headersOf(pairs(event.multiValueHeaders ?? event.headers));
    return request(event, headers, event.httpMethod, event.path, loadBalancerQuery(event));
  }
  if (typeof event.rawPath !== 'string') {
    throw new TypeError(
      `This function answers HTTP requests, from a function URL, an HTTP API (payload version 2.0) or a load balancer. The event is none: it has ${Object.keys(event).join(', ') || 'nothing in it'}.`,
    );
  }
  const headers = headersOf(pairs(event.headers));
  if (event.cookies?.length) headers.set('cookie', event.cookies.join('; '));
  return request(event, headers, event.requestContext.http.method, event.rawPath, event.rawQueryString);
}

function request(event: HttpEvent, headers: Headers, method: string, path: string, query: string): Request {
  const url = urlOf(headers, path, query);
  // A load balancer hands over an empty body for none. What a GET brings is ignored: `Request` insists on it.
  if (!event.body || method === 'GET' || method === 'HEAD') return new Request(url, { method, headers });
  const body = Buffer.from(event.body, event.isBase64Encoded ? 'base64' : 'utf8');
  // Of what is handed over, whatever was declared: the size limit goes by it.
  headers.set('content-length', String(body.byteLength));
  return new Request(url, { method, headers, body });
}

/** A name or an address, perhaps with a port: nothing that would begin the path. */
const HOST = /^[\w.:[\]-]+$/;

/** Only the landing page reads the origin, and the guard has the `Host` header itself. */
function urlOf(headers: Headers, path: string, query: string): string {
  const scheme = headers.get('x-forwarded-proto') === 'http' ? 'http' : 'https';
  // API Gateway hands the path over decoded.
  const rest = path.replace(/[?#]/g, encodeURIComponent) + (query && `?${query}`);
  const host = headers.get('host') ?? '';
  const origin = `${scheme}://${HOST.test(host) ? host : ''}`;
  return `${URL.canParse(origin) ? origin : `${scheme}://host.invalid`}${rest}`;
}

/** A load balancer does not decode them. */
function loadBalancerQuery(event: LoadBalancerEvent): string {
  return pairs(event.multiValueQueryStringParameters ?? event.queryStringParameters)
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
}

type Values = Readonly<Record<string, string | readonly string[] | undefined>>;

function pairs(values: Values | null | undefined): [name: string, value: string][] {
  return Object.entries(values ?? {}).flatMap(([name, value = []]) =>
    [value].flat().map((single): [string, string] => [name, single]),
  );
}

function headersOf(all: readonly [name: string, value: string][]): Headers {
  const headers = new Headers();
  for (const [name, value] of all) headers.append(name, byteString(value));
  return headers;
}

/** Over HTTP a header is bytes, each of them a character; an event may hold any character: then it is UTF-8's bytes. */
function byteString(value: string): string {
  return /[^\0-\xff]/.test(value) ? Buffer.from(value).toString('latin1') : value;
}
