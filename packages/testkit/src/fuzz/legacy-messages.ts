import fc from 'fast-check';
import { MODERN_REVISION } from '../clients/revisions.ts';
import { type HeaderChanges, legacy } from '../clients/wire.ts';
import type { Draft } from './fuzz-message.ts';
import { modernRequests } from './modern-messages.ts';
import { oddText } from './odd-values.ts';
import { type Asked, CAPABILITIES, draftOf, id, NO_PARAMS, requests } from './requests.ts';
import type { World } from './world.ts';

const LEVELS = ['debug', 'info', 'warning', 'emergency'];
/** The session that a message names; of those that are on, off, ended and made up. */
function sessionHeader({ sessions }: World): fc.Arbitrary<HeaderChanges> {
  const naming = (ids: readonly string[]) => fc.constantFrom(...ids).map((held) => ({ 'mcp-session-id': held }));
  const forged = fc.oneof(fc.constantFrom('0'.repeat(32), 'x', '../state'), fc.uuid()).map(nameable);
  const none = fc.constant({});
  if (sessions === undefined) return fc.oneof({ weight: 8, arbitrary: none }, { weight: 1, arbitrary: forged });
  return fc.oneof(
    { weight: 8, arbitrary: naming(sessions.live) },
    { weight: 1, arbitrary: naming(sessions.ended) },
    { weight: 1, arbitrary: forged },
    { weight: 1, arbitrary: none },
  );
}

function nameable(sessionId: string): HeaderChanges {
  return { 'mcp-session-id': sessionId };
}

/** Requests of the legacy era, in sessions where there are some. */
export function legacyRequests(world: World): fc.Arbitrary<Draft> {
  const uri = fc.constantFrom(...world.uris);
  const own: fc.Arbitrary<Asked> = fc.oneof(
    fc.constant({ method: 'ping', params: NO_PARAMS }),
    fc.constantFrom(...LEVELS).map((level) => ({ method: 'logging/setLevel', params: { level } })),
    uri.map((given) => ({ method: 'resources/subscribe', params: { uri: given } })),
    uri.map((given) => ({ method: 'resources/unsubscribe', params: { uri: given } })),
    fc.record({ capabilities: fc.constantFrom(...CAPABILITIES), version: fc.constantFrom(...REVISIONS) }).map(
      ({ capabilities, version }): Asked => ({
        method: 'initialize',
        params: { protocolVersion: version, capabilities, clientInfo: { name: 'fuzz', version: '1.0.0' } },
      }),
    ),
  );
  return fc
    .record({
      asked: fc.oneof({ weight: 3, arbitrary: requests(world) }, { weight: 1, arbitrary: own }),
      headers: sessionHeader(world),
      id,
    })
    .map(({ asked: { method, params }, headers, id: ownId }) =>
      draftOf(legacy(method, params, { id: ownId, headers })),
    );
}

const REVISIONS = ['2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05', MODERN_REVISION, '1999-12-31', ''];

/** Notifications, and replies to what nobody has asked. */
export function legacyOthers(world: World): fc.Arbitrary<Draft> {
  const others = fc.oneof(
    fc.constantFrom(
      { method: 'notifications/initialized' },
      { method: 'notifications/roots/list_changed' },
      { method: 'notifications/cancelled', params: { requestId: 1 } },
      { method: 'notifications/progress', params: { progressToken: 1, progress: 0.5 } },
    ),
    fc.record({ id, result: fc.constantFrom({}, { action: 'accept', content: { confirm: true } }, { roots: [] }) }),
    fc.record({ id, error: fc.record({ code: fc.integer(), message: oddText }) }),
  );
  return fc
    .record({ message: others, headers: sessionHeader(world) })
    .map(({ message, headers }) => ({ ...draftOf(legacy('', {}, { headers })), json: { jsonrpc: '2.0', ...message } }));
}

/** Several messages in one POST, those of the other era among them. */
export function batches(world: World): fc.Arbitrary<Draft> {
  const part = fc.oneof(legacyRequests(world), legacyOthers(world), modernRequests(world));
  return fc
    .record({
      parts: fc.oneof({ weight: 20, arbitrary: fc.array(part, { maxLength: 6 }) }, { weight: 1, arbitrary: longBatch }),
      headers: sessionHeader(world),
    })
    .map(({ parts, headers }) => ({
      ...draftOf(legacy('', {}, { headers })),
      json: parts.map(({ json }) => json),
    }));
}

/** One more than the server takes. */
const longBatch = fc.constant(Array.from({ length: 101 }, (_, index) => draftOf(legacy('ping', {}, { id: index }))));

/** GET and DELETE: of no use without sessions. */
export function streamsAndEnds(world: World): fc.Arbitrary<Draft> {
  const { eventIds, ending } = world.sessions ?? { eventIds: [], ending: [] };
  const lastEventId = fc.oneof(fc.constantFrom('', 'none', ...eventIds), fc.uuid());
  const get = fc
    .record({ named: sessionHeader(world), lastEventId: fc.option(lastEventId), accept: fc.constantFrom(...ACCEPTED) })
    .map(({ named, lastEventId: last, accept }) => ({
      ...bodiless('GET', named),
      headers: { ...bodiless('GET', named).headers, accept, ...(last !== null && { 'last-event-id': last }) },
    }));
  const end = ending.length === 0 ? fc.constant(nameable('none')) : fc.constantFrom(...ending).map(nameable);
  return fc.oneof(
    { weight: 4, arbitrary: get },
    { weight: 1, arbitrary: end.map((named) => bodiless('DELETE', named)) },
  );
}

const ACCEPTED = ['text/event-stream', 'text/event-stream, application/json', 'application/json', '*/*'];

function bodiless(method: string, named: HeaderChanges): Draft {
  const { headers } = legacy('', {}, { headers: { 'content-type': undefined, ...named } });
  return { method, path: '/mcp', headers, json: undefined, changes: [] };
}
