import { type JobRecord, outstandingRequests } from '@mcp-everywhere/platform/jobs';
import { rendered, text, viewOf } from '@mcp-everywhere/tools';
import {
  type CallToolResult,
  ProtocolError,
  ProtocolErrorCode,
  type Server,
  type ServerContext,
} from '@modelcontextprotocol/server';
import * as z from 'zod';
import type { Call } from '../context/tool-context.ts';
import { requireFeature } from './client-features.ts';
import { conceal } from './conceal.ts';
import type { Service } from './service.ts';

const POLL_INTERVAL_MS = 1_000;

const json = z.record(z.string(), z.json());
const jobHandle = z.object({ jobId: z.string() });
const taskId = z.looseObject({ taskId: z.string() });
/** A task as it goes on the wire; `result` and `inputRequests` come by status. */
const task = z.looseObject({ resultType: z.string() });

/**
 * The task that stands for a job which a tool has begun: the job is in the store, so an immediate `tasks/get` finds it.
 *
 * @param started what the tool answers to a client that knows no tasks
 * @returns a `CreateTaskResult`; `started` itself where it is an error
 */
export async function taskOf(started: CallToolResult, service: Service, call: Call): Promise<CallToolResult> {
  const handle = jobHandle.safeParse(started.structuredContent);
  if (started.isError || !handle.success) return started;
  const job = await service.jobs.find(handle.data.jobId, call.principal.id);
  if (job === undefined) return started;
  // A result of another type than the SDK's own types know; it is sent as it is.
  return { ...fieldsOf(job), resultType: 'task' } as unknown as CallToolResult;
}

/** `tasks/get`, `tasks/update` and `tasks/cancel` of the modern era, over the jobs of the caller. */
export function serveTasks(server: Server, service: Service, callOf: (context: ServerContext) => Call): void {
  const { jobs } = service;
  const handle = (
    method: string,
    answer: (id: string, owner: string, context: ServerContext) => Promise<z.infer<typeof task>>,
  ) =>
    server.setRequestHandler(method, { params: taskId, result: task }, (params, context) => {
      const call = callOf(context);
      return conceal(service, call, () => {
        requireFeature(context, 'tasks');
        return answer(params.taskId, call.principal.id, context);
      });
    });

  handle('tasks/get', async (id, owner) => {
    const job = known(await jobs.of(owner).get(id));
    return { ...fieldsOf(job), ...outcomeOf(job, service), resultType: 'complete' };
  });
  handle('tasks/update', async (id, owner, { mcpReq }) => {
    known(await jobs.answer(id, owner, json.parse(mcpReq.inputResponses ?? {})));
    return { resultType: 'complete' };
  });
  handle('tasks/cancel', async (id, owner) => {
    known(await jobs.of(owner).cancel(id));
    return { resultType: 'complete' };
  });
}

/** Says the same for an unknown task, an expired one and somebody else's. */
function known(job: JobRecord | undefined): JobRecord {
  if (job !== undefined) return job;
  throw new ProtocolError(ProtocolErrorCode.InvalidParams, 'Unknown task: it does not exist, or has expired.');
}

function fieldsOf(job: JobRecord) {
  return {
    taskId: job.id,
    status: job.broken ? 'failed' : STATUS[job.status],
    ...(job.progress?.message !== undefined && { statusMessage: job.progress.message }),
    createdAt: new Date(job.createdAt).toISOString(),
    lastUpdatedAt: new Date(job.updatedAt).toISOString(),
    ttlMs: job.expiresAt - job.createdAt,
    pollIntervalMs: POLL_INTERVAL_MS,
  };
}

/**
 * A job that failed is a call that failed: its result says so. A task fails only where there is no result at all, because
 * the job's code broke.
 */
const STATUS = {
  queued: 'working',
  running: 'working',
  input_required: 'input_required',
  completed: 'completed',
  failed: 'completed',
  cancelled: 'cancelled',
} as const satisfies Record<JobRecord['status'], string>;

function outcomeOf(job: JobRecord, { registry }: Service) {
  if (job.status === 'input_required') return { inputRequests: outstandingRequests(job) };
  if (job.broken) return { error: { code: ProtocolErrorCode.InternalError, message: job.error ?? 'The job broke.' } };
  if (job.status === 'failed') return { result: resultOf([text(job.error ?? 'The job failed.')], { isError: true }) };
  if (job.status !== 'completed') return {};
  const { data, content } = rendered(viewOf(job, registry.tools.get(job.kind)?.job?.resultUri));
  return { result: resultOf(content, { structuredContent: data }) };
}

/** What `tools/call` would have returned. */
function resultOf(content: readonly object[], more: object) {
  return { resultType: 'complete', content, ...more };
}
