import {
  type InitializeRequestParams,
  isJSONRPCRequest,
  type JSONRPCMessage,
  type JSONRPCNotification,
  type RequestId,
  type Transport,
  type TransportSendOptions,
  type WebStandardStreamableHTTPServerTransport,
} from '@modelcontextprotocol/server';
import { REFUSED, type Refusal } from '../protocol/rpc-error.ts';
import type { Mailbox, Reply } from './mailbox.ts';

/** Of the messages with which a server is told what its session knows. */
const OWN_ID = 'mcp-everywhere/session/';

/** What a question came to that the client has not answered while its call could wait. */
const NO_REPLY = {
  jsonrpc: '2.0',
  error: { code: REFUSED, message: 'the client has not answered in the time that there is for the call' },
} as const;

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
  readonly #answerBy: number | undefined;
  readonly #unanswered: Set<RequestId>;
  /** What the client has not answered, by the server's own id: the id that it was shown. */
  readonly #asked = new Map<RequestId, string>();
  readonly #beforeClose: () => Promise<void>;
  #closing: Promise<void> | undefined;
  /** An answer is about to go out before it counts as answered. */
  #answersLeft: number;
  #tellings = 0;
  #notified: Promise<void> | undefined;

  /**
   * @param requests the ids of the requests that the POST brought: when all are answered, this closes itself
   * @param answerBy until when a client may be waited for, in milliseconds since the epoch
   * @param beforeClose what is to be done when all is answered or given up, and the stream still there
   */
  constructor(
    inner: WebStandardStreamableHTTPServerTransport,
    mailbox: Mailbox,
    requests: readonly RequestId[],
    answerBy: number | undefined,
    beforeClose: () => Promise<void>,
  ) {
    this.#inner = inner;
    this.#mailbox = mailbox;
    this.#answerBy = answerBy;
    this.#beforeClose = beforeClose;
    this.#unanswered = new Set(requests);
    this.#answersLeft = this.#unanswered.size;
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
      this.#told.set(id, () => {
        // From now on a client's request may have the id.
        this.#told.delete(id);
        resolve();
      });
      this.onmessage?.({ jsonrpc: '2.0', id, method, params: { ...params } });
    });
  }

  async send(message: JSONRPCMessage, options?: TransportSendOptions): Promise<void> {
    if (isJSONRPCRequest(message)) return this.#ask(message, options);
    if ('method' in message) {
      this.#notified = this.#inner.send(this.#asShown(message), relatedTo(options));
      return this.#notified;
    }
    const told = typeof message.id === 'string' ? this.#told.get(message.id) : undefined;
    if (told !== undefined) return told();
    if (message.id !== undefined) await this.#answer(message.id, message);
  }

  close(): Promise<void> {
    this.#closing ??= this.#beforeClose().finally(() => this.#inner.close());
    return this.#closing;
  }

  /** Whether the stream of the POST ends with a message, that is being sent. */
  isLast(message: JSONRPCMessage): boolean {
    return !('method' in message) && this.#answersLeft === 0;
  }

  /** Has the server stop what it does for a request, which the SDK then never answers. */
  async cancel(requestId: RequestId): Promise<void> {
    this.onmessage?.({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId } });
    if (!this.#unanswered.delete(requestId)) return;
    // The SDK heeds it a moment later, and takes back what it has asked.
    await new Promise((resolve) => setTimeout(resolve));
    await this.#notified;
    this.#answersLeft -= 1;
    if (this.#unanswered.size === 0) await this.close();
  }

  /** Answers what is not answered yet, so that nobody waits for it, and closes this. */
  async refuse({ code, message }: Refusal): Promise<void> {
    const error = { code, message };
    try {
      for (const id of [...this.#unanswered]) await this.#answer(id, { jsonrpc: '2.0', id, error });
    } finally {
      await this.close();
    }
  }

  async #answer(id: RequestId, message: JSONRPCMessage): Promise<void> {
    this.#answersLeft -= 1;
    await this.#inner.send(message);
    this.#unanswered.delete(id);
    if (this.#unanswered.size === 0) await this.close();
  }

  /** Takes back a question by the id under which the client knows it. */
  #asShown(message: JSONRPCNotification): JSONRPCNotification {
    const requestId = message.params?.requestId;
    if (message.method !== 'notifications/cancelled' || typeof requestId !== 'number') return message;
    return { ...message, params: { ...message.params, requestId: this.#asked.get(requestId) ?? requestId } };
  }

  /** A server's ids begin anew with each server, so the client is shown one that the session has never seen. */
  async #ask(request: Extract<JSONRPCMessage, { method: string; id: unknown }>, options?: TransportSendOptions) {
    const requestId = crypto.randomUUID();
    await this.#mailbox.expect(requestId);
    this.#asked.set(request.id, requestId);
    const take = (reply: Omit<Reply, 'id'>) => {
      if (!this.#closed.signal.aborted) this.onmessage?.({ ...reply, id: request.id } as JSONRPCMessage);
    };
    void this.#mailbox.reply(requestId, this.#patience()).then(
      (reply) => take(reply ?? NO_REPLY),
      (error: unknown) => {
        this.onerror?.(error instanceof Error ? error : new Error(String(error)));
        take(NO_REPLY);
      },
    );
    await this.#inner.send({ ...request, id: requestId }, relatedTo(options));
  }

  /** Fires when there is no waiting any more. */
  #patience(): AbortSignal {
    if (this.#answerBy === undefined) return this.over;
    return AbortSignal.any([this.over, AbortSignal.timeout(Math.max(0, this.#answerBy - Date.now()))]);
  }
}

function relatedTo(options: TransportSendOptions | undefined): { readonly relatedRequestId?: RequestId } {
  const relatedRequestId = options?.relatedRequestId;
  return relatedRequestId === undefined ? {} : { relatedRequestId };
}
