import { type EngineHarness, engineBusContract } from '@mcp-everywhere/platform/events/contract';
import { denoKvBus } from '@mcp-everywhere/platform/events/deno-kv';

/** Two instances on one database in a file. */
async function withInstances(use: (harness: EngineHarness) => Promise<void>): Promise<void> {
  const directory = await Deno.makeTempDir();
  const path = `${directory}/state.kv`;
  let kv = await Deno.openKv(path);
  let watches = 0;
  /** What the database is at the moment: an outage ends it, with all that was opened on it. */
  const database: Parameters<typeof denoKvBus>[0] = {
    get: (key) => kv.get(key),
    atomic: () => kv.atomic(),
    watch(keys) {
      const reader = kv.watch<[string]>(keys).getReader();
      watches += 1;
      let isOver = false;
      const ended = () => {
        if (!isOver) watches -= 1;
        isOver = true;
      };
      return new ReadableStream({
        async pull(controller) {
          try {
            const { done, value } = await reader.read();
            if (!done) return controller.enqueue(value);
            ended();
            controller.close();
          } catch (error) {
            ended();
            controller.error(error);
          }
        },
        async cancel() {
          ended();
          await reader.cancel();
        },
      });
    },
  };
  let isOpen = true;
  try {
    await use({
      one: denoKvBus(database),
      other: denoKvBus(database),
      held: () => watches,
      async breakDown() {
        isOpen = false;
        kv.close();
      },
      async repair() {
        kv = await Deno.openKv(path);
        isOpen = true;
      },
    });
  } finally {
    if (isOpen) kv.close();
    await Deno.remove(directory, { recursive: true });
  }
}

for (const { name, run } of engineBusContract) Deno.test(`the bus in Deno KV ${name}`, () => withInstances(run));
