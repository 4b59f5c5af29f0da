import type { KeyValueStore } from '@mcp-everywhere/platform';
import type { Logger, Principal, ServerFacts } from '@mcp-everywhere/tools';
import { Hono } from 'hono';
import { cors } from 'hono/cors';
import { NONCE, type SecureHeadersVariables, secureHeaders } from 'hono/secure-headers';
import { type HttpSseEndpoint, MESSAGES_PATH, SSE_PATH } from '../http-sse/http-sse-endpoint.ts';
import type { McpEndpoint } from '../protocol/mcp-endpoint.ts';
import { messageIdOf, type Refusal, refusalResponse } from '../protocol/rpc-error.ts';
import { SESSION_HEADER } from '../sessions/session-header.ts';
import type { Registry } from '../surface/registry.ts';
import { readBody } from './body.ts';
import type { Guard } from './guard.ts';
import { parseJson } from './json.ts';
import { landingPage } from './landing-page.ts';
import { readiness } from './readiness.ts';
import { REQUEST_ID_HEADER, requestIdOf, withRequestId } from './request-id.ts';

/** What the HTTP side stands on. */
export interface HttpParts {
  readonly registry: Registry;
  readonly endpoint: McpEndpoint;
  /** Absent where HTTP+SSE is off. */
  readonly httpSse: HttpSseEndpoint | undefined;
  readonly guard: Guard;
  readonly facts: ServerFacts;
  /** What the server cannot do without. */
  readonly engines: readonly KeyValueStore[];
  readonly maxBodyBytes: number;
  readonly log: Logger;
}

/** Hono, with the nonce that {@link pageSecurity} sets before the landing page is made. */
type HttpApp = Hono<{ Variables: Required<SecureHeadersVariables> }>;

/** Until a server asks for tokens, all callers are one. */
const ANONYMOUS: Principal = { id: 'anonymous' };

/** Where clients send their messages. */
export const MCP_PATH = '/mcp';

/**
 * What a browser lets the landing page do: show itself and run its own script. Left out are `Strict-Transport-Security`,
 * which would bind every port of the host to HTTPS (that is for whoever terminates TLS to say), and the two headers that
 * isolate a window or an origin: there is nothing to isolate, and over plain HTTP Chromium reports each as an error.
 */
const pageSecurity = secureHeaders({
  contentSecurityPolicy: {
    defaultSrc: ["'none'"],
    styleSrc: [NONCE],
    scriptSrc: [NONCE],
    imgSrc: ['data:'],
    baseUri: ["'none'"],
    formAction: ["'none'"],
    frameAncestors: ["'none'"],
  },
  xFrameOptions: 'DENY',
  strictTransportSecurity: false,
  crossOriginOpenerPolicy: false,
  originAgentCluster: false,
});

/**
 * The HTTP application: the MCP endpoint and the landing page behind the guard, and health.
 *
 * Each route is one handler: Hono dispatches a single handler directly, while a chain of middleware would cost more than
 * the guard and the request id together.
 */
export function httpApp(parts: HttpParts): HttpApp {
  const { registry, endpoint, httpSse, guard, facts, engines, maxBodyBytes, log } = parts;
  const app: HttpApp = new Hono();

  // Not behind the guard: a probe addresses an instance by its IP address.
  app.get('/healthz', async (c) =>
    c.json({
      status: 'ok',
      name: registry.serverInfo.name,
      version: registry.serverInfo.version,
      target: facts.target,
      runtime: facts.runtime,
      surfaceHash: await facts.surfaceHash(),
      uptimeSeconds: facts.uptimeSeconds(),
    }),
  );

  app.get('/readyz', async (c) => {
    const { ready, stores } = await readiness(engines);
    return c.json({ status: ready ? 'ready' : 'unavailable', stores }, ready ? 200 : 503);
  });

  const guarded =
    (answer: McpEndpoint['fetch']) =>
    async (request: Request): Promise<Response> => {
      const arrivedAt = Date.now();
      const requestId = requestIdOf(request.headers);
      const refusal = guard(request.headers);
      if (refusal !== undefined) return withRequestId(await refuse(request, refusal, maxBodyBytes), requestId);
      return answer(request, { requestId, principal: ANONYMOUS, arrivedAt, signal: () => request.signal });
    };
  const allowBrowsers = cors({
    origin: (origin, c) => (guard(c.req.raw.headers) === undefined ? origin : undefined),
    allowMethods: ['GET', 'POST', 'DELETE'],
    exposeHeaders: [REQUEST_ID_HEADER, SESSION_HEADER],
  });
  const serve = (path: string, endpointAnswer: McpEndpoint['fetch']) => {
    const answer = guarded(endpointAnswer);
    app.all(path, async (c) => {
      if (!c.req.raw.headers.has('origin')) return answer(c.req.raw);
      const preflight = await allowBrowsers(c, async () => {
        c.res = await answer(c.req.raw);
      });
      return preflight ?? c.res;
    });
  };
  serve(MCP_PATH, endpoint.fetch);
  if (httpSse !== undefined) {
    serve(SSE_PATH, httpSse.stream);
    serve(MESSAGES_PATH, httpSse.message);
  }

  app.get('/', pageSecurity, async (c) => {
    const refusal = guard(c.req.raw.headers);
    if (refusal !== undefined) return c.text(refusal.message, 403);
    const endpoint = endpointOf(c.req.raw);
    return c.html(await landingPage({ registry, facts, endpoint, nonce: c.get('secureHeadersNonce') }));
  });

  app.notFound((c) => {
    const error = `Nothing at ${c.req.path}. The MCP endpoint is ${MCP_PATH}, health is /healthz and /readyz, the page for people is /.`;
    return c.json({ error }, 404);
  });
  app.onError((error, c) => {
    const requestId = requestIdOf(c.req.raw.headers);
    log.error('A request failed', { requestId, path: c.req.path, error });
    const message = `Internal error. The server's log has the cause under request ${requestId}.`;
    return withRequestId(refusalResponse({ status: 500, code: -32_603, message }, undefined), requestId);
  });
  return app;
}

/** The MCP endpoint as the visitor reaches it: behind a proxy that terminates TLS, the request itself came by HTTP. */
function endpointOf(request: Request): URL {
  const endpoint = new URL(MCP_PATH, request.url);
  if (request.headers.get('x-forwarded-proto')?.split(',')[0]?.trim() === 'https') endpoint.protocol = 'https:';
  return endpoint;
}

/** Refuses with the message's own id, which has to be read for it. */
async function refuse(request: Request, refusal: Refusal, maxBodyBytes: number): Promise<Response> {
  const text = request.body === null ? undefined : await readBody(request, maxBodyBytes);
  return refusalResponse(refusal, text === undefined ? undefined : messageIdOf(parseJson(text)));
}
