import { detectRuntime } from '@mcp-everywhere/platform';
import { readEnvironment } from '@mcp-everywhere/platform/env';
import { sqsQueue } from '@mcp-everywhere/platform/jobs/sqs-queue';
import { nodeNetwork } from '@mcp-everywhere/platform/network/node';
import { dynamoDbStore } from '@mcp-everywhere/platform/state/dynamodb';
import { createServer, type McpServer } from '@mcp-everywhere/server';
import { catalogueSurface } from '@mcp-everywhere/tools/catalogue';
import * as z from 'zod';
import { type HttpEvent, toRequest } from './http-event.ts';
import { toResult } from './http-result.ts';
import { takeBatch } from './queue.ts';
import { type InvocationContext, streaming } from './streaming.ts';

const variables = z.object({
  /** The DynamoDB table of the state. */
  STATE_TABLE: z.string(),
  /** Where DynamoDB is, if not in the function's own region: an emulator on this machine. */
  DYNAMODB_ENDPOINT: z.url().optional(),
  /** The queue in SQS that delivers jobs; without one a job is worked on while somebody asks for it. */
  JOBS_QUEUE_URL: z.url().optional(),
  /** Lambda sets it. */
  AWS_REGION: z.string(),
});

// What can fail for want of configuration fails while the function starts, and with it the deployment's first request.
const [{ STATE_TABLE, DYNAMODB_ENDPOINT, JOBS_QUEUE_URL, AWS_REGION }] = readEnvironment(
  [{ neededBy: 'the server', variables }],
  process.env,
  'lambda',
);
const state = dynamoDbStore({
  tableName: STATE_TABLE,
  region: AWS_REGION,
  ...(DYNAMODB_ENDPOINT !== undefined && { endpoint: DYNAMODB_ENDPOINT }),
});
const jobs = JOBS_QUEUE_URL === undefined ? undefined : sqsQueue({ queueUrl: JOBS_QUEUE_URL, region: AWS_REGION });
let server: McpServer | undefined;

/** Made at the first invocation: nothing before it knows the function's time-out, and no variable could be held to it. */
function serverFor(context: InvocationContext): McpServer {
  server ??= createServer(
    catalogueSurface,
    {
      target: 'lambda',
      runtime: detectRuntime(),
      region: AWS_REGION,
      wallTimeMs: timeOut(context),
      environment: process.env,
      state,
      cache: state,
      network: nodeNetwork(),
      ...(jobs !== undefined && { jobs }),
    },
    // A function URL and an API route by their own names, so only a local runtime is ever addressed by a loopback one.
    { loopback: true },
  );
  return server;
}

/** A time-out is whole seconds, and the first milliseconds of the invocation have passed. */
function timeOut(context: InvocationContext): number {
  return Math.ceil(context.getRemainingTimeInMillis() / 1000) * 1000;
}

async function answer(event: HttpEvent, context: InvocationContext): Promise<Response> {
  return serverFor(context).fetch(toRequest(event));
}

/** For an HTTP API, a load balancer, and a function URL that buffers. */
export const handler = async (event: HttpEvent, context: InvocationContext) =>
  toResult(event, await answer(event, context));

/** For a function URL with `InvokeMode: RESPONSE_STREAM`. */
export const streamingHandler = streaming(answer);

/** For an event source mapping of SQS, with `ReportBatchItemFailures`. */
export const queueHandler = async (event: unknown, context: InvocationContext) => {
  if (jobs === undefined)
    throw new Error('JOBS_QUEUE_URL is not set: give this function the URL of the queue it serves.');
  const run = serverFor(context).runJob;
  return takeBatch(event, { run, queue: jobs, remainingMs: context.getRemainingTimeInMillis() });
};
