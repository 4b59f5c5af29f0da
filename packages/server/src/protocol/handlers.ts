import { type Prompt, type Tool, uriTemplateOf } from '@mcp-everywhere/tools';
import {
  type CompleteResult,
  type GetPromptResult,
  type InputRequiredResult,
  ProtocolError,
  ProtocolErrorCode,
  type ReadResourceResult,
  ResourceNotFoundError,
} from '@modelcontextprotocol/server';
import type { Call } from '../context/tool-context.ts';
import type { RoundTrip } from './round-trip.ts';
import type { Service } from './service.ts';
import { TIMED_OUT, withinDeadline } from './within-deadline.ts';

/** The most completions one answer carries (the specification's bound). */
const MAX_COMPLETIONS = 100;

/**
 * `resources/read`.
 * @throws {ProtocolError} -32602 where there is no such resource; -32603 where the deadline passed first
 */
export async function readResource(service: Service, uri: string, call: Call): Promise<ReadResourceResult> {
  const found = service.registry.findResource(uri);
  const body =
    found && (await withinDeadline(service.deadline, call, async (bounded) => found.read(service.contextOf(bounded))));
  if (body === TIMED_OUT) {
    const message = `Reading "${uri}" was stopped: ${service.deadline?.because}.`;
    throw new ProtocolError(ProtocolErrorCode.InternalError, message);
  }
  if (body === undefined) {
    throw new ResourceNotFoundError(uri, `No resource "${uri}".`);
  }
  return { contents: [{ uri, ...body }] };
}

/**
 * The tool a `tools/call` names.
 * @throws {ProtocolError} -32602 where there is no such tool
 */
export function toolNamed(service: Service, name: string): Tool {
  const tool = service.registry.tools.get(name);
  if (tool !== undefined) return tool;
  throw new ProtocolError(ProtocolErrorCode.InvalidParams, `Unknown tool "${name}". tools/list names what there is.`);
}

/**
 * The prompt a `prompts/get` names.
 * @throws {ProtocolError} -32602 where there is no such prompt
 */
export function promptNamed(service: Service, name: string): Prompt {
  const prompt = service.registry.prompts.get(name);
  if (prompt !== undefined) return prompt;
  throw new ProtocolError(
    ProtocolErrorCode.InvalidParams,
    `Unknown prompt "${name}". prompts/list names what there is.`,
  );
}

/**
 * `prompts/get`.
 * @throws {ProtocolError} -32602 where its arguments do not fit
 * @throws {CannotAsk}
 */
export async function getPrompt(
  prompt: Prompt,
  args: unknown,
  { input, ask }: RoundTrip,
): Promise<GetPromptResult | InputRequiredResult> {
  const outcome = prompt.render(args ?? {}, input);
  if (outcome.kind === 'invalid-arguments') throw new ProtocolError(ProtocolErrorCode.InvalidParams, outcome.message);
  if (outcome.kind === 'input-required') return ask(outcome.required);
  return { description: prompt.description, messages: outcome.messages.map((message) => ({ ...message })) };
}

/**
 * `completion/complete` for the variable of a resource template. Prompt arguments are free text: they complete to nothing.
 * @throws {ProtocolError} -32602 where the reference names nothing of this surface, or the argument no variable of it
 */
export function complete(
  service: Service,
  ref: { readonly type: string; readonly uri?: string; readonly name?: string },
  argument: { readonly name: string; readonly value: string },
): CompleteResult {
  if (ref.type === 'ref/prompt' && service.registry.prompts.has(ref.name ?? '')) return completion([]);
  const template = service.registry.resourceTemplates.find((template) => uriTemplateOf(template) === ref.uri);
  if (template?.variable !== argument.name) {
    throw new ProtocolError(
      ProtocolErrorCode.InvalidParams,
      `Nothing to complete for "${argument.name}" of "${ref.uri ?? ref.name}".`,
    );
  }
  return completion(template.complete(argument.value));
}

function completion(values: readonly string[]): CompleteResult {
  return {
    completion: {
      values: values.slice(0, MAX_COMPLETIONS),
      total: values.length,
      hasMore: values.length > MAX_COMPLETIONS,
    },
  };
}

/**
 * The lists are one page; a cursor cannot be one of ours.
 * @throws {ProtocolError} -32602 where the request carries a cursor
 */
export function refuseCursor(params: { readonly cursor?: string | undefined } | undefined): void {
  if (params?.cursor !== undefined) {
    throw new ProtocolError(ProtocolErrorCode.InvalidParams, 'Unknown cursor: the list is one page.');
  }
}
