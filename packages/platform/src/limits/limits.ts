import type { Target } from '../target.ts';
import { disconnect, figure, type TargetLimits } from './target-limits.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const MIB = 1024 * 1024;
const MB = 1000 * 1000;

const NODE_HTTP = 'https://nodejs.org/api/http.html';
const BUN_SERVER = 'https://bun.com/docs/runtime/http/server';
const DENO_RUNTIME = 'https://docs.deno.com/deploy/reference/runtime/';
const DENO_LIMITS = 'https://docs.deno.com/deploy/pricing_and_limits/';
const WORKERS_LIMITS = 'https://developers.cloudflare.com/workers/platform/limits/';
const NETLIFY_API = 'https://docs.netlify.com/build/functions/api/';
const NETLIFY_CONFIGURATION = 'https://docs.netlify.com/build/functions/configuration/';
const AZURE_SCALE = 'https://learn.microsoft.com/azure/azure-functions/functions-scale';
const AZURE_STREAMS = 'https://learn.microsoft.com/azure/azure-functions/node-http-stream';
const LAMBDA_QUOTAS = 'https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html';
const API_GATEWAY_STREAMS = 'https://docs.aws.amazon.com/apigateway/latest/developerguide/response-transfer-mode.html';
const VERCEL_LIMITS = 'https://vercel.com/docs/functions/limitations';
const VERCEL_DURATION = 'https://vercel.com/docs/functions/configuring-functions/duration';
const VERCEL_API = 'https://vercel.com/docs/functions/functions-api-reference';

const ONE_PROCESS = 'one process takes every message; several behind a proxy need its affinity';

/** What each target allows, with the page that says so. Read by the server, the docs and the checks; by nobody twice. */
export const LIMITS: Readonly<Record<Target, TargetLimits>> = {
  node: {
    product: 'Node.js, on a machine or in a container',
    wallTimeMs: figure(NODE_HTTP, 'none', {
      note: 'server.timeout is 0; requestTimeout (5 min) is for receiving the request',
    }),
    cpuTimeMs: figure(NODE_HTTP, 'none'),
    memoryMiB: figure('https://nodejs.org/api/cli.html', 'configurable', {
      note: '--max-old-space-size, or the container',
    }),
    requestBodyBytes: figure(NODE_HTTP, 'none'),
    responseBodyBytes: figure(NODE_HTTP, 'none'),
    streamMs: figure(NODE_HTTP, 'none', { note: 'chunks as they are written' }),
    idleMs: figure(NODE_HTTP, 'none'),
    backgroundMs: figure('https://nodejs.org/api/process.html', 'none', { note: 'until the process is told to end' }),
    jobMs: figure('https://nodejs.org/api/process.html', 'none', { note: 'in the process itself, or in another one' }),
    disconnect: disconnect(NODE_HTTP, 'signal', 'the response closes; @hono/node-server aborts request.signal'),
    listening: { held: 'while the client stays', because: 'nothing ends a stream but the client' },
    httpSse: { served: 'yes', because: ONE_PROCESS },
  },
  bun: {
    product: 'Bun, on a machine or in a container',
    wallTimeMs: figure(BUN_SERVER, 'none'),
    cpuTimeMs: figure(BUN_SERVER, 'none'),
    memoryMiB: figure('https://bun.com/docs/project/benchmarking', 'configurable', { note: 'by the container' }),
    requestBodyBytes: figure(BUN_SERVER, 128 * MIB, { maximum: 'configurable', maximumNeeds: 'maxRequestBodySize' }),
    responseBodyBytes: figure(BUN_SERVER, 'none'),
    streamMs: figure(BUN_SERVER, 'none', { note: 'chunks as they are written' }),
    idleMs: figure(BUN_SERVER, 10 * SECOND, {
      maximum: 'none',
      maximumNeeds: 'idleTimeout: 0',
      note: 'cuts a silent stream too',
    }),
    backgroundMs: figure(BUN_SERVER, 'none', { note: 'until the process is told to end' }),
    jobMs: figure(BUN_SERVER, 'none', { note: 'in the process itself, or in another one' }),
    disconnect: disconnect(BUN_SERVER, 'signal', 'request.signal fires'),
    listening: { held: 'while the client stays', because: 'nothing ends a stream but the client, with idleTimeout: 0' },
    httpSse: { served: 'yes', because: ONE_PROCESS },
  },
  deno: {
    product: 'Deno Deploy',
    wallTimeMs: figure(DENO_RUNTIME, 'unpublished', {
      note: 'an instance may be stopped at any time, 5 s after SIGINT',
    }),
    cpuTimeMs: figure(DENO_LIMITS, 'unpublished', { note: 'a monthly quota of the organisation, none per request' }),
    memoryMiB: figure(DENO_LIMITS, 512),
    requestBodyBytes: figure(DENO_LIMITS, 'unpublished'),
    responseBodyBytes: figure(DENO_LIMITS, 'unpublished'),
    streamMs: figure(DENO_RUNTIME, 'unpublished', {
      note: 'chunks as they are written; bytes sent keep the instance alive',
    }),
    idleMs: figure(DENO_RUNTIME, 5 * SECOND, {
      maximum: 10 * MINUTE,
      maximumNeeds: 'luck: the platform chooses',
      note: 'then the instance stops',
    }),
    backgroundMs: figure(DENO_RUNTIME, 5 * SECOND, {
      maximum: 10 * MINUTE,
      maximumNeeds: 'luck: the platform chooses',
      note: 'no waitUntil; until the idle instance stops',
    }),
    jobMs: figure('https://docs.deno.com/deploy/reference/cron/', 'unpublished', {
      note: 'Deno.cron, once a minute at most',
    }),
    disconnect: disconnect(
      'https://docs.deno.com/api/deno/~/Deno.serve',
      'stream',
      'rely on cancel() of the stream: request.signal fires after success too, and late where the request was not read in one piece',
    ),
    listening: {
      held: 'while the client stays',
      because: 'bytes sent keep the instance alive; one that is stopped ends its streams within 5 s',
    },
    httpSse: {
      served: 'on a machine of your own',
      because: 'there one process takes every message; on Deno Deploy one may come to another instance',
    },
  },
  cloudflare: {
    product: 'Cloudflare Workers',
    wallTimeMs: figure(WORKERS_LIMITS, 'none', {
      note: 'while the client stays; 30 s of grace when the runtime is updated',
    }),
    cpuTimeMs: figure(WORKERS_LIMITS, 10, {
      maximum: 5 * MINUTE,
      maximumNeeds: 'Workers Paid, limits.cpu_ms (30 s where not set)',
    }),
    memoryMiB: figure(WORKERS_LIMITS, 128),
    // An older copy of the page gives 500 MB as the default of Enterprise.
    requestBodyBytes: figure(WORKERS_LIMITS, 100 * MB, {
      maximum: 5000 * MB,
      maximumNeeds: 'Enterprise (Business: 200 MB)',
    }),
    responseBodyBytes: figure(WORKERS_LIMITS, 'none'),
    streamMs: figure(WORKERS_LIMITS, 'none', { note: 'chunks as they are written' }),
    idleMs: figure('https://developers.cloudflare.com/fundamentals/reference/connection-limits/', 400 * SECOND),
    backgroundMs: figure('https://developers.cloudflare.com/workers/runtime-apis/context/', 30 * SECOND, {
      note: 'ctx.waitUntil',
    }),
    jobMs: figure(WORKERS_LIMITS, 15 * MINUTE, { note: 'a Durable Object alarm or a queue consumer' }),
    disconnect: disconnect(
      'https://developers.cloudflare.com/workers/configuration/compatibility-flags/',
      'signal',
      'with enable_request_signal, the default from 2026-11-17; on this machine when the stream is written to',
    ),
    listening: { held: 'while the client stays', because: 'a Worker may stream for as long as its client stays' },
    httpSse: { served: 'no', because: 'a message may come to another isolate than the one that holds the stream' },
  },
  netlify: {
    product: 'Netlify Functions',
    // The page on configuration gives every synchronous function 60 s, and the page on the API gives one that streams 10 s:
    // that is what a function is deployed as, whatever it answers (`invocationMode` in the build's manifest). Older pages
    // give 26 s on Pro, or 30 s. Nobody's function is killed by relying on the least.
    wallTimeMs: figure(NETLIFY_API, 10 * SECOND, {
      maximum: 60 * SECOND,
      maximumNeeds: 'a site that is seen to allow it, WALL_TIME_SECONDS',
      note: 'a background function: 15 min',
    }),
    cpuTimeMs: figure(NETLIFY_CONFIGURATION, 'none'),
    memoryMiB: figure(NETLIFY_CONFIGURATION, 1024, { maximum: 'configurable', maximumNeeds: 'config.memory or vCPU' }),
    requestBodyBytes: figure(NETLIFY_CONFIGURATION, 6 * MB, { note: '4.5 MB where binary' }),
    responseBodyBytes: figure(NETLIFY_CONFIGURATION, 6 * MB, { maximum: 20 * MB, maximumNeeds: 'a streamed response' }),
    streamMs: figure(NETLIFY_API, 10 * SECOND, {
      maximum: 60 * SECOND,
      maximumNeeds: 'a site that is seen to allow it, WALL_TIME_SECONDS',
      note: 'a ReadableStream as the body',
    }),
    idleMs: figure(NETLIFY_CONFIGURATION, 'unpublished'),
    backgroundMs: figure('https://docs.netlify.com/build/functions/background-functions/', 'unpublished', {
      note: 'context.waitUntil has no published limit; longer work is a background function (15 min)',
    }),
    jobMs: figure('https://docs.netlify.com/build/functions/background-functions/', 15 * MINUTE, {
      note: 'a background function',
    }),
    disconnect: disconnect(NETLIFY_API, 'never', 'measured: request.signal does not fire'),
    listening: { held: 'not at all', because: 'a stream ends after 10 s, and runs on unseen when its client has left' },
    httpSse: { served: 'no', because: 'a stream ends after 10 s, and a message may come to another instance' },
  },
  azure: {
    product: 'Azure Functions, Flex Consumption',
    wallTimeMs: figure(AZURE_SCALE, 230 * SECOND, { note: "the load balancer's, whatever functionTimeout says" }),
    cpuTimeMs: figure(AZURE_SCALE, 'none'),
    memoryMiB: figure('https://learn.microsoft.com/azure/azure-functions/flex-consumption-plan', 2048, {
      maximum: 4096,
      maximumNeeds: 'the instance size',
    }),
    // The table of service limits said 100 MB until 2024.
    requestBodyBytes: figure(AZURE_STREAMS, 100 * MIB, {
      maximum: 210 * MB,
      maximumNeeds: 'FUNCTIONS_REQUEST_BODY_SIZE_LIMIT',
    }),
    responseBodyBytes: figure(AZURE_SCALE, 'unpublished'),
    streamMs: figure(AZURE_SCALE, 30 * MINUTE, {
      maximum: 'none',
      maximumNeeds: 'functionTimeout: -1',
      note: 'app.setup({ enableHttpStream: true })',
    }),
    idleMs: figure(AZURE_SCALE, 230 * SECOND),
    backgroundMs: figure(AZURE_SCALE, 0, { note: 'a queue trigger' }),
    jobMs: figure(AZURE_SCALE, 30 * MINUTE, {
      maximum: 'none',
      maximumNeeds: 'functionTimeout: -1',
      note: 'a queue trigger',
    }),
    disconnect: disconnect(AZURE_STREAMS, 'never', 'measured on the Node worker: nothing reaches the handler'),
    listening: {
      held: 'for a while',
      atMostMs: 2 * MINUTE,
      because: 'the function never learns that a client has left, so each stream has to end by itself',
    },
    httpSse: { served: 'no', because: 'a message may come to another instance than the one that holds the stream' },
  },
  lambda: {
    product: 'AWS Lambda behind a function URL',
    wallTimeMs: figure(LAMBDA_QUOTAS, 3 * SECOND, {
      maximum: 15 * MINUTE,
      maximumNeeds: 'Timeout',
      // https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html, and for REST
      // https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html
      note: 'behind API Gateway: an HTTP API waits 30 s, a REST API 29 s, unless it streams',
    }),
    cpuTimeMs: figure(LAMBDA_QUOTAS, 'none', { note: 'a share of CPU by memory' }),
    memoryMiB: figure(LAMBDA_QUOTAS, 128, { maximum: 10_240, maximumNeeds: 'MemorySize' }),
    requestBodyBytes: figure(LAMBDA_QUOTAS, 6 * MB),
    // 20 MB until 2025.
    responseBodyBytes: figure(
      'https://docs.aws.amazon.com/lambda/latest/dg/configuration-response-streaming.html',
      6 * MB,
      { maximum: 200 * MB, maximumNeeds: 'InvokeMode: RESPONSE_STREAM' },
    ),
    streamMs: figure(LAMBDA_QUOTAS, 3 * SECOND, {
      maximum: 15 * MINUTE,
      maximumNeeds: 'Timeout',
      note: 'awslambda.streamifyResponse',
    }),
    idleMs: figure(API_GATEWAY_STREAMS, 'unpublished', {
      maximum: 5 * MINUTE,
      maximumNeeds: 'a regional API Gateway (edge-optimised: 30 s)',
    }),
    backgroundMs: figure(
      'https://aws.amazon.com/blogs/compute/running-code-after-returning-a-response-from-an-aws-lambda-function/',
      0,
      { note: 'the environment is frozen; a queue' },
    ),
    jobMs: figure(LAMBDA_QUOTAS, 3 * SECOND, { maximum: 15 * MINUTE, maximumNeeds: 'Timeout', note: 'a queue in SQS' }),
    disconnect: disconnect(API_GATEWAY_STREAMS, 'never', 'the function may go on until its time-out'),
    listening: {
      held: 'not at all',
      because: 'each stream has an execution environment for itself, which is paid for until its time-out',
    },
    httpSse: { served: 'no', because: 'a message never comes to the execution environment that holds the stream' },
  },
  vercel: {
    product: 'Vercel Functions on the Node.js runtime, Fluid compute',
    wallTimeMs: figure(VERCEL_DURATION, 5 * MINUTE, {
      maximum: 30 * MINUTE,
      maximumNeeds: 'Pro, maxDuration; above 800 s in beta',
    }),
    cpuTimeMs: figure(VERCEL_LIMITS, 'none'),
    memoryMiB: figure(VERCEL_LIMITS, 2048, { maximum: 4096, maximumNeeds: 'Pro' }),
    requestBodyBytes: figure(VERCEL_LIMITS, 4.5 * MB),
    responseBodyBytes: figure(
      'https://vercel.com/kb/guide/how-to-bypass-vercel-body-size-limit-serverless-functions',
      4.5 * MB,
      { maximum: 'none', maximumNeeds: 'a streamed response' },
    ),
    streamMs: figure(VERCEL_DURATION, 5 * MINUTE, {
      maximum: 30 * MINUTE,
      maximumNeeds: 'Pro, maxDuration; above 800 s in beta',
      note: 'chunks as they are written',
    }),
    idleMs: figure(VERCEL_LIMITS, 'unpublished'),
    backgroundMs: figure(`${VERCEL_API}/vercel-functions-package`, 5 * MINUTE, {
      maximum: 30 * MINUTE,
      maximumNeeds: 'Pro, maxDuration; above 800 s in beta',
      note: 'waitUntil, within maxDuration',
    }),
    jobMs: figure(VERCEL_DURATION, 5 * MINUTE, {
      maximum: 30 * MINUTE,
      maximumNeeds: 'Pro, maxDuration; above 800 s in beta',
      note: 'a function that Vercel Queues calls',
    }),
    disconnect: disconnect(VERCEL_API, 'signal', 'with supportsCancellation in vercel.json'),
    listening: {
      held: 'for a while',
      atMostMs: 5 * MINUTE,
      because: 'a stream ends with maxDuration; an instance serves other requests meanwhile',
    },
    httpSse: { served: 'no', because: 'a message may come to another instance than the one that holds the stream' },
  },
};
