import type { IncomingMessage } from 'node:http';

/** Of one connection only (https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1). */
const OF_ONE_CONNECTION = ['connection', 'keep-alive', 'te', 'trailer', 'transfer-encoding', 'upgrade'];

/** The headers of a message that whoever stands in between hands on. */
export function endToEndHeaders({ headersDistinct }: Pick<IncomingMessage, 'headersDistinct'>) {
  return Object.fromEntries(Object.entries(headersDistinct).filter(([name]) => !OF_ONE_CONNECTION.includes(name)));
}
