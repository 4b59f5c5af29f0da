import type { Logger } from '@mcp-everywhere/tools';
import type { ContextFactory } from '../context/tool-context.ts';
import type { Registry } from '../surface/registry.ts';

/** What answers requests, whichever way they came in: the compiled surface, and what its tools run on. */
export interface Service {
  readonly registry: Registry;
  readonly contextOf: ContextFactory;
  readonly log: Logger;
}
