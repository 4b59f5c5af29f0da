import type { Platform, Target } from '@mcp-everywhere/platform';
import { EnvironmentError, readEnvironment } from '@mcp-everywhere/platform/env';
import type { RunDelivery } from '@mcp-everywhere/platform/jobs';
import { deadlineOf, LIMITS, listeningOn, verdictOn } from '@mcp-everywhere/platform/limits';
import type { ServerFacts, Surface } from '@mcp-everywhere/tools';
import * as z from 'zod';
import { HTTP_SSE_ENDS, type ServerOptions, serverVariables } from './config.ts';
import { contextFactory, declaredEnvironment } from './context/tool-context.ts';
import { httpApp, MCP_PATH } from './http/app.ts';
import { createGuard, LOOPBACK_NAMES } from './http/guard.ts';
import { type HttpSseEndpoint, httpSseEndpoint } from './http-sse/http-sse-endpoint.ts';
import { jobService, ON_DEMAND } from './jobs/job-service.ts';
import { configureLogging, loggerOf } from './logging.ts';
import { mcpEndpoint } from './protocol/mcp-endpoint.ts';
import { requestStateKeys } from './protocol/request-state-keys.ts';
import type { Listening, Service } from './protocol/service.ts';
import { type Bell, bellOn } from './sessions/mailbox.ts';
import { sessionsIn } from './sessions/sessions.ts';
import { surfaceHint } from './surface/cache-hints.ts';
import { compileRegistry } from './surface/registry.ts';

const NO_VARIABLES = z.object({});

/** A server: web-standard, so every runtime takes it as it is. */
export interface McpServer {
  readonly fetch: (request: Request) => Response | Promise<Response>;
  /** Ends the streams on which clients listen, who can listen again elsewhere: they would hold the end of a process up. */
  readonly endListening: () => void;
  /** Ends open streams and refuses further MCP requests. The platform's engines stay open: who opened them closes them. */
  readonly close: () => Promise<void>;
  readonly facts: ServerFacts;
  /** The host names clients may use; every other is refused. */
  readonly allowedHosts: readonly string[];
  /** Runs a job that the platform's queue delivers. */
  readonly runJob: RunDelivery;
  /** Records that a job has failed which the platform's queue has given up. */
  readonly giveUpJob: (jobId: string) => Promise<void>;
  /** Logs what is wrong with the platform's queue. */
  readonly onQueueError: (error: unknown) => void;
  /** What a transport of another kind (stdio) is built on. */
  readonly service: Service;
}

/**
 * Joins what is served with what it is served on.
 *
 * @param surface the tools, resources and prompts
 * @param platform where this runs, and the engines it runs on
 * @param options how the app listens
 * @throws {EnvironmentError} naming every environment variable that is missing or invalid
 * @throws {TypeError} where the surface has two things of one name
 *
 * @example
 * const server = createServer(catalogueSurface, { target: 'bun', … }, { loopback: true });
 * Bun.serve({ fetch: server.fetch });
 */
export function createServer(surface: Surface, platform: Platform, options: ServerOptions): McpServer {
  // workerd's clock stands at 0 until the first request.
  let created = Date.now();
  const [settings, ...environments] = readEnvironment(
    [
      { neededBy: 'the server', variables: serverVariables },
      ...surface.tools.map(({ name, requires }) => ({
        neededBy: `tool "${name}"`,
        variables: requires.environment ?? NO_VARIABLES,
      })),
    ],
    platform.environment,
    platform.target,
  );
  configureLogging(settings.LOG_LEVEL);

  const registry = compileRegistry(surface);
  const { target, runtime, region, wallTimeMs, state, cache } = platform;
  const facts: ServerFacts = {
    target,
    runtime,
    ...(region !== undefined && { region }),
    state: { kind: state.kind, consistency: state.consistency },
    cache: { kind: cache.kind, consistency: cache.consistency },
    jobs: (platform.jobs ?? ON_DEMAND).kind,
    uptimeSeconds: () => Math.floor((Date.now() - created) / 1000),
    surfaceHash: registry.surfaceHash,
    environment: declaredEnvironment(surface, platform),
  };
  const contextOf = contextFactory(
    surface,
    platform,
    environments,
    facts,
    (tool, requestId) => loggerOf(tool, { requestId }),
    (owner) => jobs.of(owner),
  );
  const jobsLog = loggerOf('jobs');
  const jobs = jobService(surface, platform, contextOf, jobsLog);
  if (platform.jobs === undefined && surface.tools.some(({ job }) => job !== undefined)) {
    jobsLog.warn('No queue delivers jobs here: each is worked on only while somebody asks for it');
  }
  const onQueueError = (error: unknown) =>
    jobsLog.warn('The job queue is in trouble', { queue: platform.jobs?.kind, error });
  const service: Service = {
    registry,
    contextOf,
    jobs,
    deadline: deadlineOf(target, wallTimeMs),
    requestStateKeys: requestStateKeys(settings.REQUEST_STATE_KEY, state),
    surfaceHint: surfaceHint(settings.CACHE_TTL),
    ...(settings.MCP_SESSIONS && { sessions: sessionsIn(state, bellOf(platform)) }),
    listening: listeningTo(platform),
    log: loggerOf('server'),
  };
  const eventsLog = loggerOf('events');
  platform.events?.reportTo((error) =>
    eventsLog.warn('The event bus is in trouble', { bus: platform.events?.kind, error }),
  );
  for (const { name, requires, job } of surface.tools) {
    // A job goes on after its request.
    if (job !== undefined) continue;
    const verdict = verdictOn(target, requires.seconds ?? 0, wallTimeMs);
    if (verdict.runs !== 'inline') {
      service.log.warn('Tool {tool} may be stopped before it is done', { tool: name, because: verdict.because });
    }
  }
  const maxBodyBytes = settings.MCP_MAX_BODY_BYTES;
  const endpoint = mcpEndpoint(service, { maxBodyBytes, fastPath: options.fastPath ?? true });
  const guard = createGuard({
    loopback: options.loopback,
    allowedHosts: settings.MCP_ALLOWED_HOSTS,
    allowedOrigins: settings.MCP_ALLOWED_ORIGINS,
  });
  const httpSse = settings.MCP_HTTP_SSE ? httpSseOn(target, service, options, maxBodyBytes) : undefined;
  const app = httpApp({
    registry,
    endpoint,
    httpSse,
    guard,
    facts,
    engines: [state, cache],
    maxBodyBytes,
    log: service.log,
  });
  const fetch = (request: Request) => {
    created ||= Date.now();
    return app.fetch(request);
  };
  const allowedHosts = [...(options.loopback ? LOOPBACK_NAMES : []), ...settings.MCP_ALLOWED_HOSTS];
  const { run: runJob, giveUp: giveUpJob } = jobs;
  const endListening = () => {
    endpoint.endListening();
    httpSse?.endListening();
  };
  const close = async () => {
    await Promise.all([endpoint.close(), httpSse?.close()]);
  };
  return { fetch, endListening, close, facts, allowedHosts, service, runJob, giveUpJob, onQueueError };
}

/** @throws {EnvironmentError} where the target cannot serve it, or this app of it is not in a place where it can */
function httpSseOn(
  target: Target,
  service: Service,
  { httpSse }: ServerOptions,
  maxBodyBytes: number,
): HttpSseEndpoint {
  const { product, httpSse: limit } = LIMITS[target];
  if (httpSse === undefined) {
    throw new EnvironmentError([
      `Invalid environment variable MCP_HTTP_SSE: HTTP+SSE (2024-11-05) cannot be served on ${product}: ${limit.because}. Leave MCP_HTTP_SSE out, and have clients use ${MCP_PATH}.`,
    ]);
  }
  service.log.warn(`HTTP+SSE (2024-11-05) is deprecated and will be taken out on ${HTTP_SSE_ENDS}: use ${MCP_PATH}`);
  return httpSseEndpoint(service, httpSse, maxBodyBytes);
}

/** A bus that polls the store is no quicker than who looks there for a reply. */
function bellOf({ events }: Platform): Bell | undefined {
  return events === undefined || events.kind === 'polling' ? undefined : bellOn(events);
}

function listeningTo({ target, wallTimeMs, events }: Platform): Listening {
  const time = listeningOn(target, wallTimeMs);
  if (!time.held) return time;
  return events === undefined ? { held: false, because: 'this deployment has no event bus' } : { ...time, events };
}
