import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';

const encoder = new TextEncoder();

/**
 * A response of `node:http` for code that writes to nothing else, sent as a web-standard `Response`. It takes its head, text
 * and its end; `close` is emitted once, when it has ended or the client has left.
 *
 * @example
 * const outgoing = new StreamedResponse();
 * outgoing.writeHead(200, { 'content-type': 'text/event-stream' });
 * outgoing.write('data: 1\n\n');
 * return outgoing.response;
 */
export class StreamedResponse extends ServerResponse {
  /** Resolves when the head has been written. */
  readonly response: Promise<Response>;
  readonly #resolve: (response: Response) => void;
  readonly #body: ReadableStream<Uint8Array>;
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;

  constructor() {
    super(new IncomingMessage(new Socket()));
    const { promise, resolve } = Promise.withResolvers<Response>();
    this.response = promise;
    this.#resolve = resolve;
    this.#body = new ReadableStream({
      start: (controller) => {
        this.#controller = controller;
      },
      cancel: () => this.#close(),
    });
  }

  override writeHead(status: number, headers: unknown): this {
    const all = new Headers(
      Object.entries({ ...this.getHeaders(), ...Object(headers) }).map(([n, v]) => [n, String(v)]),
    );
    this.#resolve(new Response(this.#body, { status, headers: all }));
    return this;
  }

  override write(text: unknown): boolean {
    this.#controller?.enqueue(encoder.encode(String(text)));
    return this.#controller !== undefined;
  }

  override end(): this {
    this.#controller?.close();
    this.#close();
    return this;
  }

  #close(): void {
    if (this.#controller === undefined) return;
    this.#controller = undefined;
    this.emit('close');
  }
}
