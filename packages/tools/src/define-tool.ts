import type { AtomicStore, KeyValueStore } from '@mcp-everywhere/platform';
import type { JobRecord, Json } from '@mcp-everywhere/platform/jobs';
import type * as z from 'zod';
import type { JobCode } from './define-job.ts';
import { issueList } from './issue-list.ts';
import { declaredOnly, InputRequired, type Question, type RequestInput } from './question.ts';
import { type Content, Failure, Rendered } from './result.ts';

/**
 * What a tool needs from the world, declared once. From it come Deno's permissions, the environment check at start-up,
 * and the limit on `ctx.fetch`.
 */
export interface Requirements {
  /** The environment variables it reads, as a zod object: one key a variable, parsed before the first request. */
  readonly environment?: z.ZodObject;
  /** The hosts `ctx.fetch` may reach, as `host` or `host:port`; `ctx.fetch` refuses every other. */
  readonly hosts?: readonly string[];
  /** An environment variable that holds further hosts, comma-separated; it must be one of `environment`. */
  readonly hostsFrom?: string;
  /** An environment variable that, when it is `1`, lets `ctx.fetch` reach private and loopback addresses. */
  readonly privateAddressesFrom?: string;
  /**
   * How long one call may take, in seconds, where that is more than a moment. A target that ends requests sooner cannot
   * run it inline: `pnpm run doctor` says where.
   */
  readonly seconds?: number;
  /** What the client has to be able to do; the call of one that does not say that it can is refused. */
  readonly client?: readonly ClientFeature[];
  /** Whether it sends log messages to the client, with `ctx.tell`. */
  readonly tellsClient?: true;
}

/** What a client may be able to do: answer from a model, ask its user, name its folders, take a task for an answer. */
export type ClientFeature = 'sampling' | 'elicitation' | 'roots' | 'tasks';

/** How much it matters what a tool tells its client. */
export type TellLevel = 'debug' | 'info' | 'warning' | 'error';

/** {@link Requirements} as an author writes them: the variables named must be variables declared. */
interface AuthoredRequirements<Environment extends z.ZodObject> extends Requirements {
  readonly environment?: Environment;
  readonly hostsFrom?: keyof Environment['shape'] & string;
  readonly privateAddressesFrom?: keyof Environment['shape'] & string;
}

/** What the client may assume without running the tool (the specification's tool annotations). */
export interface ToolAnnotations {
  /** Changes nothing. */
  readonly readOnlyHint: boolean;
  /** May remove or overwrite what was there; only meaningful where `readOnlyHint` is false. */
  readonly destructiveHint?: boolean;
  /** Calling it again with the same arguments has no further effect; only meaningful where `readOnlyHint` is false. */
  readonly idempotentHint?: boolean;
  /** Reaches beyond this server's own data. */
  readonly openWorldHint: boolean;
}

/** Who calls. State is kept apart by it: one principal never sees another's. */
export interface Principal {
  readonly id: string;
}

/** The facts `runtime_info` reports: what runs, where, and on which engines. */
export interface ServerFacts {
  readonly target: string;
  readonly runtime: { readonly name: string; readonly version: string };
  readonly region?: string;
  readonly state: { readonly kind: string; readonly consistency: string };
  readonly cache: { readonly kind: string; readonly consistency: string };
  /** What delivers jobs. */
  readonly jobs: string;
  /** Whole seconds since this process or isolate created the server. */
  uptimeSeconds(): number;
  /** SHA-256, hex, of the canonical tool list. */
  surfaceHash(): Promise<string>;
  /** Every declared environment variable and whether it is set; never a value. */
  readonly environment: readonly { readonly variable: string; readonly present: boolean }[];
}

/** What a tool may reach while it runs: nothing else, so it runs alike everywhere. */
export interface ToolContext<Environment extends z.ZodObject = z.ZodObject> {
  /** Strongly consistent state of the calling principal. Keys are the tool's own; the principal is added underneath. */
  readonly state: AtomicStore;
  /** Strongly consistent state that all principals share: only what belongs to nobody belongs here. */
  readonly shared: AtomicStore;
  /** State that may be stale or gone. Shared by all principals: only what is public belongs here. */
  readonly cache: KeyValueStore;
  readonly jobs: PrincipalJobs;
  /** The parsed variables of `requires.environment`. */
  readonly env: z.output<Environment>;
  /**
   * `fetch`, limited to the declared hosts and, unless configured, to public addresses; redirects are followed and
   * checked the same way.
   * @throws {FetchRefused} where the address is not allowed; the message is fit for the model
   */
  readonly fetch: (url: string | URL, init?: RequestInit) => Promise<Response>;
  readonly log: Logger;
  /** Fires when the client goes away, or the target's time for the call is over. */
  readonly signal: AbortSignal;
  /** Tells the client how far the call is, where it asked to be told; otherwise does nothing. */
  progress(done: number, total?: number, message?: string): Promise<void>;
  /**
   * Sends a log message to the client, where it takes any: a tool that does says so in `requires.tellsClient`. A client of
   * the modern era gets those of the level it asks for, and none where it asks for none.
   */
  tell(level: TellLevel, message: string): Promise<void>;
  readonly principal: Principal;
  /** The answers to what an earlier run of the same call asked. */
  readonly input: RequestInput;
  readonly server: ServerFacts;
}

/** The jobs of the calling principal: nobody else's are there. */
export interface PrincipalJobs {
  /** Begins a job of the kind `kind`; it outlives this process when this resolves. */
  start(kind: string, input: Json): Promise<JobRecord>;
  /** `undefined` where it is unknown, somebody else's, or expired. */
  get(jobId: string): Promise<JobRecord | undefined>;
  /** As `get`, but works on nothing, also where jobs are worked on only while somebody asks. */
  find(jobId: string): Promise<JobRecord | undefined>;
  cancel(jobId: string): Promise<JobRecord | undefined>;
}

/** Structured logging: a message and its fields. Goes to the process's log, never to the client. */
export interface Logger {
  debug(message: string, fields?: Record<string, unknown>): void;
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
  error(message: string, fields?: Record<string, unknown>): void;
}

/** What `run` may return: the output itself, the output with content made for reading, a failure, or questions. */
type ToolReturn<Output> = Output | Rendered<Output> | Failure | InputRequired;

/** A tool as its author writes it. See {@link defineTool}. */
export interface ToolDefinition<
  Input extends z.ZodObject,
  Output extends z.ZodObject,
  Environment extends z.ZodObject,
> {
  /** 1 to 64 of `A-Z a-z 0-9 _ - .`; unique on the surface. */
  readonly name: string;
  readonly title: string;
  /** What it does, when to choose it, what it returns: a model reads this and nothing else. */
  readonly description: string;
  readonly input: Input;
  readonly output: Output;
  readonly annotations: ToolAnnotations;
  readonly requires?: AuthoredRequirements<Environment>;
  /** All that it may ask by `inputRequired`. */
  readonly asks?: readonly Question<unknown>[];
  /**
   * @param args as the input schema made them
   * @param given as the client sent them
   */
  run(
    args: z.output<Input>,
    ctx: ToolContext<Environment>,
    given: unknown,
  ): Promise<ToolReturn<z.input<Output>>> | ToolReturn<z.input<Output>>;
}

/** A tool on a surface: its schemas' types are settled inside, so tools of every shape share one list. */
export interface Tool {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly input: z.ZodObject;
  readonly output: z.ZodObject;
  readonly annotations: ToolAnnotations;
  readonly requires: Requirements;
  readonly asks: readonly Question<unknown>[];
  /** Checks `args` against `input`, runs, and checks what came back against `output`. */
  call(args: unknown, ctx: ToolContext): Promise<ToolOutcome>;
  /** The work that it starts, where it is a job's. */
  readonly job?: JobCode;
}

/** What a call came to. */
export type ToolOutcome =
  | {
      readonly kind: 'complete';
      readonly data: Record<string, unknown>;
      readonly content?: readonly Content[];
    }
  /** It has to be called again with answers to these questions. */
  | { readonly kind: 'input-required'; readonly required: InputRequired }
  /** The tool says why it could not: the model reads it and acts. */
  | { readonly kind: 'failed'; readonly message: string }
  /** The arguments do not fit the input schema; the message lists each with its path. */
  | { readonly kind: 'invalid-arguments'; readonly message: string };

const TOOL_NAME = /^[A-Za-z0-9_.-]{1,64}$/;

/**
 * Defines a tool: one object, written once, served on every runtime and to clients of both eras.
 *
 * @throws {TypeError} where the name is not a tool name
 *
 * @example
 * export const add = defineTool({
 *   name: 'add',
 *   title: 'Add two numbers',
 *   description: 'Adds two numbers and returns their sum.',
 *   input: z.object({ a: z.number(), b: z.number() }),
 *   output: z.object({ sum: z.number() }),
 *   annotations: { readOnlyHint: true, openWorldHint: false },
 *   run: ({ a, b }) => ({ sum: a + b }),
 * });
 */
export function defineTool<
  Input extends z.ZodObject,
  Output extends z.ZodObject,
  // biome-ignore lint/complexity/noBannedTypes: the shape of a tool that reads no variables is the empty one
  Environment extends z.ZodObject = z.ZodObject<{}>,
>(definition: ToolDefinition<Input, Output, Environment>): Tool {
  const { name, requires = {}, asks = [], input, output } = definition;
  if (!TOOL_NAME.test(name)) {
    throw new TypeError(`Tool name "${name}": use 1 to 64 of A-Z a-z 0-9 _ - .`);
  }
  return {
    ...definition,
    requires,
    asks,
    async call(args, ctx) {
      const parsed = input.safeParse(args, { reportInput: false });
      if (!parsed.success) {
        return { kind: 'invalid-arguments', message: describeIssues(name, parsed.error.issues) };
      }
      // `ctx.env` was parsed with this tool's own `requires.environment` when the server was created.
      const returned = await definition.run(parsed.data, ctx as ToolContext<Environment>, args);
      if (returned instanceof Failure) return { kind: 'failed', message: returned.message };
      if (returned instanceof InputRequired) {
        return { kind: 'input-required', required: declaredOnly(returned, asks, `Tool "${name}"`) };
      }
      if (returned instanceof Rendered) {
        return { kind: 'complete', data: checkedOutput(name, output, returned.data), content: returned.content };
      }
      return { kind: 'complete', data: checkedOutput(name, output, returned) };
    },
  };
}

/** A tool returned what its own output schema refuses: a bug in the tool, for the log and never for the client. */
export class InvalidToolOutput extends Error {
  override readonly name = 'InvalidToolOutput';
}

function checkedOutput(tool: string, output: z.ZodObject, data: unknown): Record<string, unknown> {
  const parsed = output.safeParse(data);
  if (parsed.success) return parsed.data;
  throw new InvalidToolOutput(
    `Tool "${tool}" returned what its output schema refuses: ${issueList(parsed.error.issues)}`,
  );
}

function describeIssues(tool: string, issues: readonly z.core.$ZodIssue[]): string {
  return `Invalid arguments for tool "${tool}": ${issueList(issues)}`;
}
