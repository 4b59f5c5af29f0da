import {
  type InitializeRequestParams,
  isJSONRPCRequest,
  type JSONRPCMessage,
  type RequestId,
  type Transport,
  type TransportSendOptions,
  type WebStandardStreamableHTTPServerTransport,
} from '@modelcontextprotocol/server';
import type { Mailbox } from './mailbox.ts';

/** Of the messages with which a server is told what its session knows; no client's id can be one of them. */
const OWN_ID = 'mcp-everywhere/session/';

type OnMessage = NonNullable<Transport['onmessage']>;

/**
 * The transport of one POST in a session. The SDK's own carries it; this one puts the store in between: a server of this
 * request alone is told what its session knows, and what it asks the client is answered by way of the mailbox, because the
 * reply may come to another instance.
 */
export class SessionTransport implements Transport {
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onmessage?: OnMessage;
  readonly #inner: WebStandardStreamableHTTPServerTransport;
  readonly #mailbox: Mailbox;
  readonly #closed = new AbortController();
  readonly #told = new Map<string, () => void>();
  readonly #unanswered: Set<RequestId>;
  #tellings = 0;

  /** @param requests the ids of the requests that the POST brought: when all are answered, this closes itself */
  constructor(inner: WebStandardStreamableHTTPServerTransport, mailbox: Mailbox, requests: readonly RequestId[]) {
    this.#inner = inner;
    this.#mailbox = mailbox;
    this.#unanswered = new Set(requests);
  }

  /** Fires when all is answered, or this was closed. */
  get over(): AbortSignal {
    return this.#closed.signal;
  }

  get sessionId(): string | undefined {
    return this.#inner.sessionId;
  }

  async start(): Promise<void> {
    this.#inner.onmessage = (message, extra) => this.onmessage?.(message, extra);
    this.#inner.onerror = (error) => this.onerror?.(error);
    this.#inner.onclose = () => {
      this.#closed.abort();
      this.onclose?.();
    };
    await this.#inner.start();
  }

  setSupportedProtocolVersions(versions: string[]): void {
    this.#inner.setSupportedProtocolVersions(versions);
  }

  /** Has the server take a request that did not come by HTTP, and resolves when it has answered it. */
  tell(method: 'initialize', params: InitializeRequestParams): Promise<void>;
  tell(method: 'logging/setLevel', params: { readonly level: string }): Promise<void>;
  tell(method: string, params: object): Promise<void> {
    const id = `${OWN_ID}${this.#tellings}`;
    this.#tellings += 1;
    return new Promise((resolve) => {
      this.#told.set(id, resolve);
      this.onmessage?.({ jsonrpc: '2.0', id, method, params: { ...params } });
    });
  }

  async send(message: JSONRPCMessage, options?: TransportSendOptions): Promise<void> {
    if (isJSONRPCRequest(message)) return this.#ask(message, options);
    const told = 'id' in message && typeof message.id === 'string' ? this.#told.get(message.id) : undefined;
    if (told !== undefined) return told();
    await this.#inner.send(message, relatedTo(options));
    if (!('id' in message) || message.id === undefined || message.id === null) return;
    this.#unanswered.delete(message.id);
    if (this.#unanswered.size === 0) await this.close();
  }

  async close(): Promise<void> {
    await this.#inner.close();
  }

  /** A server's ids begin anew with each server, so the client is shown one that the session has never seen. */
  async #ask(request: Extract<JSONRPCMessage, { method: string; id: unknown }>, options?: TransportSendOptions) {
    const requestId = crypto.randomUUID();
    await this.#mailbox.expect(requestId);
    void this.#mailbox.reply(requestId, this.#closed.signal).then(
      (reply) => reply && this.onmessage?.({ ...reply, id: request.id } as JSONRPCMessage),
      (error: unknown) => this.onerror?.(error instanceof Error ? error : new Error(String(error))),
    );
    await this.#inner.send({ ...request, id: requestId }, relatedTo(options));
  }
}

function relatedTo(options: TransportSendOptions | undefined): { readonly relatedRequestId?: RequestId } {
  const relatedRequestId = options?.relatedRequestId;
  return relatedRequestId === undefined ? {} : { relatedRequestId };
}
