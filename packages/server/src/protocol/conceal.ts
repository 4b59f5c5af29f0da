import { ProtocolError, ProtocolErrorCode } from '@modelcontextprotocol/server';
import type { Call } from '../context/tool-context.ts';
import type { Service } from './service.ts';

/**
 * Runs a handler; a `ProtocolError` is meant for the client and passes, anything else is logged and becomes a bare
 * "internal error": the SDK would put the exception's own text on the wire.
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
    service.log.error('A handler threw', { requestId: call.requestId, error });
    throw new ProtocolError(
      ProtocolErrorCode.InternalError,
      `Internal error. The server's log has the cause under request ${call.requestId}.`,
    );
  }
}
