/** The header that carries a request's id, in both directions. */
export const REQUEST_ID_HEADER = 'x-request-id';

/** What is taken over from a proxy: short, and nothing that could break a log line or a header. */
const ACCEPTABLE = /^[\w.:=-]{1,128}$/;

/** The id the caller or a proxy gave the request, or a new one. */
export function requestIdOf(headers: Headers): string {
  const given = headers.get(REQUEST_ID_HEADER);
  return given !== null && ACCEPTABLE.test(given) ? given : crypto.randomUUID();
}

/** The response with its request's id on it. */
export function withRequestId(response: Response, requestId: string): Response {
  response.headers.set(REQUEST_ID_HEADER, requestId);
  return response;
}
