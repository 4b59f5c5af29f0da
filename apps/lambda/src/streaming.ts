import type { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { HttpEvent } from './http-event.ts';
import { type GatewayResult, headOf } from './http-result.ts';

/** What Lambda tells of an invocation, as far as it is read here. */
export interface InvocationContext {
  /** Until the function's time-out. */
  getRemainingTimeInMillis(): number;
}

type StreamingHandler = (event: HttpEvent, stream: Writable, context: InvocationContext) => Promise<void>;

interface LambdaGlobal {
  streamifyResponse(handler: StreamingHandler): unknown;
  readonly HttpResponseStream: { from(stream: Writable, prelude: GatewayResult): Writable };
}

declare global {
  /** Lambda's Node.js runtime puts it there; where there is none, the AWS SDK puts an empty one there. */
  var awslambda: LambdaGlobal | { readonly streamifyResponse?: undefined } | undefined;
}

/**
 * A handler that sends its response as it is written.
 *
 * @returns what the runtime takes for one, or `undefined` where this is not Lambda's runtime
 */
export function streaming(answer: (event: HttpEvent, context: InvocationContext) => Promise<Response>): unknown {
  const lambda = globalThis.awslambda;
  if (lambda?.streamifyResponse === undefined) return undefined;
  return lambda.streamifyResponse(async (event, stream, context) => {
    const response = await answer(event, context);
    const http = lambda.HttpResponseStream.from(stream, headOf(response));
    // Status and headers go out with the first write, and a response without a body has none.
    http.write('');
    await pipeline(response.body ?? [], http);
  });
}
