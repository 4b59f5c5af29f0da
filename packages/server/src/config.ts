import * as z from 'zod';

const commaSeparated = z
  .string()
  .default('')
  .transform((value) =>
    value
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== ''),
  );

const MIB = 1024 * 1024;
const BODY_RULE = 'give a whole number of bytes, from 1024 to 67108864 (64 MiB)';

/** The environment variables the server itself reads, on every target. */
export const serverVariables = z.object({
  /** Host names (no port) clients may address the server by, besides loopback names on a loopback bind. */
  MCP_ALLOWED_HOSTS: commaSeparated,
  /** Host names of web pages that may call the server, besides loopback names on a loopback bind. */
  MCP_ALLOWED_ORIGINS: commaSeparated,
  /** The largest request body, in bytes. 1 MiB is far above any tool's arguments, and below every target's own limit. */
  MCP_MAX_BODY_BYTES: z
    .string()
    .regex(/^\d+$/, BODY_RULE)
    .transform(Number)
    .refine((bytes) => bytes >= 1024 && bytes <= 64 * MIB, BODY_RULE)
    .default(MIB),
  /** What reaches the log. */
  LOG_LEVEL: z.enum(['debug', 'info', 'warning', 'error']).default('info'),
});

/** The names of the variables the server itself reads. */
export const serverVariableNames: readonly string[] = Object.keys(serverVariables.shape);

export type ServerVariables = z.output<typeof serverVariables>;

/** What only the app knows about how it listens. */
export interface ServerOptions {
  /**
   * Whether the server is reached over loopback only, or by a platform that never routes a loopback `Host` header in from
   * outside. Then, and only then, loopback names are allowed without being listed.
   */
  readonly loopback: boolean;
  /** `false` sends every request down the SDK path: to tell a fault of one path from a fault of the other. */
  readonly fastPath?: boolean;
}
