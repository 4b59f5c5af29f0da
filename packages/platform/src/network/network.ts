/** One request, ready to send: `body` is whole, so that a redirect can send it again. */
export interface OutboundRequest {
  readonly url: URL;
  readonly method: string;
  readonly headers: Headers;
  readonly body?: Uint8Array<ArrayBuffer>;
  readonly signal?: AbortSignal;
}

/**
 * Is told an address (IPv4 or IPv6, as text) that the request's host stands for.
 * @throws where no request may go there
 */
export type AddressCheck = (address: string) => void;

/**
 * How a runtime reaches the outside: the one place where name resolution and connecting differ between runtimes.
 * Tools never see it; their `ctx.fetch` is built on it, limited to the hosts they declare.
 */
export interface Network {
  /**
   * Sends one request. Follows no redirect and reuses no connection that another check let through.
   *
   * With `checkAddress`, every address the host stands for is checked, and what the check throws is what the call
   * rejects with. How far that holds between the check and the connection, each adapter says. Without it, any address
   * will do.
   *
   * @throws {NetworkFailure} where no response came; an abort rejects with the signal's own reason
   */
  fetch(request: OutboundRequest, checkAddress?: AddressCheck): Promise<Response>;
}

/** No response came. The message is a short reason without addresses or internals: "the connection was refused". */
export class NetworkFailure extends Error {
  override readonly name = 'NetworkFailure';
}
