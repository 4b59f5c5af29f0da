import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { type EngineHarness, engineBusContract } from '@mcp-everywhere/platform/events/contract';
import { durableObjectBus } from '@mcp-everywhere/platform/events/durable-object';
import { describe, it } from 'vitest';

const hub = () => env.EVENTS.getByName('hub');

/** How many listeners the hub has. */
function sockets(): Promise<number> {
  return runInDurableObject(hub(), (_, state) => state.getWebSockets().length);
}

const harness: EngineHarness = {
  one: durableObjectBus(env.EVENTS),
  other: durableObjectBus(env.EVENTS),
  held: sockets,
  breakDown: () =>
    runInDurableObject(hub(), (object, state) => {
      for (const method of ['fetch', 'publish']) {
        Object.defineProperty(object, method, {
          configurable: true,
          value: () => {
            throw new Error('The hub is broken.');
          },
        });
      }
      for (const socket of state.getWebSockets()) socket.close(1012, 'restarting');
    }),
  repair: () =>
    runInDurableObject(hub(), (object) => {
      for (const method of ['fetch', 'publish']) Reflect.deleteProperty(object, method);
    }),
};

describe('the bus through a Durable Object keeps the contract', () => {
  it.for(engineBusContract)('$name', { timeout: 20_000 }, ({ run }) => run(harness));
});
