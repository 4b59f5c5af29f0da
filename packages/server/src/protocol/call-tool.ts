import { QueueUnavailable } from '@mcp-everywhere/platform/jobs';
import type { Deadline } from '@mcp-everywhere/platform/limits';
import { StoreUnavailable } from '@mcp-everywhere/platform/state';
import { type Content, FetchRefused, type InputRequired, type Tool, type ToolOutcome } from '@mcp-everywhere/tools';
import type { CallToolResult } from '@modelcontextprotocol/server';
import type { Call } from '../context/tool-context.ts';
import { CannotAsk } from './cannot-ask.ts';
import type { Service } from './service.ts';
import { TIMED_OUT, withinDeadline } from './within-deadline.ts';

/**
 * Runs a tool and encodes what came back. Arguments that do not fit, failures, exceptions and a deadline that passed all
 * become tool errors (`isError: true`), so that the model can act on them; an exception's own text stays in the log.
 *
 * @param ask makes the answer where the tool has questions; without it there must be none
 */
export async function callTool<Asked = never>(
  service: Service,
  tool: Tool,
  args: unknown,
  call: Call,
  ask: (required: InputRequired) => Promise<Asked> = asksNothing,
): Promise<CallToolResult | Asked> {
  try {
    const outcome = await withinDeadline(service.deadline, call, (bounded) =>
      tool.call(args ?? {}, service.contextOf(bounded, tool)),
    );
    if (outcome === TIMED_OUT) return toolError(ranOutOfTime(tool.name, service.deadline));
    if (outcome.kind === 'input-required') return await ask(outcome.required);
    return outcome.kind === 'complete' ? encode(outcome) : toolError(outcome.message);
  } catch (error) {
    return toolError(explain(error, tool.name, call, service));
  }
}

async function asksNothing(): Promise<never> {
  throw new TypeError('A tool asks, and nobody is there to be asked');
}

/**
 * Makes the JSON of every output, also where the tool brings content of its own: what has no JSON (a cycle, a bigint)
 * throws here, where it becomes a tool error, and not while the response is written, where nobody would answer.
 */
function encode({ data, content }: Extract<ToolOutcome, { readonly kind: 'complete' }>): CallToolResult {
  const json = JSON.stringify(data);
  return {
    content: content === undefined ? [{ type: 'text', text: json }] : content.map(toWire),
    structuredContent: data,
  };
}

function toWire(block: Content): CallToolResult['content'][number] {
  return { ...block };
}

function toolError(message: string): CallToolResult {
  return { content: [{ type: 'text', text: message }], isError: true };
}

function ranOutOfTime(tool: string, deadline: Deadline | undefined): string {
  const seconds = (deadline?.ms ?? 0) / 1000;
  return `The tool "${tool}" was stopped after ${seconds} s: ${deadline?.because}. Ask for less at once.`;
}

function explain(error: unknown, tool: string, call: Call, service: Service): string {
  if (error instanceof FetchRefused || error instanceof CannotAsk) return error.message;
  // A client that went away is no fault of the tool, and anyone could fill the log with it.
  const level = call.signal().aborted ? 'debug' : 'error';
  service.log[level]('Tool {tool} threw', { tool, requestId: call.requestId, error });
  if (error instanceof StoreUnavailable || error instanceof QueueUnavailable) return error.message;
  return `The tool "${tool}" failed unexpectedly. The server's log has the cause under request ${call.requestId}.`;
}
