import { BusUnavailable } from '@mcp-everywhere/platform/events';
import { StoreUnavailable } from '@mcp-everywhere/platform/state';
import type { JSONRPCRequest } from '@modelcontextprotocol/server';
import * as z from 'zod';
import type { Call } from '../context/tool-context.ts';
import { FULL, MAX_STREAMS } from './held-streams.ts';
import { CLOSED, type Refusal, refusalResponse } from './rpc-error.ts';
import type { Service } from './service.ts';
import { openStream, type SubscriptionStream } from './subscription-stream.ts';

/** The method. */
export const LISTEN = 'subscriptions/listen';

/** How many resources one stream is about: each costs a look into the state. */
const MAX_RESOURCES = 64;

/** The streams on which clients listen (`subscriptions/listen`, modern era). */
export interface Subscriptions {
  listen(request: Request, message: JSONRPCRequest, call: Call): Promise<Response>;
  /** Ends all streams, each with the answer that says so, and refuses further ones. */
  end(): void;
}

/** A request with resources in its filter; every other is for the SDK to judge. */
const listenParams = z.looseObject({ notifications: z.looseObject({ resourceSubscriptions: z.array(z.string()) }) });

/** Serves `subscriptions/listen`: about resources that the caller may know of, and no other. */
export function subscriptions(service: Service): Subscriptions {
  const { listening } = service;
  const streams = new Set<SubscriptionStream>();
  // Those that are about to be opened count, too.
  let opening = 0;
  let isOver = false;

  const open = async (request: Request, message: JSONRPCRequest, call: Call): Promise<Response | Refusal> => {
    if (!listening.held) return notHere(listening.because);
    const { data: params } = listenParams.safeParse(message.params);
    const asked = new Set(params?.notifications.resourceSubscriptions);
    if (asked.size > MAX_RESOURCES) return TOO_MANY;
    const uris = await visibleTo(call, service, asked);
    const narrowed = params && { ...params, notifications: { ...params.notifications, resourceSubscriptions: uris } };
    const stream = await openStream(service, listening, call, uris, (released) => streams.delete(released));
    if (isOver) {
      stream.release();
      return CLOSED;
    }
    streams.add(stream);
    return stream.answer(request, { ...message, ...(narrowed && { params: narrowed }) });
  };

  return {
    async listen(request, message, call) {
      if (isOver) return refusalResponse(CLOSED, message.id);
      if (streams.size + opening >= MAX_STREAMS) return refusalResponse(FULL, message.id);
      opening += 1;
      try {
        const answer = await open(request, message, call);
        return answer instanceof Response ? answer : refusalResponse(answer, message.id);
      } catch (error) {
        if (!(error instanceof StoreUnavailable || error instanceof BusUnavailable)) throw error;
        return refusalResponse({ status: 503, code: -32_603, message: error.message }, message.id);
      } finally {
        opening -= 1;
      }
    },
    end() {
      isOver = true;
      for (const stream of streams) stream.end();
    },
  };
}

/** Those that change and that the caller may know of, spelled as they are published. */
async function visibleTo(call: Call, service: Service, uris: ReadonlySet<string>): Promise<string[]> {
  const context = service.contextOf(call);
  const visible = await Promise.all(
    [...uris].map(async (uri) => {
      const found = service.registry.findResource(uri);
      return found?.uri === uri && (await found.changes(context)) ? [uri] : [];
    }),
  );
  return visible.flat();
}

function notHere(because: string): Refusal {
  return {
    status: 404,
    code: -32_601,
    message: `Method not found: clients cannot listen here, because ${because}. Ask again for what you wait for, by get_job_result or resources/read.`,
  };
}

const TOO_MANY: Refusal = {
  status: 400,
  code: -32_602,
  message: `A stream is about at most ${MAX_RESOURCES} resources. Open another for the rest.`,
};
