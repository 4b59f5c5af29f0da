import { STATUS_CODES } from 'node:http';
import { type HttpEvent, isFromLoadBalancer, isMultiValue } from './http-event.ts';

/** The answer to an HTTP API or a function URL; of a streamed one, all but the body. */
export interface GatewayResult {
  readonly statusCode: number;
  readonly headers: Record<string, string>;
  readonly cookies: string[];
}

interface Body {
  readonly body: string;
  readonly isBase64Encoded: boolean;
}

interface LoadBalancerResult extends Body {
  readonly statusCode: number;
  readonly statusDescription: string;
  readonly headers?: Record<string, string>;
  readonly multiValueHeaders?: Record<string, string[]>;
}

/** A response in the shape that who sent the event reads. */
export async function toResult(
  event: HttpEvent,
  response: Response,
): Promise<(GatewayResult & Body) | LoadBalancerResult> {
  const body = bodyOf(await response.arrayBuffer());
  if (!isFromLoadBalancer(event)) return { ...headOf(response), ...body };
  const { statusCode, headers, cookies } = headOf(response);
  const statusDescription = `${statusCode} ${STATUS_CODES[statusCode] ?? ''}`.trim();
  const single = Object.entries(headers);
  if (isMultiValue(event)) {
    const multiValueHeaders = Object.fromEntries(single.map(([name, value]) => [name, [value]]));
    if (cookies.length > 0) multiValueHeaders['set-cookie'] = cookies;
    return { statusCode, statusDescription, multiValueHeaders, ...body };
  }
  // There is room for one.
  const [cookie] = cookies;
  return {
    statusCode,
    statusDescription,
    headers: { ...headers, ...(cookie !== undefined && { 'set-cookie': cookie }) },
    ...body,
  };
}

/** Status and headers, with the cookies apart, as both kinds of gateway want them. */
export function headOf({ status, headers }: Response): GatewayResult {
  const others = [...headers].filter(([name]) => name !== 'set-cookie');
  return { statusCode: status, headers: Object.fromEntries(others), cookies: headers.getSetCookie() };
}

/**
 * Text where the bytes are text, else base64. Asked of the bytes themselves: no list of content types says it of every
 * one, and whatever is compressed is never valid UTF-8.
 */
function bodyOf(bytes: ArrayBuffer): Body {
  try {
    const body = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    return { body, isBase64Encoded: false };
  } catch {
    return { body: Buffer.from(bytes).toString('base64'), isBase64Encoded: true };
  }
}
