import { sha256Hex } from '@mcp-everywhere/platform/digest';
import {
  type InputRequest,
  type InputRequired,
  NO_INPUT,
  type Principal,
  type Question,
  type RequestInput,
} from '@mcp-everywhere/tools';
import {
  CLIENT_CAPABILITIES_META_KEY,
  type ClientCapabilities,
  type InputRequests,
  type InputRequiredResult,
  inputRequired,
  isSpecType,
  ProtocolError,
  ProtocolErrorCode,
  type ServerContext,
} from '@modelcontextprotocol/server';
import canonicalize from 'canonicalize';
import * as z from 'zod';
import { CannotAsk } from './cannot-ask.ts';
import { requestState } from './request-state.ts';
import type { Service } from './service.ts';

/** A call that may ask: what the client brought with it, and how it is asked. */
export interface RoundTrip {
  readonly input: RequestInput;
  /** @throws {CannotAsk} where a client of the 2025 era cannot be asked */
  ask(required: InputRequired): Promise<InputRequiredResult>;
}

/** Which call it is: answers and state are for this one alone. */
export interface AskingCall {
  readonly method: 'tools/call' | 'prompts/get';
  readonly name: string;
  readonly arguments: unknown;
  readonly principal: Principal;
  readonly asks: readonly Question<unknown>[];
}

/** The client as the call shows it. */
interface Client {
  readonly era: 'legacy' | 'modern';
  /** What it declared when it connected; a modern client declares with each call. */
  readonly connected: ClientCapabilities | undefined;
}

const declaration = z.looseObject({});
const capabilities = z.object({
  elicitation: z.object({ form: declaration.optional(), url: declaration.optional() }).optional(),
  sampling: declaration.optional(),
  roots: declaration.optional(),
});
const envelope = z.object({ [CLIENT_CAPABILITIES_META_KEY]: capabilities });

type Declared = z.infer<typeof capabilities> | undefined;

/**
 * Opens a round of a call: reads the answers, and opens the state that the round before has sealed.
 *
 * @throws {ProtocolError} -32602 where the state is not one that this very call of this caller was given lately
 */
export async function openRound(
  { requestStateKeys }: Service,
  call: AskingCall,
  client: Client,
  context: ServerContext,
): Promise<RoundTrip> {
  const { mcpReq } = context;
  const sealed: unknown = mcpReq.requestState();
  if (call.asks.length === 0) {
    if (sealed !== undefined) throw refusedState();
    return { input: NO_INPUT, ask: () => Promise.reject(new TypeError(`"${call.name}" declares no questions`)) };
  }
  const declared =
    client.era === 'modern'
      ? envelope.safeParse(mcpReq.envelope).data?.[CLIENT_CAPABILITIES_META_KEY]
      : client.connected;
  const responses = mcpReq.inputResponses ?? {};
  const states = async () => requestState(requestStateKeys, await bindingOf(call), context);
  const held = typeof sealed === 'string' ? await (await states()).open(sealed) : undefined;
  if (sealed !== undefined && held === undefined) throw refusedState();

  return {
    input: {
      answerTo: ({ name, read }) => (Object.hasOwn(responses, name) ? read(responses[name]) : undefined),
      state: (schema) => (held === undefined ? undefined : schema.safeParse(held.state).data),
      canAnswer: ({ method }) => declares(declared, method),
    },
    async ask({ requests, state }) {
      // A modern client that cannot answer is refused by the SDK, with the code that the specification has for it.
      const unanswerable = Object.values(requests).find(({ method }) => !declares(declared, method));
      if (client.era === 'legacy' && unanswerable !== undefined) throw cannotAsk(call.name, unanswerable, client);
      const inputRequests = wireRequests(call.name, requests);
      if (state === undefined) return inputRequired({ inputRequests });
      return inputRequired({ inputRequests, requestState: await (await states()).seal(state) });
    },
  };
}

/** In canonical JSON, because a client may write the same arguments in another order. */
async function bindingOf({ principal, method, name, arguments: args }: AskingCall): Promise<string> {
  return JSON.stringify([principal.id, method, name, await sha256Hex(canonicalize(args ?? {}) ?? '')]);
}

/** One answer for every reason, and the same as the SDK's for a state that is no text. */
function refusedState(): ProtocolError {
  return new ProtocolError(ProtocolErrorCode.InvalidParams, 'Invalid or expired requestState', {
    reason: 'invalid_request_state',
  });
}

function declares(declared: Declared, method: InputRequest['method']): boolean {
  if (method === 'sampling/createMessage') return declared?.sampling !== undefined;
  if (method === 'roots/list') return declared?.roots !== undefined;
  const elicitation = declared?.elicitation;
  // Without a mode it means forms, as it did before there were modes.
  return elicitation !== undefined && (elicitation.form !== undefined || elicitation.url === undefined);
}

function cannotAsk(name: string, { method }: InputRequest, { connected }: Client): CannotAsk {
  const because =
    connected === undefined
      ? 'a client of the 2025 era can be asked only in a session, and this server keeps none (MCP_SESSIONS=on turns them on)'
      : 'this client does not declare that it answers that';
  return new CannotAsk(
    `"${name}" has to ask the client (${method}), but ${because}. Use a client of the 2026-07-28 revision that declares it.`,
  );
}

/** @throws {TypeError} where the specification has no such question: a bug of the tool */
function wireRequests(name: string, requests: InputRequired['requests']): InputRequests {
  return Object.fromEntries(
    Object.entries(requests).map(([key, request]) => {
      if (
        isSpecType.ElicitRequest(request) ||
        isSpecType.CreateMessageRequest(request) ||
        isSpecType.ListRootsRequest(request)
      ) {
        return [key, request];
      }
      throw new TypeError(`"${name}" asks "${key}" in a form that the specification does not have`);
    }),
  );
}
