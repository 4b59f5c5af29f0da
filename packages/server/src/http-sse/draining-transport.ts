import {
  isJSONRPCNotification,
  isJSONRPCRequest,
  type JSONRPCMessage,
  type RequestId,
} from '@modelcontextprotocol/server';
import { SSEServerTransport } from '@modelcontextprotocol/server-legacy/sse';

/** The SDK's transport, which can end when all is answered. */
export class DrainingTransport extends SSEServerTransport {
  readonly #unanswered = new Set<RequestId>();
  #isDraining = false;

  override async handleMessage(...[message, extra]: Parameters<SSEServerTransport['handleMessage']>): Promise<void> {
    if (isJSONRPCRequest(message)) this.#unanswered.add(message.id);
    await super.handleMessage(message, extra);
    // The SDK answers no request that was cancelled.
    if (isJSONRPCNotification(message) && message.method === 'notifications/cancelled') {
      await this.#settled(message.params?.requestId);
    }
  }

  override async send(message: JSONRPCMessage): Promise<void> {
    await super.send(message);
    if (!('method' in message)) await this.#settled(message.id);
  }

  /** Closes when all is answered. */
  async drain(): Promise<void> {
    this.#isDraining = true;
    if (this.#unanswered.size === 0) await this.close();
  }

  async #settled(requestId: unknown): Promise<void> {
    for (const id of this.#unanswered) if (id === requestId) this.#unanswered.delete(id);
    if (this.#isDraining) await this.drain();
  }
}
