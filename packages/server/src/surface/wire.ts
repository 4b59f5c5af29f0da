import {
  type Prompt,
  type Resource,
  type ResourceTemplate,
  type Surface,
  type Tool,
  uriTemplateOf,
} from '@mcp-everywhere/tools';
import type {
  ResourceTemplateType,
  Prompt as WirePrompt,
  Resource as WireResource,
  Tool as WireTool,
} from '@modelcontextprotocol/server';
import * as z from 'zod';

/**
 * A tool as `tools/list` shows it, the same in both eras.
 * @throws {TypeError} where the specification has no room for what the tool declares
 */
export function wireTool({ name, title, description, input, output, annotations }: Tool): WireTool {
  return {
    name,
    title,
    description,
    inputSchema: jsonSchema(name, input, 'input'),
    outputSchema: jsonSchema(name, output, 'output'),
    annotations: { ...annotations },
  };
}

/** What the specification asks of the schema of an input or an output. */
const objectSchema = z.looseObject({
  type: z.literal('object'),
  properties: z.record(z.string(), z.json()).optional(),
  required: z.array(z.string()).optional(),
});

function jsonSchema(tool: string, schema: z.ZodObject, io: 'input' | 'output') {
  try {
    return objectSchema.parse(z.toJSONSchema(schema, { io }));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new TypeError(`Tool "${tool}" cannot be put on the wire: its ${io} has no JSON schema: ${reason}`, { cause });
  }
}

/** A prompt as `prompts/list` shows it. */
export function wirePrompt(prompt: Prompt): WirePrompt {
  return {
    name: prompt.name,
    title: prompt.title,
    description: prompt.description,
    arguments: Object.entries(prompt.arguments.shape).map(([name, schema]) => ({
      name,
      ...(schema.description !== undefined && { description: schema.description }),
      required: !schema.safeParse(undefined).success,
    })),
  };
}

/** A resource as `resources/list` shows it. */
export function wireResource({ uri, name, title, description, mimeType }: Resource): WireResource {
  return { uri, name, title, description, mimeType };
}

/** A resource template as `resources/templates/list` shows it. */
export function wireResourceTemplate(template: ResourceTemplate): ResourceTemplateType {
  return {
    uriTemplate: uriTemplateOf(template),
    name: template.name,
    title: template.title,
    description: template.description,
    mimeType: template.mimeType,
  };
}

/** Who the server says it is. */
export function serverInfoOf({ name, version, title }: Surface): {
  readonly name: string;
  readonly version: string;
  readonly title: string;
} {
  return { name, version, title };
}
