import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import * as z from 'zod';
import type { ReceivedRequest } from '../lambda/events.ts';
import { failed, type Reply } from '../lambda/reply.ts';

const kept = z.object({
  /** The function. */
  name: z.string(),
  /** How often it has failed. */
  failures: z.int(),
  request: z.object({
    method: z.string(),
    target: z.string(),
    headers: z.array(z.tuple([z.string(), z.string()])),
    body: z.base64().transform((text): Uint8Array => Buffer.from(text, 'base64')),
  }),
});

interface Invocation extends z.output<typeof kept> {
  readonly file: string;
}

interface BackgroundOptions {
  /** A directory for what has been accepted. */
  readonly directory: string;
  /** After which times, in seconds, one that failed is made again. */
  readonly retryAfterSeconds: readonly number[];
  invoke(name: string, request: ReceivedRequest): Promise<Reply>;
  /** Gets what goes wrong: the caller has had its answer. */
  report(failure: Extract<Reply, { readonly kind: 'failed' }>): void;
}

/** Invocations that nobody waits for. */
export interface Background {
  /** Resolves when the invocation is sure to be made, whatever becomes of this process. */
  accept(name: string, request: ReceivedRequest): Promise<void>;
  /** Resolves when those that run have ended. */
  settled(): Promise<unknown>;
  /** Makes none any more: what has not been done is left to the next one to open the directory. */
  close(): void;
}

/** Makes the invocations that are accepted, and those that an earlier one in this directory did not bring to their end. */
export async function openBackground(options: BackgroundOptions): Promise<Background> {
  const { directory, retryAfterSeconds, invoke, report } = options;
  const running = new Set<Promise<void>>();
  const timers = new Set<NodeJS.Timeout>();
  let closed = false;

  const make = async (invocation: Invocation): Promise<void> => {
    const reply = await received(await invoke(invocation.name, invocation.request));
    if (closed) return;
    if (reply.kind !== 'failed') return rm(invocation.file, { force: true });
    report(reply);
    const retryAfter = retryAfterSeconds[invocation.failures];
    if (retryAfter === undefined) return rm(invocation.file, { force: true });
    const next = { ...invocation, failures: invocation.failures + 1 };
    await keep(next);
    const timer = setTimeout(() => {
      timers.delete(timer);
      begin(next);
    }, retryAfter * 1000);
    timers.add(timer);
  };

  const begin = (invocation: Invocation): void => {
    if (closed) return;
    const ended = make(invocation).finally(() => running.delete(ended));
    running.add(ended);
  };

  await mkdir(directory, { recursive: true });
  for (const name of await readdir(directory)) {
    const file = join(directory, name);
    if (name.endsWith('.json')) begin({ ...kept.parse(JSON.parse(await readFile(file, 'utf8'))), file });
  }

  return {
    async accept(name, request) {
      const headers = request.headers.map(([key, value]): [string, string] => [key, value]);
      const file = join(directory, `${crypto.randomUUID()}.json`);
      const invocation = { name, failures: 0, request: { ...request, headers }, file };
      await keep(invocation);
      begin(invocation);
    },
    settled: () => Promise.all(running),
    close() {
      closed = true;
      for (const timer of timers) clearTimeout(timer);
    },
  };
}

/** What came of an invocation when all of its answer is there, which nobody reads: one that broke off did not end. */
async function received(reply: Reply): Promise<Reply> {
  if (reply.kind !== 'streamed') return reply;
  try {
    await finished(reply.body.resume());
    return reply;
  } catch (error) {
    return failed('Runtime.TruncatedResponse', error instanceof Error ? error.message : String(error));
  }
}

/** Whole or not at all, also where the process is killed meanwhile. */
async function keep({ file, name, failures, request }: Invocation): Promise<void> {
  const body = Buffer.from(request.body).toString('base64');
  await writeFile(`${file}.part`, JSON.stringify({ name, failures, request: { ...request, body } }));
  await rename(`${file}.part`, file);
}
