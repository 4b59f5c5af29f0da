import { setTimeout as delay } from 'node:timers/promises';
import type { Command } from '../../src/apps/app.ts';
import type { WireRequest } from '../../src/clients/wire.ts';
import { startGroup } from '../../src/launch/process-group.ts';

const WITHIN_MS = 60_000;
/** Between two attempts to connect; what a start is measured to. */
const ATTEMPT_EVERY_MS = 2;

/**
 * Starts a program and sends it one request, again and again until it listens.
 *
 * @returns milliseconds from the start of the process to the end of its first answer
 * @throws {Error} with its output, where it does not answer with success within a minute
 */
export async function firstAnswer(command: Command, url: string, request: WireRequest): Promise<number> {
  const start = performance.now();
  const group = await startGroup(command);
  let refused = '';
  try {
    while (performance.now() - start < WITHIN_MS) {
      try {
        const response = await fetch(url, request);
        const body = await response.text();
        if (response.ok) return performance.now() - start;
        refused = `${response.status} ${body}`;
      } catch {
        // Nobody listens yet.
      }
      await delay(ATTEMPT_EVERY_MS);
    }
    throw new Error(`${command.args.join(' ')} did not answer. ${refused}\n${group.output()}`);
  } finally {
    await group.signal('SIGKILL');
  }
}
