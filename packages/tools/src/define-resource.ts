import type { ToolContext } from './define-tool.ts';

/** What a resource template gives for one URI. */
export interface ResourceBody {
  readonly mimeType: string;
  readonly text: string;
}

/** A family of resources with one variable in its URI, such as `record://{id}`. */
export interface ResourceTemplate {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly mimeType: string;
  /** What comes before the variable: `record://`. */
  readonly prefix: string;
  /** The variable's name: `id`. */
  readonly variable: string;
  /** Values of the variable that complete what was typed so far, best first. */
  complete(typed: string): readonly string[];
  /** The resource, or `undefined` where there is none with this value. */
  read(value: string, ctx: ToolContext): Promise<ResourceBody | undefined> | ResourceBody | undefined;
  /**
   * Whether the caller may be told when the resource with this value changes; absent where none of the family does. It is
   * the same answer for one that is not there and for somebody else's.
   */
  changes?(value: string, ctx: ToolContext): Promise<boolean>;
}

/** The template's URI in RFC 6570 form: `record://{id}`. */
export function uriTemplateOf({ prefix, variable }: ResourceTemplate): string {
  return `${prefix}{${variable}}`;
}
