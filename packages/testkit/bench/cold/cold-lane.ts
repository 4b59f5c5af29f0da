import { fileURLToPath } from 'node:url';
import type { Target } from '@mcp-everywhere/platform';
import { modern } from '../../src/clients/wire.ts';
import type { ReceivedRequest } from '../../src/lambda/events.ts';
import { LOOPBACK } from '../../src/launch/port.ts';
import { MISSPELT_RECORD } from '../../src/suite/catalogue-facts.ts';

/** A target, and beside it a handler that does nothing, on the same local runtime. */
export interface ColdLane {
  readonly target: Target;
  /** Whether the runtime is Node, where the goal holds. */
  readonly onNode: boolean;
  readonly ours: ColdStart;
  readonly bare: ColdStart;
}

/** One cold start: milliseconds from the start of the process to the end of its first answer. */
export type ColdStart = () => Promise<number>;

/** The first request. An id that no record has needs no state, so an engine that is slow or absent does not count. */
export const CALL = modern('tools/call', { name: 'lookup_record', arguments: { id: MISSPELT_RECORD } }, { id: 1 });

/** {@link CALL}, as an emulator takes it that makes an event of it. */
export const RECEIVED_CALL: ReceivedRequest = {
  method: 'POST',
  target: '/mcp',
  headers: Object.entries({ host: LOOPBACK, ...CALL.headers }),
  body: new TextEncoder().encode(CALL.body),
};

/** A file or folder of the bare handlers. */
export function hello(name: string): string {
  return fileURLToPath(new URL(`hello/${name}`, import.meta.url));
}
