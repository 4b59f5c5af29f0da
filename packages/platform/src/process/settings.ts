import * as z from 'zod';
import { type EnvironmentSource, readEnvironment } from '../env/environment.ts';
import type { Target } from '../target.ts';

const PORT_RULE = 'give a whole number from 0 to 65535';
const port = z
  .string()
  .regex(/^\d{1,5}$/, PORT_RULE)
  .transform(Number)
  .refine((value) => value <= 65_535, PORT_RULE);

const processVariables = z.object({
  /** The address to listen on. */
  HOST: z.string().default('127.0.0.1'),
  /** The port, as container platforms set it. */
  PORT: port.optional(),
  /** The port, where PORT belongs to somebody else; it wins over PORT. 0 takes any free one. */
  MCP_PORT: port.optional(),
  /** The file that holds the state. */
  STATE_PATH: z.string().optional(),
  /** How long whatever stands in front of the process, such as a load balancer, waits for an answer. */
  WALL_TIME_SECONDS: z
    .string()
    .regex(/^[1-9]\d{0,5}$/, 'give whole seconds, at least 1')
    .transform((seconds) => Number(seconds) * 1000)
    .optional(),
});

/** Not all of 127.0.0.0/8: an address that clients cannot name without being refused is better listed. */
const LOOPBACK_HOSTS: readonly string[] = ['localhost', '127.0.0.1', '::1'];

/** The names of the variables {@link readProcessSettings} reads. */
export const processVariableNames: readonly string[] = Object.keys(processVariables.shape);

/** The port where neither MCP_PORT nor PORT is set. */
export const DEFAULT_PORT = 8080;

/** What a process that listens by itself reads from its environment. */
export interface ProcessSettings {
  readonly host: string;
  readonly port: number;
  readonly statePath: string;
  /** Whether `host` is a loopback name that the server allows by itself; nobody else's machine reaches it there. */
  readonly loopback: boolean;
  /** How long a request may run, in milliseconds; absent where nobody ends one. */
  readonly wallTimeMs?: number;
}

/**
 * Reads where a process listens and keeps its state, and how long its requests may run.
 *
 * @param defaultStatePath relative to the working directory
 * @throws {EnvironmentError} where a variable is invalid
 *
 * @example
 * const { host, port, statePath } = readProcessSettings(process.env, 'node', '.state/state.sqlite');
 */
export function readProcessSettings(
  source: EnvironmentSource,
  target: Target,
  defaultStatePath: string,
): ProcessSettings {
  const [{ HOST, PORT, MCP_PORT, STATE_PATH, WALL_TIME_SECONDS: wallTimeMs }] = readEnvironment(
    [{ neededBy: 'the server', variables: processVariables }],
    source,
    target,
  );
  return {
    host: HOST,
    port: MCP_PORT ?? PORT ?? DEFAULT_PORT,
    statePath: STATE_PATH ?? defaultStatePath,
    loopback: LOOPBACK_HOSTS.includes(HOST),
    ...(wallTimeMs !== undefined && { wallTimeMs }),
  };
}

/** The URL a process is reached at, without a path: an IPv6 address stands in brackets. */
export function originOf(host: string, port: number): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}
