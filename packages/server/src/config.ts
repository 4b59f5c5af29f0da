import * as z from 'zod';
import { commaSeparated } from './comma-separated.ts';
import type { LoadHttpSse } from './http-sse/http-sse-endpoint.ts';

const HOST_NAME = /^([^\s/:?#@\\*[\]]+|\[[\da-f:.]+\])$/i;

/** A host name as a URL parser writes it, because a header is compared in that form: lower case, IDNA in ASCII. */
function hostName(entry: string): string | undefined {
  const url = `http://${entry}`;
  return HOST_NAME.test(entry) && URL.canParse(url) ? new URL(url).hostname : undefined;
}

/** Every page of a scheme whose host names are made anew on every install (`moz-extension:`), or every time. */
const WHOLE_SCHEME = /^(?!https?:)[a-z][a-z\d+.-]*:\/\/\*$/;

/** A list that would never match is refused at the start, not found out by clients. */
function listOf(read: (entry: string) => string | undefined, rule: string) {
  return z
    .string()
    .default('')
    .transform((value, context) => {
      const entries = commaSeparated(value).map(read);
      if (entries.includes(undefined)) context.addIssue(rule);
      return entries.filter((entry) => entry !== undefined);
    });
}

const NAMES_RULE =
  'give host names separated by commas, such as mcp.example.org, without scheme, port or path, an IPv6 address in brackets';

const MIB = 1024 * 1024;
const BODY_RULE = 'give a whole number of bytes, from 1024 to 67108864 (64 MiB)';

const CACHE_RULE = 'give whole seconds, from 0 (not at all) to 86400 (a day)';

const KEY_BYTES = 32;
const KEYS_RULE = `give a secret of at least ${KEY_BYTES} bytes, such as \`openssl rand -base64 32\` prints; to change it, put the new one first and the old one behind a comma for ten minutes`;

/** The environment variables the server itself reads, on every target. */
export const serverVariables = z.object({
  /** Host names (no port) clients may address the server by, besides loopback names on a loopback bind. */
  MCP_ALLOWED_HOSTS: listOf(hostName, NAMES_RULE),
  /**
   * Host names of web pages that may call the server, besides loopback names on a loopback bind; a browser extension's is
   * its id. `moz-extension://*` stands for every page of that scheme.
   */
  MCP_ALLOWED_ORIGINS: listOf((entry) => (WHOLE_SCHEME.test(entry) ? entry : hostName(entry)), NAMES_RULE),
  /** The largest request body, in bytes. 1 MiB is far above any tool's arguments, and below every target's own limit. */
  MCP_MAX_BODY_BYTES: z
    .string()
    .regex(/^\d+$/, BODY_RULE)
    .transform(Number)
    .refine((bytes) => bytes >= 1024 && bytes <= 64 * MIB, BODY_RULE)
    .default(MIB),
  /**
   * The secret that seals what a call hands to its next round trip; an earlier one after a comma still opens. Without it
   * the server mints one and keeps it in the state.
   */
  REQUEST_STATE_KEY: z
    .string()
    .default('')
    .transform(commaSeparated)
    .refine((keys) => keys.every((key) => new TextEncoder().encode(key).byteLength >= KEY_BYTES), KEYS_RULE),
  /**
   * Whether clients of the 2025 era get sessions, kept in the state: only in one can they be asked for something, or
   * subscribe to a resource. Each of their requests then reads the state.
   */
  MCP_SESSIONS: z
    .enum(['on', 'off'], 'give "on" or "off"')
    .default('off')
    .transform((value) => value === 'on'),
  /**
   * Whether the HTTP+SSE transport of 2024-11-05 is served beside `/mcp`, at `/sse`. Deprecated: it goes when
   * {@link HTTP_SSE_ENDS} comes.
   */
  MCP_HTTP_SSE: z
    .enum(['on', 'off'], 'give "on" or "off"')
    .default('off')
    .transform((value) => value === 'on'),
  /**
   * For how many seconds clients may keep what they have read of the surface (the lists, discovery), which is the same for
   * everybody and changes with a deployment only.
   */
  CACHE_TTL: z
    .string()
    .regex(/^([0-9]|[1-9][0-9]{1,4})$/, CACHE_RULE)
    .default('0')
    .transform(Number)
    .refine((seconds) => seconds <= 86_400, CACHE_RULE),
  /** What reaches the log. */
  LOG_LEVEL: z.enum(['debug', 'info', 'warning', 'error']).default('info'),
});

/** The names of the variables the server itself reads. */
export const serverVariableNames: readonly string[] = Object.keys(serverVariables.shape);

export type ServerVariables = z.output<typeof serverVariables>;

/**
 * The day on which HTTP+SSE is taken out. The specification may remove it in any revision since 2026-09-03; this is when it
 * may remove what it deprecated in 2026-07-28: https://modelcontextprotocol.io/specification/2026-07-28/deprecated
 */
export const HTTP_SSE_ENDS = '2027-07-28';

/** What only the app knows about how it listens. */
export interface ServerOptions {
  /**
   * Whether the server is reached over loopback only, or by a platform that never routes a loopback `Host` header in from
   * outside. Then, and only then, loopback names are allowed without being listed.
   */
  readonly loopback: boolean;
  /** Loads what serves HTTP+SSE; absent where nothing can. It is called where MCP_HTTP_SSE is on, by the first client. */
  readonly httpSse?: LoadHttpSse;
  /** `false` sends every request down the SDK path: to tell a fault of one path from a fault of the other. */
  readonly fastPath?: boolean;
}
