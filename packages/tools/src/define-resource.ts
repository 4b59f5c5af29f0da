import type { ToolContext } from './define-tool.ts';

/** What is at a URI: text, or bytes in base64. */
export type ResourceBody = { readonly mimeType: string } & ({ readonly text: string } | { readonly blob: string });

/** What a resource gives; `undefined` where there is none. */
export type ResourceOutcome = Promise<ResourceBody | undefined> | ResourceBody | undefined;

/** A resource at a URI of its own. */
export interface Resource {
  readonly uri: string;
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly mimeType: string;
  read(ctx: ToolContext): ResourceOutcome;
}

/** A family of resources with one variable in its URI, such as `record://{id}`. */
export interface ResourceTemplate {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly mimeType: string;
  /** What comes before the variable: `record://`. */
  readonly prefix: string;
  /** What comes after it, where something does. */
  readonly suffix?: string;
  /** The variable's name: `id`. */
  readonly variable: string;
  /** Values of the variable that complete what was typed so far, best first. */
  complete(typed: string): readonly string[];
  /** The resource, or `undefined` where there is none with this value. */
  read(value: string, ctx: ToolContext): ResourceOutcome;
  /**
   * Whether the caller may be told when the resource with this value changes; absent where none of the family does. It is
   * the same answer for one that is not there and for somebody else's.
   */
  changes?(value: string, ctx: ToolContext): Promise<boolean>;
}

/** The template's URI in RFC 6570 form: `record://{id}`. */
export function uriTemplateOf({ prefix, variable, suffix = '' }: ResourceTemplate): string {
  return `${prefix}{${variable}}${suffix}`;
}
