import type { JobProgress, JobRecord, Json } from '@mcp-everywhere/platform/jobs';
import * as z from 'zod';
import { defineTool, type Requirements, type Tool, type ToolAnnotations, type ToolContext } from './define-tool.ts';
import { Failure, failure } from './result.ts';

/** What a job may reach while it runs: a tool's context, without a client that waits. */
export interface JobContext<Checkpoint = unknown, Environment extends z.ZodObject = z.ZodObject>
  extends Pick<
    ToolContext<Environment>,
    'state' | 'shared' | 'cache' | 'env' | 'fetch' | 'log' | 'principal' | 'server'
  > {
  /** Where an earlier run of this job stopped; `undefined` in the first. */
  readonly checkpoint: Checkpoint | undefined;
  /** Fires when the job is cancelled, or is to go on elsewhere. */
  readonly signal: AbortSignal;
  /**
   * Records how far the job is and where a later run goes on. To be called between chunks of work, each well under a second:
   * what is done since is done again after a crash.
   * @throws where this run is to end here: let it pass
   */
  save(checkpoint: Checkpoint, progress: JobProgress): Promise<void>;
}

/** A job as its author writes it. See {@link defineJob}. */
export interface JobDefinition<
  Input extends z.ZodObject,
  Output extends z.ZodObject,
  Checkpoint extends z.ZodType,
  Environment extends z.ZodObject,
> {
  /** Of the tool that starts it. */
  readonly name: string;
  readonly title: string;
  /** Of the tool that starts it: say what the result is, and that get_job_result brings it. */
  readonly description: string;
  readonly input: Input;
  /** The result; it has to be JSON. */
  readonly output: Output;
  /** What a run leaves to the next. */
  readonly checkpoint: Checkpoint;
  readonly annotations: ToolAnnotations;
  readonly requires?: Requirements & { readonly environment?: Environment };
  /** The URI of a resource that has the whole result, for one too large to be sent in an answer. */
  readonly resultUri?: (jobId: string) => string;
  run(args: z.output<Input>, ctx: JobContext<z.output<Checkpoint>, Environment>): Promise<z.input<Output> | Failure>;
}

/** The code of a job on a surface, its schemas' types settled inside. */
export interface JobCode {
  readonly resultUri?: (jobId: string) => string;
  /**
   * Runs it from its checkpoint.
   * @returns the result as JSON, or a failure for good
   */
  run(input: Json, ctx: JobContext<unknown>): Promise<Json | Failure>;
}

/** How the caller of a job sees it. */
export const jobView = z.object({
  jobId: z.string().describe('The handle of the job: pass it to get_job_result and cancel_job'),
  status: z.string().describe('queued, running, input_required, completed, failed or cancelled'),
  progress: z
    .object({
      done: z.number().describe('How much is done'),
      total: z.number().optional().describe('Of how much; absent where it cannot be known'),
      message: z.string().optional().describe('What is being done'),
    })
    .optional()
    .describe('How far it is; absent before it has begun'),
  pollAfterSeconds: z.number().optional().describe('When to ask again with get_job_result; absent once it has ended'),
  error: z.string().optional().describe('Why it failed'),
  result: z
    .record(z.string(), z.json())
    .optional()
    .describe('The result, once completed and where it is not too large'),
  resultUri: z.string().optional().describe('The resource that has the whole result, where it is too large to be here'),
});

/** What fits into an answer without crowding out everything else a model has to read; in characters of JSON. */
const MAX_INLINE_CHARACTERS = 16_000;
const POLL_AFTER_SECONDS = 1;

/**
 * Defines long work: one function, which runs durably on every target, is resumed where it stopped, and is started by a
 * tool of its name. The tool answers at once with a handle; get_job_result brings progress and result, cancel_job ends it.
 *
 * @example
 * export const startCount = defineJob({
 *   name: 'start_count',
 *   …
 *   checkpoint: z.object({ next: z.int() }),
 *   async run({ upTo }, ctx) {
 *     for (let next = ctx.checkpoint?.next ?? 0; next < upTo; next += 100) {
 *       count(next, next + 100);
 *       await ctx.save({ next: next + 100 }, { done: next + 100, total: upTo });
 *     }
 *     return { counted: upTo };
 *   },
 * });
 */
export function defineJob<
  Input extends z.ZodObject,
  Output extends z.ZodObject,
  Checkpoint extends z.ZodType,
  // biome-ignore lint/complexity/noBannedTypes: the shape of a job that reads no variables is the empty one
  Environment extends z.ZodObject = z.ZodObject<{}>,
>(definition: JobDefinition<Input, Output, Checkpoint, Environment>): Tool {
  const { name, input, output, checkpoint, resultUri } = definition;
  const { title, description, annotations, requires } = definition;
  const tool = defineTool({
    name,
    title,
    description,
    input,
    output: jobView,
    annotations,
    ...(requires !== undefined && { requires }),
    async run(args, ctx) {
      return viewOf(await ctx.jobs.start(name, z.json().parse(args)), resultUri);
    },
  });
  const job: JobCode = {
    ...(resultUri !== undefined && { resultUri }),
    async run(stored, ctx) {
      const args = input.parse(stored);
      const resumed = ctx.checkpoint === undefined ? undefined : checkpoint.parse(ctx.checkpoint);
      // `ctx.env` was parsed with this job's own `requires.environment` when the server was created.
      const context = { ...ctx, checkpoint: resumed } as JobContext<z.output<Checkpoint>, Environment>;
      const returned = await definition.run(args, context);
      return returned instanceof Failure ? returned : z.json().parse(output.parse(returned));
    },
  };
  return { ...tool, job };
}

/** A job as its caller sees it: with the result, where that is not too large. */
export function viewOf(job: JobRecord, resultUri?: (jobId: string) => string): z.input<typeof jobView> {
  const { id, status, progress, error, result } = job;
  const ended = status === 'completed' || status === 'failed' || status === 'cancelled';
  const large = result !== undefined && JSON.stringify(result).length > MAX_INLINE_CHARACTERS;
  return {
    jobId: id,
    status,
    ...(progress !== undefined && { progress }),
    ...(!ended && { pollAfterSeconds: POLL_AFTER_SECONDS }),
    ...(error !== undefined && { error }),
    ...(isObject(result) && !(large && resultUri) && { result }),
    ...(large && resultUri && { resultUri: resultUri(id) }),
  };
}

/** Says the same for an unknown job, an expired one and somebody else's. */
export function noSuchJob(): Failure {
  return failure('This jobId is unknown or has expired. Start the job again with the tool that gave it.');
}

function isObject(result: Json | undefined): result is Record<string, Json> {
  return typeof result === 'object' && result !== null && !Array.isArray(result);
}
