import type { JobProgress, Json } from '@mcp-everywhere/platform/jobs';
import * as z from 'zod';
import { defineTool, type Tool, type ToolContext, type ToolDefinition } from './define-tool.ts';
import { jobView, viewOf } from './job-view.ts';
import { declaredOnly, InputRequired, type RequestInput } from './question.ts';
import { Failure } from './result.ts';

/** What a job may reach while it runs: a tool's context, without a client that waits. */
export interface JobContext<Checkpoint = unknown, Environment extends z.ZodObject = z.ZodObject>
  extends Pick<
    ToolContext<Environment>,
    'state' | 'shared' | 'cache' | 'env' | 'fetch' | 'log' | 'principal' | 'server'
  > {
  /** Where an earlier run of this job stopped; `undefined` in the first. */
  readonly checkpoint: Checkpoint | undefined;
  /** The answers to what an earlier run asked. */
  readonly input: Pick<RequestInput, 'answerTo'>;
  /** Fires when the job is cancelled, or is to go on elsewhere. */
  readonly signal: AbortSignal;
  /**
   * Records how far the job is and where a later run goes on. To be called between chunks of work, each well under a second:
   * what is done since is done again after a crash.
   * @throws where this run is to end here: let it pass
   */
  save(checkpoint: Checkpoint, progress: JobProgress): Promise<void>;
}

/**
 * A job as its author writes it: a tool, whose description says what the result is and that get_job_result brings it, and
 * whose output is that result. See {@link defineJob}.
 */
export interface JobDefinition<
  Input extends z.ZodObject,
  Output extends z.ZodObject,
  Checkpoint extends z.ZodType,
  Environment extends z.ZodObject,
> extends Omit<ToolDefinition<Input, Output, Environment>, 'run'> {
  /** What a run leaves to the next. */
  readonly checkpoint: Checkpoint;
  /** The URI of a resource that has the whole result, for one too large to be sent in an answer. */
  readonly resultUri?: (jobId: string) => string;
  /**
   * Comes before the job, in the call: it may ask, refuse, or fill in what the job is begun with. Left out, that is what
   * the client sent.
   */
  prepare?(
    args: z.output<Input>,
    ctx: ToolContext<Environment>,
  ): Promise<z.input<Input> | Failure | InputRequired> | z.input<Input> | Failure | InputRequired;
  /**
   * What it asks here, its task asks: it is begun again, at its checkpoint, when all of it has been answered. Only who takes
   * a task for an answer can be asked, so such a job says so in `requires.client`.
   */
  run(
    args: z.output<Input>,
    ctx: JobContext<z.output<Checkpoint>, Environment>,
  ): Promise<z.input<Output> | Failure | InputRequired>;
}

/** The code of a job on a surface, its schemas' types settled inside. */
export interface JobCode {
  readonly resultUri?: (jobId: string) => string;
  /**
   * Runs it from its checkpoint.
   * @returns the result as JSON, a failure for good, or what it asks before it goes on
   */
  run(input: Json, ctx: JobContext<unknown>): Promise<Json | Failure | InputRequired>;
}

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
  const { input, output, checkpoint, resultUri, prepare, asks = [], ...about } = definition;
  const tool = defineTool<Input, typeof jobView, Environment>({
    ...about,
    asks,
    input,
    output: jobView,
    async run(args, ctx, given) {
      // What the client sent, and not what the schema made of it: that is made anew where the job is run.
      const prepared = prepare === undefined ? given : await prepare(args, ctx);
      if (prepared instanceof Failure || prepared instanceof InputRequired) return prepared;
      return viewOf(await ctx.jobs.start(definition.name, z.json().parse(prepared)), resultUri);
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
      if (returned instanceof InputRequired) return declaredOnly(returned, asks, `Job "${definition.name}"`);
      return returned instanceof Failure ? returned : z.json().parse(output.parse(returned));
    },
  };
  return { ...tool, job };
}
