import assert from 'node:assert/strict';
import { StoreUnavailable } from '@mcp-everywhere/platform/state';
import { atomicStoreContract, raceCase } from '@mcp-everywhere/platform/state/contract';
import { denoKvStore } from '@mcp-everywhere/platform/state/deno-kv';
import { memoryStore } from '@mcp-everywhere/platform/state/memory';

/** Runs the whole contract at the same time: the cases about expiry then share their waiting. */
async function runContract(test: Deno.TestContext, store: Parameters<(typeof atomicStoreContract)[number]['run']>[0]) {
  await Promise.all(
    [...atomicStoreContract, raceCase].map(({ name, run }) =>
      test.step({ name, fn: () => run(store), sanitizeOps: false, sanitizeResources: false, sanitizeExit: false }),
    ),
  );
}

async function withKv(use: (kv: Deno.Kv, path: string) => Promise<void>): Promise<void> {
  const directory = await Deno.makeTempDir();
  const path = `${directory}/state.sqlite`;
  const kv = await Deno.openKv(path);
  try {
    await use(kv, path);
  } finally {
    kv.close();
    await Deno.remove(directory, { recursive: true });
  }
}

async function keys(kv: Deno.Kv): Promise<Deno.KvKey[]> {
  return (await Array.fromAsync(kv.list({ prefix: [] }))).map(({ key }) => key);
}

Deno.test('runs on Deno', () => {
  assert.equal(Deno.version.deno, process.versions.deno);
});

Deno.test('memory', (test) => runContract(test, memoryStore()));

Deno.test('deno-kv', async (test) => {
  await withKv(async (kv) => {
    await runContract(test, denoKvStore(kv));
  });
});

Deno.test('deno-kv keeps values and versions when it is closed and opened again', async () => {
  await withKv(async (kv, path) => {
    const store = denoKvStore(kv);
    await store.set('key', 'v'.repeat(200_000), 60);
    const held = await store.read('key');
    const again = await Deno.openKv(path);
    assert.deepEqual(await denoKvStore(again).read('key'), held);
    again.close();
  });
});

Deno.test('deno-kv removes the chunks of a value that is replaced by a smaller one, or deleted', async () => {
  await withKv(async (kv) => {
    const store = denoKvStore(kv);
    const chunks = async () => (await keys(kv)).filter(([kind]) => kind === 'state-chunk').length;
    await store.set('key', 'v'.repeat(200 * 1024), 60);
    assert.equal(await chunks(), 4);
    await store.set('key', 'v'.repeat(100 * 1024), 60);
    assert.equal(await chunks(), 2);
    const held = await store.read('key');
    assert.ok(held);
    assert.ok(await store.compareAndSet('key', held.version, 'small', 60));
    assert.deepEqual(await keys(kv), [['state', 'key']]);
    await store.set('key', 'v'.repeat(200 * 1024), 60);
    await store.delete('key');
    assert.deepEqual(await keys(kv), []);
  });
});

Deno.test('deno-kv leaves only the last value when many sizes are written and deleted at the same time', async () => {
  await withKv(async (kv) => {
    const store = denoKvStore(kv);
    const sizes = [10, 300_000, 70_000, 500_000, 20, 140_000];
    await Promise.all([
      ...sizes.map((size) => store.set('key', 'v'.repeat(size), 60)),
      store.delete('key'),
      ...sizes.map((size) => store.compareAndSet('key', 'absent', 'v'.repeat(size), 60)),
    ]);
    await store.set('key', 'last', 60);
    assert.deepEqual(await keys(kv), [['state', 'key']]);
  });
});

Deno.test('deno-kv never mixes two writes while readers read and writers write', async () => {
  await withKv(async (kv) => {
    const store = denoKvStore(kv);
    let writers = 4;
    const write = async (letter: string) => {
      for (let size = 40_000; size < 500_000; size += 45_000) await store.set('key', letter.repeat(size), 60);
      writers--;
    };
    const read = async () => {
      let seen = 0;
      for (; writers > 0; seen++) {
        const value = (await store.get('key')) ?? '';
        assert.equal(value, value.charAt(0).repeat(value.length));
      }
      assert.ok(seen > 0);
    };
    await Promise.all([write('a'), write('b'), write('c'), write('d'), read(), read(), read()]);
  });
});

Deno.test('deno-kv is unavailable once it is closed', async () => {
  const kv = await Deno.openKv(':memory:');
  const store = denoKvStore(kv);
  kv.close();
  await assert.rejects(store.get('key'), StoreUnavailable);
  await assert.rejects(store.set('key', 'value', 60), StoreUnavailable);
  await assert.rejects(store.compareAndSet('key', 'absent', 'value', 60), StoreUnavailable);
});
