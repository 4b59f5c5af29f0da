import { processVariableNames } from '@mcp-everywhere/platform/process';
import { serverVariableNames } from '@mcp-everywhere/server';
import type { Surface } from '@mcp-everywhere/tools';

/** What Deno Deploy sets: which deployment this is, and where. */
const PREDEFINED = ['DENO_DEPLOYMENT_ID', 'DENO_REGION'];

/** What `depd` reads while it is loaded, which comes with the SDK's transport of HTTP+SSE. */
const READ_BELOW = ['NO_DEPRECATION', 'TRACE_DEPRECATION'];

/** What a process may do under Deno, as deno.json states it under `permissions.default`; all else is refused. */
export interface Permissions {
  /** The environment variables it reads. */
  readonly env: readonly string[];
  /** Where it listens, and what its tools fetch. */
  readonly net: readonly string[];
  /** Where it keeps its state. */
  readonly read: readonly string[];
  readonly write: readonly string[];
}

/**
 * Derives the permissions of a surface: the least that its tools declare in `requires`, and the server itself needs.
 * A test holds deno.json to it.
 */
export function permissionsOf({ tools }: Surface): Permissions {
  const variables = tools.flatMap(({ requires }) => Object.keys(requires.environment?.shape ?? {}));
  const hosts = tools.flatMap(({ requires }) => requires.hosts ?? []);
  return {
    env: unique([...processVariableNames, ...serverVariableNames, ...variables, ...PREDEFINED, ...READ_BELOW]),
    // Any port of loopback: PORT is for whoever starts it to choose.
    net: unique(['127.0.0.1', ...hosts]),
    read: ['.state'],
    write: ['.state'],
  };
}

function unique(names: readonly string[]): string[] {
  return [...new Set(names)].sort();
}
