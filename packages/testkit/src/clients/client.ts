import * as z from 'zod';

/** What a tool call came to, as every client hands it over. */
export interface CallOutcome {
  readonly isError: boolean;
  /** Its text blocks. */
  readonly text: string;
  readonly types: readonly string[];
  /** The structured content; empty where there is none. */
  readonly structured: Readonly<Record<string, unknown>>;
}

/** A real client, of either era, cut down to what the suite asks of it. A refusal rejects with an error that has a `code`. */
export interface EraClient {
  readonly era: 'modern' | 'legacy';
  /** As negotiated; the legacy client knows it only over HTTP. */
  readonly protocolVersion: string | undefined;
  readonly serverInfo: { readonly name: string; readonly version: string } | undefined;
  readonly instructions: string | undefined;
  /** After it, the client validates the structured content of every call against the listed output schema. */
  listTools(): Promise<readonly ListedTool[]>;
  callTool(name: string, args?: Record<string, unknown>): Promise<CallOutcome>;
  listResources(): Promise<readonly unknown[]>;
  listResourceTemplates(): Promise<readonly { readonly uriTemplate: string }[]>;
  readResource(uri: string): Promise<unknown>;
  completeResource(uriTemplate: string, argument: string, typed: string): Promise<readonly string[]>;
  listPrompts(): Promise<readonly { readonly name: string }[]>;
  /** The texts of the prompt's messages. */
  getPrompt(name: string, args: Record<string, string>): Promise<readonly string[]>;
  close(): Promise<void>;
}

/** What a user does with a form, given its message. */
export type Elicit = (
  message: string,
) =>
  | { readonly action: 'accept'; readonly content: Record<string, boolean> }
  | { readonly action: 'decline' | 'cancel' };

interface ListedTool {
  readonly name: string;
  readonly title?: string | undefined;
  readonly description?: string | undefined;
  readonly inputSchema: object;
  readonly outputSchema?: object | undefined;
  readonly annotations?: object | undefined;
}

/** How a client reaches the server. */
export type Connection =
  | { readonly url: URL; readonly fetch: typeof fetch }
  | {
      readonly command: string;
      readonly args: string[];
      readonly cwd: string;
      readonly env: Record<string, string>;
    };

/** What the `Client` classes of both SDK generations have in common. */
interface SdkClient {
  getServerVersion(): { readonly name: string; readonly version: string } | undefined;
  getInstructions(): string | undefined;
  listTools(): Promise<{ readonly tools: readonly ListedTool[] }>;
  callTool(params: { name: string; arguments: Record<string, unknown> }): Promise<unknown>;
  listResources(): Promise<{ readonly resources: readonly unknown[] }>;
  listResourceTemplates(): Promise<{ readonly resourceTemplates: readonly { readonly uriTemplate: string }[] }>;
  readResource(params: { uri: string }): Promise<{ readonly contents: readonly unknown[] }>;
  complete(params: {
    ref: { type: 'ref/resource'; uri: string };
    argument: { name: string; value: string };
  }): Promise<{ readonly completion: { readonly values: readonly string[] } }>;
  listPrompts(): Promise<{ readonly prompts: readonly { readonly name: string }[] }>;
  getPrompt(params: { name: string; arguments: Record<string, string> }): Promise<{
    readonly messages: readonly { readonly content: unknown }[];
  }>;
  close(): Promise<void>;
}

const callResult = z.object({
  content: z.array(z.looseObject({ type: z.string(), text: z.string().optional() })),
  structuredContent: z.record(z.string(), z.unknown()).default({}),
  isError: z.boolean().default(false),
});

const textBlock = z.object({ type: z.literal('text'), text: z.string() });

/** Reads the result of `tools/call`. @throws where it is none */
export function callOutcome(result: unknown): CallOutcome {
  const { content, structuredContent, isError } = callResult.parse(result);
  const text = content.flatMap((block) => (block.type === 'text' ? [block.text] : [])).join('\n');
  return { isError, text, types: content.map(({ type }) => type), structured: structuredContent };
}

/** Makes one face of the two generations of the SDK's client. */
export function eraClient(era: EraClient['era'], client: SdkClient, protocolVersion: string | undefined): EraClient {
  return {
    era,
    protocolVersion,
    serverInfo: client.getServerVersion(),
    instructions: client.getInstructions(),
    listTools: async () => (await client.listTools()).tools,
    callTool: async (name, args = {}) => callOutcome(await client.callTool({ name, arguments: args })),
    listResources: async () => (await client.listResources()).resources,
    listResourceTemplates: async () => (await client.listResourceTemplates()).resourceTemplates,
    readResource: async (uri) => (await client.readResource({ uri })).contents,
    completeResource: async (uri, name, value) =>
      (await client.complete({ ref: { type: 'ref/resource', uri }, argument: { name, value } })).completion.values,
    listPrompts: async () => (await client.listPrompts()).prompts,
    getPrompt: async (name, args) =>
      (await client.getPrompt({ name, arguments: args })).messages.map(({ content }) => textBlock.parse(content).text),
    close: () => client.close(),
  };
}
