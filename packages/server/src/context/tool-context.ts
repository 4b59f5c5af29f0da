import type { AtomicStore, KeyValueStore, Platform } from '@mcp-everywhere/platform';
import { isSet } from '@mcp-everywhere/platform/env';
import type {
  Logger,
  Principal,
  PrincipalJobs,
  RequestInput,
  ServerFacts,
  Surface,
  TellLevel,
  Tool,
  ToolContext,
} from '@mcp-everywhere/tools';
import { FetchRefused, NO_INPUT } from '@mcp-everywhere/tools';
import { commaSeparated } from '../comma-separated.ts';
import { guardedFetch } from './guarded-fetch.ts';
import { COMMON_PREFIX, principalPrefix, SHARED_PREFIX, scopedAtomicStore, scopedStore } from './scoped-store.ts';

/** What one request brings to the tools it runs. */
export interface Call {
  /** Ties the answer, the log and an error together. */
  readonly requestId: string;
  readonly principal: Principal;
  /** When the request came, in milliseconds since the epoch; now, where it is not said. */
  readonly arrivedAt?: number;
  /** Asked for lazily: making an `AbortSignal` costs more than most tools. */
  signal(): AbortSignal;
  /** What the client brought in answer to questions; nothing, where it is not said. */
  readonly input?: RequestInput;
  /** Where the client asked for progress: sends it. */
  readonly sendProgress?: (done: number, total?: number, message?: string) => Promise<void>;
  /** Where the way it came has room for log messages: sends one, if the client wants it. */
  readonly sendLog?: (level: TellLevel, message: string) => Promise<void>;
}

/** Makes the context of a call; `tool` is absent for what is no tool (a resource template). */
export type ContextFactory = (call: Call, tool?: Tool) => ToolContext;

/** What a tool holds for all of its calls. */
interface ToolHold {
  readonly env: Record<string, unknown>;
  readonly fetch: ToolContext['fetch'];
}

/**
 * Prepares everything about contexts that does not depend on the call.
 *
 * @param environments the parsed variables of each tool, in the order of `surface.tools`
 */
export function contextFactory(
  surface: Surface,
  platform: Platform,
  environments: readonly Record<string, unknown>[],
  facts: ServerFacts,
  loggerOf: (tool: string, requestId: string) => Logger,
  jobsOf: (owner: string) => PrincipalJobs,
): ContextFactory {
  const cache = scopedStore(platform.cache, SHARED_PREFIX);
  const holds = new Map<string, ToolHold>(
    surface.tools.map((tool, index) => {
      const env = environments[index] ?? {};
      return [tool.name, { env, fetch: fetchOf(tool, env, platform) }];
    }),
  );
  return (call, tool) =>
    new CallContext(call, tool?.name, tool && holds.get(tool.name), platform, cache, facts, loggerOf, jobsOf);
}

/** The environment the tools declare, for `runtime_info`: names, and whether they are set. */
export function declaredEnvironment(surface: Surface, platform: Platform): ServerFacts['environment'] {
  const variables = surface.tools.flatMap((tool) => Object.keys(tool.requires.environment?.shape ?? {}));
  return [...new Set(variables)]
    .sort()
    .map((variable) => ({ variable, present: isSet(platform.environment, variable) }));
}

/** A context whose parts are made when they are first asked for: most tools use one or two. */
class CallContext implements ToolContext {
  readonly cache: KeyValueStore;
  readonly server: ServerFacts;
  readonly env: Record<string, unknown>;
  readonly fetch: ToolContext['fetch'];
  readonly #call: Call;
  readonly #name: string;
  readonly #platform: Platform;
  readonly #loggerOf: (tool: string, requestId: string) => Logger;
  readonly #jobsOf: (owner: string) => PrincipalJobs;
  #state: AtomicStore | undefined;

  constructor(
    call: Call,
    name: string | undefined,
    hold: ToolHold | undefined,
    platform: Platform,
    cache: KeyValueStore,
    facts: ServerFacts,
    loggerOf: (tool: string, requestId: string) => Logger,
    jobsOf: (owner: string) => PrincipalJobs,
  ) {
    this.#call = call;
    this.#name = name ?? 'resources';
    this.#platform = platform;
    this.#loggerOf = loggerOf;
    this.#jobsOf = jobsOf;
    this.cache = cache;
    this.server = facts;
    this.env = hold?.env ?? {};
    this.fetch = hold?.fetch ?? refuseFetch;
  }

  get principal(): Principal {
    return this.#call.principal;
  }

  get signal(): AbortSignal {
    return this.#call.signal();
  }

  get input(): RequestInput {
    return this.#call.input ?? NO_INPUT;
  }

  get state(): AtomicStore {
    this.#state ??= scopedAtomicStore(this.#platform.state, principalPrefix(this.principal.id));
    return this.#state;
  }

  get jobs(): PrincipalJobs {
    return this.#jobsOf(this.principal.id);
  }

  get shared(): AtomicStore {
    return scopedAtomicStore(this.#platform.state, COMMON_PREFIX);
  }

  get log(): Logger {
    return this.#loggerOf(this.#name, this.#call.requestId);
  }

  async progress(done: number, total?: number, message?: string): Promise<void> {
    await this.#call.sendProgress?.(done, total, message);
  }

  async tell(level: TellLevel, message: string): Promise<void> {
    await this.#call.sendLog?.(level, message);
  }
}

function fetchOf(tool: Tool, env: Record<string, unknown>, platform: Platform): ToolContext['fetch'] {
  const { hosts = [], hostsFrom, privateAddressesFrom } = tool.requires;
  const listed = hostsFrom === undefined ? undefined : env[hostsFrom];
  const further = typeof listed === 'string' ? commaSeparated(listed) : [];
  if (hosts.length + further.length === 0) return refuseFetch;
  return guardedFetch(platform.network, {
    hosts: [...hosts, ...further],
    allowPrivate: privateAddressesFrom !== undefined && env[privateAddressesFrom] === '1',
  });
}

async function refuseFetch(): Promise<never> {
  throw new FetchRefused('This tool declares no hosts, so it may fetch nothing.');
}
