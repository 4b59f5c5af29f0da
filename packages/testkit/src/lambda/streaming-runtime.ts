import type { Writable } from 'node:stream';

/** How the runtime tells a handler that streams from one that returns. */
const STREAMING = Symbol.for('aws.lambda.runtime.handler.streaming');

/** Between the prelude of a streamed response and its body: nothing in JSON is one. */
export const PRELUDE_END = Buffer.alloc(8);

/** Says that a streamed response begins with a prelude of status and headers. */
const HTTP_RESPONSE_TYPE = 'application/vnd.awslambda.http-integration-response';

/** Where a streaming handler writes. */
export interface ResponseStream extends Writable {
  setContentType(contentType: string): void;
  /** Runs before anything of the handler's is written. */
  beforeFirstWrite?: (write: (chunk: Uint8Array | string) => void) => void;
}

type Handler = (event: unknown, ...more: unknown[]) => unknown;

/** The global that Lambda's Node.js runtime offers to handlers that stream. */
export const awslambda = {
  streamifyResponse: (handler: Handler): Handler => Object.assign(handler, { [STREAMING]: 'response' }),
  HttpResponseStream: {
    from(stream: ResponseStream, prelude: object): ResponseStream {
      stream.setContentType(HTTP_RESPONSE_TYPE);
      stream.beforeFirstWrite = (write) => {
        write(JSON.stringify(prelude));
        write(PRELUDE_END);
      };
      return stream;
    },
  },
};

/** Whether a handler was made by `awslambda.streamifyResponse`. */
export function isStreaming(handler: object): boolean {
  return STREAMING in handler;
}
