import { memoryStore } from '@mcp-everywhere/platform/state/memory';
import {
  type InputRequired,
  NO_INPUT,
  type PrincipalJobs,
  type RequestInput,
  type Tool,
  type ToolContext,
} from '../src/index.ts';

/** Jobs of nobody: a test about jobs brings its own. */
const noJobs: PrincipalJobs = {
  start: () => Promise.reject(new Error('this test starts no job')),
  get: async () => undefined,
  find: async () => undefined,
  cancel: async () => undefined,
};

/** A context as a server would make it, on memory stores, with nothing to fetch; override what a test is about. */
export function testContext(overrides: Partial<ToolContext> = {}): ToolContext {
  return {
    state: memoryStore(),
    shared: memoryStore(),
    cache: memoryStore(),
    jobs: noJobs,
    env: {},
    fetch: () => Promise.reject(new Error('this test fetches nothing')),
    log: { debug() {}, info() {}, warn() {}, error() {} },
    signal: new AbortController().signal,
    progress: () => Promise.resolve(),
    tell: () => Promise.resolve(),
    principal: { id: 'reader' },
    input: NO_INPUT,
    server: {
      target: 'node',
      runtime: { name: 'node', version: '24.0.0' },
      state: { kind: 'memory', consistency: 'strong' },
      cache: { kind: 'memory', consistency: 'strong' },
      jobs: 'on-demand',
      uptimeSeconds: () => 7,
      surfaceHash: () => Promise.resolve('0'.repeat(64)),
      environment: [{ variable: 'FETCH_PAGE_HOSTS', present: false }],
    },
    ...overrides,
  };
}

/** Calls a tool that is expected to complete, and gives its structured output and the text of its content. */
export async function complete(tool: Tool, args: unknown, ctx: ToolContext) {
  const outcome = await tool.call(args, ctx);
  if (outcome.kind !== 'complete') throw new Error(`${tool.name}: ${JSON.stringify(outcome)}`);
  const text = outcome.content?.map((block) => (block.type === 'text' ? block.text : '')).join('\n') ?? '';
  return { data: outcome.data, text, content: outcome.content };
}

/** Calls a tool that is expected to fail, and gives the message for the model. */
export async function fail(tool: Tool, args: unknown, ctx: ToolContext): Promise<string> {
  const outcome = await tool.call(args, ctx);
  if (outcome.kind !== 'failed') throw new Error(`${tool.name}: ${JSON.stringify(outcome)}`);
  return outcome.message;
}

/** Calls a tool with arguments that its schema is expected to refuse, and gives the message. */
export async function refuse(tool: Tool, args: unknown, ctx: ToolContext): Promise<string> {
  const outcome = await tool.call(args, ctx);
  if (outcome.kind !== 'invalid-arguments') throw new Error(`${tool.name}: ${JSON.stringify(outcome)}`);
  return outcome.message;
}

/** Calls a tool that is expected to ask, and gives what it asks and hands over. */
export async function asks(tool: Tool, args: unknown, ctx: ToolContext): Promise<InputRequired> {
  const outcome = await tool.call(args, ctx);
  if (outcome.kind !== 'input-required') throw new Error(`${tool.name}: ${JSON.stringify(outcome)}`);
  return outcome.required;
}

/** What a client brings that was asked, with the state that the tool handed over. */
export function answered(responses: Readonly<Record<string, unknown>>, state?: unknown): RequestInput {
  return {
    answerTo: ({ name, read }) => read(responses[name]),
    state: (schema) => schema.safeParse(state).data,
    canAnswer: () => true,
  };
}
