import { isInputRequiredResult, Server, type ServerContext } from '@modelcontextprotocol/server';
import type { Call } from '../context/tool-context.ts';
import { type OwnSession, serveSubscriptions } from '../sessions/own-session.ts';
import { hintsByMethod } from '../surface/cache-hints.ts';
import { modernCapabilities, sessionCapabilities } from '../surface/registry.ts';
import { callTool } from './call-tool.ts';
import { canDo, requireFeatures } from './client-features.ts';
import { conceal } from './conceal.ts';
import { complete, getPrompt, promptNamed, readResource, refuseCursor, toolNamed } from './handlers.ts';
import { type AskingCall, openRound } from './round-trip.ts';
import type { Service } from './service.ts';
import { serveTasks, taskOf } from './tasks.ts';
import { UNVALIDATED } from './unvalidated.ts';

/**
 * A low-level SDK `Server` over the registry: what serves everything that is not on the fast path, the 2025 era, and
 * stdio. It is made anew for each request or connection, so it registers a handler per method, and nothing per tool.
 *
 * @param call what the request brought; progress is added from the SDK's own context
 * @param era tasks are of the modern one only
 * @param session where it serves a session of the 2025 era
 */
export function sdkServer(service: Service, call: Call, era: 'legacy' | 'modern', session?: OwnSession): Server {
  const { registry } = service;
  const server = new Server(registry.serverInfo, {
    capabilities: capabilitiesOf(service, era, session),
    instructions: registry.instructions,
    jsonSchemaValidator: UNVALIDATED,
    cacheHints: hintsByMethod(service.surfaceHint),
  });
  const roundOf = (asking: Omit<AskingCall, 'principal'>, context: ServerContext) =>
    openRound(
      service,
      { ...asking, principal: call.principal },
      { era, connected: server.getClientCapabilities() },
      context,
    );
  const answer = <Result>(run: () => Result | Promise<Result>) => conceal(service, call, run);

  server.setRequestHandler('tools/list', ({ params }) =>
    answer(() => {
      refuseCursor(params);
      return { tools: registry.wireTools() };
    }),
  );
  server.setRequestHandler('tools/call', ({ params }, context) =>
    answer(async () => {
      const tool = toolNamed(service, params.name);
      requireFeatures(tool, context);
      const { name, arguments: args } = params;
      const { input, ask } = await roundOf({ method: 'tools/call', name, arguments: args, asks: tool.asks }, context);
      const bounded = { ...callOf(call, context), input };
      const result = await callTool(service, tool, args, bounded, ask);
      if (isInputRequiredResult(result) || tool.job === undefined || !canDo(context, 'tasks')) return result;
      return taskOf(result, service, bounded);
    }),
  );
  server.setRequestHandler('resources/list', ({ params }) =>
    answer(() => {
      refuseCursor(params);
      return { resources: registry.wireResources() };
    }),
  );
  server.setRequestHandler('resources/templates/list', ({ params }) =>
    answer(() => {
      refuseCursor(params);
      return { resourceTemplates: registry.wireResourceTemplates() };
    }),
  );
  server.setRequestHandler('resources/read', ({ params }, context) =>
    answer(() => readResource(service, params.uri, callOf(call, context))),
  );
  server.setRequestHandler('prompts/list', ({ params }) =>
    answer(() => {
      refuseCursor(params);
      return { prompts: registry.wirePrompts() };
    }),
  );
  server.setRequestHandler('prompts/get', ({ params }, context) =>
    answer(async () => {
      const { name, arguments: args } = params;
      const prompt = promptNamed(service, name);
      const round = await roundOf({ method: 'prompts/get', name, arguments: args, asks: prompt.asks }, context);
      return getPrompt(prompt, args, round);
    }),
  );
  server.setRequestHandler('completion/complete', ({ params }) =>
    answer(() => complete(service, params.ref, params.argument)),
  );
  if (session !== undefined) serveSubscriptions(server, service, call, session);
  if (era === 'modern' && Object.keys(registry.extensions).length > 0) {
    serveTasks(server, service, (context) => callOf(call, context));
  }
  return server;
}

function capabilitiesOf({ registry, listening }: Service, era: 'legacy' | 'modern', session: OwnSession | undefined) {
  if (era === 'modern') return modernCapabilities(registry, listening);
  return session === undefined ? registry.capabilities : sessionCapabilities(registry, listening);
}

/** The call as the SDK sees it: its signal fires when the client goes away, and it can notify. */
function callOf(call: Call, { mcpReq }: ServerContext): Call {
  const progressToken = mcpReq._meta?.progressToken;
  return {
    requestId: call.requestId,
    principal: call.principal,
    ...(call.arrivedAt !== undefined && { arrivedAt: call.arrivedAt }),
    signal: () => mcpReq.signal,
    sendLog: (level, message) => mcpReq.log(level, message),
    ...(progressToken !== undefined && {
      sendProgress: (done, total, message) =>
        mcpReq.notify({
          method: 'notifications/progress',
          params: {
            progressToken,
            progress: done,
            ...(total !== undefined && { total }),
            ...(message !== undefined && { message }),
          },
        }),
    }),
  };
}
