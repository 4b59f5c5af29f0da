import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { eventOf, type Front } from './events.ts';
import { receive, respond } from './http-exchange.ts';
import type { LocalFunction } from './local-function.ts';

/** Of an event (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html). */
const MAX_EVENT_BYTES = 6 * 1024 * 1024;

/**
 * An HTTP server that hands every request to a function, as an event of the given kind, and answers with what comes back.
 * Not done: AWS's own limits on rates, its header filters, CORS and authorisation of a function URL.
 *
 * @param onFailure learns what AWS would write to the function's log: the caller is told nothing
 */
export function frontOf(
  invoke: LocalFunction['invoke'],
  front: Front,
  onFailure: (failure: { readonly errorType: string; readonly message: string }) => void,
): Server {
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const event = eventOf(front, await receive(request));
    if (Buffer.byteLength(JSON.stringify(event)) > MAX_EVENT_BYTES) {
      return refuse(
        response,
        413,
        `Request must be smaller than ${MAX_EVENT_BYTES} bytes for the InvokeFunction operation`,
      );
    }
    const reply = await invoke(event);
    if (reply.kind === 'failed') {
      onFailure(reply);
      return refuse(response, 502, 'Internal Server Error');
    }
    await respond(reply, response);
  };
  return createServer((request, response) => {
    handle(request, response).catch((error: unknown) => {
      const { name, message } = error instanceof Error ? error : new Error(String(error));
      onFailure({ errorType: name, message });
      if (response.headersSent) response.destroy();
      else refuse(response, 502, 'Internal Server Error');
    });
  });
}

function refuse(response: ServerResponse, status: number, message: string): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ Message: message }));
}
