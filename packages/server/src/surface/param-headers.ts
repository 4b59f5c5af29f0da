import type { Tool } from '@mcp-everywhere/tools';
import * as z from 'zod';

/** The keyword by which a field of an input asks to be mirrored in a header. */
const KEYWORD = 'x-mcp-header';

/** An argument that a client repeats in a header, for what stands between it and the server and reads no bodies. */
export interface ParamHeader {
  /** The whole name: `Mcp-Param-Region`. */
  readonly header: string;
  /** Where the argument is: the names of the fields, from the outermost in. */
  readonly path: readonly string[];
  readonly type: 'string' | 'integer' | 'boolean';
}

/** What the specification lets a name of a header be, and what it lets be mirrored. */
const declaration = z.object({
  [KEYWORD]: z.string().regex(/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/),
  type: z.enum(['string', 'integer', 'boolean']),
});
const schemaNode = z.looseObject({ properties: z.record(z.string(), z.unknown()).optional() });

/**
 * The arguments of a tool that are mirrored in headers.
 *
 * @throws {TypeError} where a field is to be mirrored in a way that the specification does not have
 *
 * @example
 * paramHeaders(defineTool({ …, input: z.object({ region: z.string().meta({ 'x-mcp-header': 'Region' }) }) }));
 */
export function paramHeaders({ name, input }: Tool): readonly ParamHeader[] {
  const found: ParamHeader[] = [];
  const visit = (node: unknown, path: readonly string[]) => {
    const read = schemaNode.safeParse(node);
    if (!read.success) return;
    if (KEYWORD in read.data) found.push(declared(name, read.data, path, found));
    for (const [field, child] of Object.entries(read.data.properties ?? {})) visit(child, [...path, field]);
  };
  // What JSON has no schema for is refused where the tool is put on the wire.
  visit(z.toJSONSchema(input, { io: 'input', unrepresentable: 'any' }), []);
  return found;
}

function declared(tool: string, node: unknown, path: readonly string[], before: readonly ParamHeader[]): ParamHeader {
  const where = `Tool "${tool}": ${path.join('.')}`;
  const read = declaration.safeParse(node);
  if (!read.success) {
    throw new TypeError(
      `${where}: only a string, an integer or a boolean can be mirrored, in a header that is a token`,
    );
  }
  const header = `Mcp-Param-${read.data[KEYWORD]}`;
  if (before.some((other) => other.header.toLowerCase() === header.toLowerCase())) {
    throw new TypeError(`${where}: another argument is mirrored in ${header}`);
  }
  return { header, path, type: read.data.type };
}
