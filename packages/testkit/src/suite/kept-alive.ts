import { once } from 'node:events';
import { Agent, get, type IncomingMessage } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect } from 'vitest';
import { laneCase } from './case.ts';
import type { Lane } from './lane.ts';

/** Longer than Node keeps an idle connection by default, which is 5 s. */
const IDLE_MS = 6_500;

/** What a server that listens by itself owes to whatever stands before it. */
export function keptAlive(lane: Lane): void {
  const { app } = lane;
  describe('behind a load balancer', () => {
    laneCase(
      app.name,
      'a connection that was idle takes the next request: one that ended just then would lose it',
      async () => {
        const agent = new Agent({ keepAlive: true, maxSockets: 1 });
        const probe = async () => {
          const request = get(`${lane.open.url}/healthz`, { agent });
          const [response]: IncomingMessage[] = await once(request, 'response');
          response?.resume();
          await once(request, 'close');
          return { status: response?.statusCode, reused: request.reusedSocket };
        };
        expect(await probe()).toEqual({ status: 200, reused: false });
        await delay(IDLE_MS);
        expect(await probe()).toEqual({ status: 200, reused: true });
        agent.destroy();
      },
      3 * IDLE_MS,
    );
  });
}
