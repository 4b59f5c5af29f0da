import { QueueUnavailable } from '@mcp-everywhere/platform/jobs';
import { StoreUnavailable } from '@mcp-everywhere/platform/state';
import { ProtocolError, ProtocolErrorCode } from '@modelcontextprotocol/server';
import type { Call } from '../context/tool-context.ts';
import { CannotAsk } from './cannot-ask.ts';
import type { Service } from './service.ts';

/**
 * Runs a handler; a `ProtocolError` is meant for the client and passes, and so do the words of a store or a queue that is
 * down and of a question that cannot be asked; anything else is logged and becomes a bare "internal error": the SDK would
 * put the exception's own text on the wire.
 */
export async function conceal<Result>(
  service: Service,
  call: Call,
  run: () => Result | Promise<Result>,
): Promise<Result> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof ProtocolError) throw error;
    if (error instanceof CannotAsk) throw new ProtocolError(ProtocolErrorCode.InvalidRequest, error.message);
    service.log.error('A handler threw', { requestId: call.requestId, error });
    if (error instanceof StoreUnavailable || error instanceof QueueUnavailable) {
      throw new ProtocolError(ProtocolErrorCode.InternalError, error.message);
    }
    throw new ProtocolError(
      ProtocolErrorCode.InternalError,
      `Internal error. The server's log has the cause under request ${call.requestId}.`,
    );
  }
}
