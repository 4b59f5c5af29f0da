import { agreed, equal } from '../jobs/contract/recorder.ts';
import { eventually, heard, hearing, newEvent, notes } from './contract/hearing.ts';
import { BusUnavailable, type EventBus } from './event-bus.ts';

/** Two instances on one engine of their own, for one case. Where a bus is of one process only, they are the same. */
export interface BusHarness {
  readonly one: EventBus;
  readonly other: EventBus;
}

/** The same, over an engine that can be looked at and ended. */
export interface EngineHarness extends BusHarness {
  /** How much of the engine (connections, watches, reads) is in use by listeners. */
  held(): number | Promise<number>;
  /** Ends the engine, as an outage would. */
  breakDown(): Promise<void>;
  /** Has it back. */
  repair(): Promise<void>;
}

/** One rule of the contract. `run` rejects, with a message that says what was expected, where the bus breaks it. */
export interface BusCase<Harness extends BusHarness = BusHarness> {
  readonly name: string;
  run(harness: Harness): Promise<void>;
}

/**
 * What every bus must do, as cases that need no test runner: each runtime's own runner runs them on the real engine, each
 * on a harness of its own.
 *
 * @example
 * for (const { name, run } of busContract) test(name, () => run(harness()));
 */
export const busContract: readonly BusCase[] = [
  {
    name: 'tells the listeners of every instance what is published on one',
    async run({ one, other }) {
      const listeners = await Promise.all([hearing(one), hearing(other), hearing(other)]);
      const [event, general] = [newEvent(), { kind: 'tools_list_changed' } as const];
      await one.publish(event);
      await one.publish(general);
      for (const { uris, stop } of listeners) {
        await eventually(() => uris.length === 2, 'both events');
        equal(uris.join(), [event.uri, general.kind].join(), 'the events');
        stop();
      }
    },
  },
  {
    name: 'hands an event over as it was published, with who may know',
    async run({ one, other }) {
      const event = newEvent();
      const told = Promise.withResolvers<unknown>();
      const stop = other.subscribe(told.resolve);
      await stop.ready();
      await one.publish(event);
      equal(JSON.stringify(await told.promise), JSON.stringify(event), 'the event');
      stop();
    },
  },
  {
    name: 'keeps the order of a publisher, and tells nothing twice',
    async run({ one, other }) {
      const listener = await hearing(other);
      const events = Array.from({ length: 40 }, newEvent);
      for (const event of events) void one.publish(event);
      await heard(one, listener);
      equal(listener.uris.slice(0, -1).join(), events.map(({ uri }) => uri).join(), 'the events');
      listener.stop();
    },
  },
  {
    name: 'tells nothing that was published before',
    async run({ one, other }) {
      await one.publish(newEvent());
      const listener = await hearing(other);
      await heard(one, listener);
      equal(listener.uris.length, 1, 'the number of events');
      equal(listener.misses, 0, 'the number of misses');
      listener.stop();
    },
  },
  {
    name: 'tells nothing to who has stopped listening, and goes on with the others',
    async run({ one, other }) {
      const [gone, stays] = await Promise.all([hearing(other), hearing(other)]);
      await heard(one, stays);
      const before = gone.uris.length;
      gone.stop();
      gone.stop();
      await heard(one, stays);
      equal(gone.uris.length, before, 'the number of events it heard');
      stays.stop();
    },
  },
  {
    name: 'reports what a listener throws, and tells the others all the same',
    async run({ one, other }) {
      const errors: unknown[] = [];
      other.reportTo((error) => errors.push(error));
      const thrown = new Error('A listener of its own kind.');
      const stop = other.subscribe(() => {
        throw thrown;
      });
      await stop.ready();
      const listener = await hearing(other);
      await heard(one, listener);
      await heard(one, listener);
      await eventually(() => errors.includes(thrown), 'the error reported');
      listener.stop();
      stop();
    },
  },
];

/** The same for a bus over an engine: all of {@link busContract}, and what an engine adds. */
export const engineBusContract: readonly BusCase<EngineHarness>[] = [
  ...busContract,
  {
    name: 'uses the engine while somebody listens, and leaves nothing of it open when the last has stopped',
    async run({ one, other, held }) {
      equal(await held(), 0, 'what is held before');
      const listeners = await Promise.all([hearing(other), hearing(other)]);
      agreed((await held()) > 0, 'something held while two listen', 'nothing');
      listeners[0]?.stop();
      agreed((await held()) > 0, 'something held while one listens', 'nothing');
      listeners[1]?.stop();
      await eventually(async () => (await held()) === 0, 'nothing held');
      const later = await hearing(other);
      await heard(one, later);
      later.stop();
      await eventually(async () => (await held()) === 0, 'nothing held');
    },
  },
  {
    name: 'reports an outage, and tells the listeners after it that they may have missed something',
    async run({ one, other, breakDown, repair }) {
      const errors: unknown[] = [];
      other.reportTo((error) => errors.push(error));
      const listener = await hearing(other);
      await heard(one, listener);
      await breakDown();
      await one.publish(newEvent());
      await eventually(() => errors.length > 0, 'the outage reported');
      const [error] = errors;
      agreed(error instanceof BusUnavailable, 'a BusUnavailable', String(error));
      agreed(String(error).includes(`"${other.kind}"`), 'a message that names the bus', String(error));
      equal(errors.length, 1, 'the number of reports');
      equal(listener.misses, 0, 'the number of misses');
      await repair();
      await eventually(() => listener.misses > 0, 'the listener told that it may have missed something');
      const published = new Set<string>();
      await eventually(async () => {
        const event = newEvent();
        published.add(event.uri);
        await one.publish(event);
        return listener.uris.some((uri) => published.has(uri));
      }, 'an event after the outage');
      listener.stop();
    },
  },
  {
    name: 'says to who begins to listen in an outage that it is one, and has the engine back by itself',
    async run({ one, other, breakDown, repair }) {
      await breakDown();
      const listener = notes(other);
      const refused: unknown = await listener.stop.ready().catch((error: unknown) => error);
      agreed(refused instanceof BusUnavailable, 'a BusUnavailable', String(refused));
      await repair();
      await eventually(
        () =>
          listener.stop.ready().then(
            () => true,
            () => false,
          ),
        'the engine back',
      );
      await heard(one, listener);
      listener.stop();
    },
  },
];
