import type { NetlifyBlobs } from '../engines/netlify-blobs.ts';
import { bodyOf, type ReceivedRequest } from '../lambda/events.ts';

/** What Netlify hands to the code it puts around a function, as far as that code reads it. */
export function eventOf(
  request: ReceivedRequest,
  url: URL,
  blobs: Pick<NetlifyBlobs, 'siteID' | 'url' | 'token'>,
): object {
  const { method, body } = request;
  const received = new Headers();
  for (const [name, value] of request.headers) received.append(name, value);
  received.set('x-nf-client-connection-ip', received.get('x-forwarded-for') ?? '');
  received.set('x-nf-request-id', crypto.randomUUID());
  received.set('x-nf-site-id', blobs.siteID);
  received.set('x-nf-deploy-id', '0');
  const headers = Object.fromEntries(received);
  return {
    rawUrl: url.href,
    rawQuery: url.search.slice(1),
    path: url.pathname,
    httpMethod: method,
    headers,
    ...bodyOf(body, headers['content-type']),
    // It comes with every invocation, because the real one's token is good for one only.
    blobs: Buffer.from(
      JSON.stringify({ primary_region: 'local', url: blobs.url, url_uncached: blobs.url, token: blobs.token }),
    ).toString('base64'),
  };
}
