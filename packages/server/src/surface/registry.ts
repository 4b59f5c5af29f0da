import type { Prompt, ResourceOutcome, ResourceTemplate, Surface, Tool, ToolContext } from '@mcp-everywhere/tools';
import type {
  Implementation,
  Resource,
  ResourceTemplateType,
  ServerCapabilities,
  Prompt as WirePrompt,
  Tool as WireTool,
} from '@modelcontextprotocol/server';
import { lazy } from './lazy.ts';
import { type ParamHeader, paramHeaders } from './param-headers.ts';
import { surfaceHash } from './surface-hash.ts';
import { TASKS_EXTENSION } from './tasks-extension.ts';
import { serverInfoOf, wirePrompt, wireResource, wireResourceTemplate, wireTool } from './wire.ts';

/**
 * A surface compiled once per process or isolate, so that a request pays for a map look-up and never for the number of
 * tools. The wire forms are made on first use: a cold start that only serves `tools/call` does not pay for them.
 */
export interface Registry {
  readonly serverInfo: Implementation;
  readonly instructions: string;
  readonly capabilities: ServerCapabilities;
  /** What it speaks besides, in the modern era. */
  readonly extensions: NonNullable<ServerCapabilities['extensions']>;
  readonly tools: ReadonlyMap<string, Tool>;
  readonly prompts: ReadonlyMap<string, Prompt>;
  /** The resource of a URI, or `undefined` where there can be none. */
  findResource(uri: string): FoundResource | undefined;
  /** The templates themselves, for completion. */
  readonly resourceTemplates: readonly ResourceTemplate[];
  /** The arguments of a tool that are mirrored in headers; read when the tool is first called. */
  paramHeadersOf(tool: Tool): readonly ParamHeader[];
  readonly wireTools: () => WireTool[];
  readonly wirePrompts: () => WirePrompt[];
  readonly wireResources: () => Resource[];
  readonly wireResourceTemplates: () => ResourceTemplateType[];
  readonly surfaceHash: () => Promise<string>;
}

/** What a URI names. */
interface FoundResource {
  /** The URI as changes of it are published. */
  readonly uri: string;
  read(ctx: ToolContext): ResourceOutcome;
  /** Whether the caller may be told when it changes. */
  changes(ctx: ToolContext): Promise<boolean>;
}

/**
 * Compiles a surface.
 * @throws {TypeError} where two tools, prompts or resource templates share a name
 */
export function compileRegistry(surface: Surface): Registry {
  const { tools, prompts, resources, resourceTemplates } = surface;
  const toolsByName = byName('tool', tools);
  const wireTools = lazy(() => tools.map(wireTool));
  const mirrored = new Map(tools.map((tool) => [tool.name, lazy(() => paramHeaders(tool))]));
  byName('resource', resources);
  byName('resource template', resourceTemplates);
  const resourcesByUri = new Map(resources.map((resource) => [resource.uri, resource]));
  return {
    serverInfo: serverInfoOf(surface),
    instructions: surface.instructions,
    // No `listChanged`: the surface is fixed for the life of a deployment.
    capabilities: {
      tools: {},
      resources: {},
      prompts: {},
      completions: {},
      ...(tools.some(({ requires }) => requires.tellsClient) && { logging: {} }),
    },
    extensions: tools.some(({ job }) => job !== undefined) ? { [TASKS_EXTENSION]: {} } : {},
    tools: toolsByName,
    prompts: byName('prompt', prompts),
    resourceTemplates,
    findResource(uri) {
      const resource = resourcesByUri.get(uri);
      if (resource !== undefined) return { uri, read: (ctx) => resource.read(ctx), changes: async () => false };
      for (const template of resourceTemplates) {
        const value = variableOf(template, uri);
        if (value === undefined) continue;
        return {
          uri: `${template.prefix}${encodeURIComponent(value)}${template.suffix ?? ''}`,
          read: (ctx) => template.read(value, ctx),
          changes: async (ctx) => (await template.changes?.(value, ctx)) ?? false,
        };
      }
      return undefined;
    },
    paramHeadersOf: ({ name }) => mirrored.get(name)?.() ?? [],
    wireTools,
    wirePrompts: lazy(() => prompts.map(wirePrompt)),
    wireResources: lazy(() => resources.map(wireResource)),
    wireResourceTemplates: lazy(() => resourceTemplates.map(wireResourceTemplate)),
    surfaceHash: lazy(() => surfaceHash(wireTools())),
  };
}

/**
 * What the server can do, as a client of the modern era is told.
 *
 * @param listening whether clients can listen at all; then they may to the resources that change
 */
export function modernCapabilities(registry: Registry, listening: { readonly held: boolean }): ServerCapabilities {
  const { extensions } = registry;
  return {
    ...sessionCapabilities(registry, listening),
    ...(Object.keys(extensions).length > 0 && { extensions }),
  };
}

/** What a session of the 2025 era is told that there is: only in one can a client subscribe. */
export function sessionCapabilities(
  { capabilities, resourceTemplates }: Registry,
  { held }: { readonly held: boolean },
): ServerCapabilities {
  const changes = held && resourceTemplates.some((template) => template.changes !== undefined);
  return { ...capabilities, ...(changes && { resources: { subscribe: true } }) };
}

function byName<Named extends { readonly name: string }>(kind: string, all: readonly Named[]): Map<string, Named> {
  const map = new Map<string, Named>();
  for (const one of all) {
    if (map.has(one.name)) throw new TypeError(`The surface has two of the ${kind} "${one.name}"`);
    map.set(one.name, one);
  }
  return map;
}

/**
 * What the variable of a template stands for in a URI, as in an RFC 6570 simple expansion: percent-decoded, not empty, and
 * without a slash, which `{id}` never expands to. `undefined` where the URI is none of this template.
 */
function variableOf({ prefix, suffix = '' }: ResourceTemplate, uri: string): string | undefined {
  if (!uri.startsWith(prefix) || !uri.endsWith(suffix)) return undefined;
  const raw = uri.slice(prefix.length, uri.length - suffix.length);
  if (raw === '' || raw.includes('/')) return undefined;
  try {
    return decodeURIComponent(raw);
  } catch {
    return undefined;
  }
}
