import { inspect } from 'node:util';
import { type AtomicStore, StoreUnavailable } from '@mcp-everywhere/platform/state';
import { atomicStoreContract } from '@mcp-everywhere/platform/state/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../src/engines/engine.ts';
import { losingProxy, silentServer } from './stand-ins.ts';

const TTL = 60;
const ROUNDS = 500;
const FAILS_WITHIN_MS = 5_000;

/** A store whose engine is reached over the network. */
export interface RemoteStore<E extends Engine> {
  readonly kind: AtomicStore['kind'];
  readonly start: () => Promise<E>;
  /** A client of its own, which looks for the engine at `url`. */
  readonly open: (engine: E, url: string) => AtomicStore;
  readonly secretOf: (engine: E) => string;
}

/** What every such store must do besides keeping the contract. */
export function describeRemoteStore<E extends Engine>({ kind, start, open, secretOf }: RemoteStore<E>): void {
  let engine: E;
  let store: AtomicStore;
  beforeAll(async () => {
    engine = await start();
    store = open(engine, engine.url);
  });
  afterAll(() => engine.stop());

  describe.concurrent('keeps the contract', () => {
    it.each(atomicStoreContract)('$name', ({ run }) => run(store));
  });

  it('names its kind', () => {
    expect(store.kind).toBe(kind);
  });

  it(`lets exactly one of two clients win, ${ROUNDS} times`, async () => {
    const clients = [open(engine, engine.url), open(engine, engine.url)];
    let held = await store.read('race');
    for (let round = 0; round < ROUNDS; round++) {
      const expected = held?.version ?? 'absent';
      const won = await Promise.all(
        clients.map((client, index) => client.compareAndSet('race', expected, `${round} by ${index}`, TTL)),
      );
      expect(won.filter((version) => version !== undefined)).toHaveLength(1);
      held = await store.read('race');
      expect(held?.value).toBe(`${round} by ${won.findIndex((version) => version !== undefined)}`);
    }
  });

  it('keeps 256 KiB of characters of one to four bytes', async () => {
    const value = 'aé語🦊'.repeat(26_214).padEnd(26_214 * 5 + 4, 'x');
    expect(Buffer.byteLength(value)).toBe(256 * 1024);
    await store.set('text', value, TTL);
    expect(await store.get('text')).toBe(value);
  });

  it('is unavailable while its engine is down, and recovers by itself', async () => {
    await store.set('outage', 'before', TTL);
    const version = (await store.read('outage'))?.version ?? 'absent';
    await engine.stop();
    for (const failure of await failuresOf(store, 'outage', version)) {
      expect(failure.error).toBeInstanceOf(StoreUnavailable);
      expect(failure.error).toMatchObject({ store: kind, message: expect.stringContaining(`"${kind}"`) });
      expect(failure.ms).toBeLessThan(FAILS_WITHIN_MS);
    }
    await engine.start();
    await store.set('outage', 'after', TTL);
    expect(await store.get('outage')).toBe('after');
  });

  it('is unavailable when its engine takes the request and never answers', async () => {
    const stuck = open(engine, await silentServer());
    for (const failure of await failuresOf(stuck, 'stuck', 'absent')) {
      expect(failure.error).toBeInstanceOf(StoreUnavailable);
      expect(failure.ms).toBeLessThan(FAILS_WITHIN_MS);
    }
  });

  it('keeps values and credentials out of its errors', async () => {
    const secret = secretOf(engine);
    const errors = await failuresOf(open(engine, await silentServer()), 'secret', 'absent');
    await engine.stop();
    errors.push(...(await failuresOf(store, 'secret', 'absent')));
    await engine.start();
    for (const { error } of errors) {
      const shown = inspect(error, { depth: 20, showHidden: true });
      expect(shown).not.toContain(VALUE);
      expect(shown).not.toContain(secret);
      expect(shown).not.toMatch(/authorization/i);
    }
  });

  it('counts a write as won whose answer was lost on the way', async () => {
    const proxy = await losingProxy(engine.url);
    const shaky = open(engine, proxy.url);
    await shaky.get('lost answer');
    proxy.loseNextAnswer();
    expect(await shaky.compareAndSet('lost answer', 'absent', 'first', TTL)).toBeDefined();
    const version = (await shaky.read('lost answer'))?.version ?? 'absent';
    proxy.loseNextAnswer();
    const written = await shaky.compareAndSet('lost answer', version, 'second', TTL);
    expect(written).toBeDefined();
    expect(written).toBe((await store.read('lost answer'))?.version);
    expect(await store.get('lost answer')).toBe('second');
    proxy.loseNextAnswer();
    expect(await shaky.get('lost answer')).toBe('second');
  });
}

const VALUE = 'a value that nobody may see';

interface Failure {
  readonly error: unknown;
  readonly ms: number;
}

async function failuresOf(store: AtomicStore, key: string, expected: Parameters<AtomicStore['compareAndSet']>[1]) {
  const calls = [
    () => store.get(key),
    () => store.read(key),
    () => store.set(key, VALUE, TTL),
    () => store.delete(key),
    () => store.compareAndSet(key, expected, VALUE, TTL),
  ];
  return await Promise.all(
    calls.map(async (call): Promise<Failure> => {
      const started = performance.now();
      const error: unknown = await call().then(
        (result) => `no error, but ${result}`,
        (reason: unknown) => reason,
      );
      return { error, ms: performance.now() - started };
    }),
  );
}
