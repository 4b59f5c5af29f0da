import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { WebSocket } from 'ws';
import * as z from 'zod';

/** The isolate of a Worker may be told to collect its garbage only with its next event. */
const ANSWER_WITHIN_MS = 30_000;
const WAKE_EVERY_MS = 100;

const inspected = z.tuple([z.object({ webSocketDebuggerUrl: z.string() })]);
const reply = z.object({ id: z.number().optional(), result: z.unknown().optional() });
const usage = z.object({ usedSize: z.number(), backingStorageSize: z.number() });

/**
 * What a server holds once its garbage is collected, in bytes: the heap of its isolate, and the buffers that belong to it. It
 * is what Cloudflare limits to 128 MB, and all that the server's own code can let grow.
 *
 * @param url where it answers: a request now and then wakes the isolate of a Worker for the inspector
 * @throws {Error} where the inspector does not answer within half a minute
 */
export async function heapBytes(inspectorPort: number, url: string): Promise<number> {
  const [target] = inspected.parse(await (await fetch(`http://127.0.0.1:${inspectorPort}/json`)).json());
  // It lets in who comes from the tools of a developer on this machine.
  const socket = new WebSocket(target.webSocketDebuggerUrl, { origin: 'http://localhost' });
  const waking = new AbortController();
  try {
    await once(socket, 'open');
    void wake(url, waking.signal);
    // What the first collection has finalized, the second one frees.
    await ask(socket, 1, 'HeapProfiler.collectGarbage');
    await ask(socket, 2, 'HeapProfiler.collectGarbage');
    const { usedSize, backingStorageSize } = usage.parse(await ask(socket, 3, 'Runtime.getHeapUsage'));
    return usedSize + backingStorageSize;
  } finally {
    waking.abort();
    socket.close();
  }
}

/** Sends the inspector a command, and gives its result. */
async function ask(socket: WebSocket, id: number, method: string): Promise<unknown> {
  const answered = new Promise<unknown>((resolve, reject) => {
    socket.on('message', (data) => {
      const message = reply.parse(JSON.parse(String(data)));
      if (message.id === id) resolve(message.result);
    });
    socket.once('close', () => reject(new Error(`The inspector closed before it answered ${method}.`)));
    AbortSignal.timeout(ANSWER_WITHIN_MS).addEventListener('abort', () =>
      reject(new Error(`The inspector did not answer ${method} within ${ANSWER_WITHIN_MS / 1000} s.`)),
    );
  });
  socket.send(JSON.stringify({ id, method }));
  return answered;
}

async function wake(url: string, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await fetch(`${url}/healthz`).catch(() => {});
    await delay(WAKE_EVERY_MS);
  }
}
