import type { ClientFeature, Tool } from '@mcp-everywhere/tools';
import {
  CLIENT_CAPABILITIES_META_KEY,
  type ClientCapabilities,
  MissingRequiredClientCapabilityError,
  type ServerContext,
} from '@modelcontextprotocol/server';
import * as z from 'zod';
import { TASKS_EXTENSION } from '../surface/tasks-extension.ts';

/** How a client says that it can do something. */
const CAPABILITIES: Readonly<Record<ClientFeature, ClientCapabilities>> = {
  sampling: { sampling: {} },
  elicitation: { elicitation: {} },
  roots: { roots: {} },
  tasks: { extensions: { [TASKS_EXTENSION]: {} } },
};

const declared = z.object({
  [CLIENT_CAPABILITIES_META_KEY]: z.looseObject({
    extensions: z.record(z.string(), z.looseObject({})).optional(),
  }),
});

/** Whether the client of a request says that it can do something: each request of the modern era says so anew. */
export function canDo({ mcpReq }: ServerContext, feature: ClientFeature): boolean {
  const envelope = declared.safeParse(mcpReq.envelope);
  if (!envelope.success) return false;
  const { extensions = {}, ...capabilities } = envelope.data[CLIENT_CAPABILITIES_META_KEY];
  return feature === 'tasks' ? Object.hasOwn(extensions, TASKS_EXTENSION) : capabilities[feature] !== undefined;
}

/** @throws {MissingRequiredClientCapabilityError} -32021 where the client does not say that it can do it */
export function requireFeature(context: ServerContext, feature: ClientFeature): void {
  requireAll(context, [feature]);
}

/** @throws {MissingRequiredClientCapabilityError} -32021 naming what the tool needs of its client and the client does not say it can do */
export function requireFeatures({ requires }: Tool, context: ServerContext): void {
  requireAll(context, requires.client ?? []);
}

function requireAll(context: ServerContext, features: readonly ClientFeature[]): void {
  const missing = features.filter((feature) => !canDo(context, feature));
  if (missing.length === 0) return;
  const requiredCapabilities = Object.assign({}, ...missing.map((feature) => CAPABILITIES[feature]));
  throw new MissingRequiredClientCapabilityError({ requiredCapabilities });
}
