/** Answers a request, as an instance does. */
export type Serve = (request: Request) => Response | Promise<Response>;

/**
 * A `fetch` that deals what it is given to instances in turn, as a proxy without affinity does: no two requests in a row
 * come to the same.
 *
 * @example
 * const client = await connectLegacy({ url, fetch: inTurn(urls.map(instanceAt)) });
 */
export function inTurn(instances: readonly Serve[]): typeof fetch {
  let turn = 0;
  return async (input, init) => {
    const serve = instances[turn % instances.length];
    turn += 1;
    if (serve === undefined) throw new TypeError('There is no instance to deal to');
    return serve(new Request(input, init));
  };
}

/** The instance that listens on an origin, e.g. `http://127.0.0.1:49152`, whatever host the request names. */
export function instanceAt(origin: string): Serve {
  return (request) => {
    const { pathname, search } = new URL(request.url);
    return fetch(new Request(new URL(`${pathname}${search}`, origin), request));
  };
}
