import fc from 'fast-check';
import type { Draft, FuzzMessage } from './fuzz-message.ts';
import { type HttpMutation, httpMutation, oversize } from './http-mutations.ts';
import { jsonMutations } from './json-mutations.ts';
import { encoded } from './odd-values.ts';
import { validMessages } from './valid-messages.ts';
import type { World } from './world.ts';

/** What a header can hold; the rest, no client could send. */
const UNSENDABLE = /[^\t\x20-\x7e\x80-\xff]/g;

/** Messages, one in four of them valid, the others with changes to their JSON, to their HTTP, or both. */
function fuzzMessages(world: World): fc.Arbitrary<FuzzMessage> {
  const valid = validMessages(world);
  const retyped = fc.tuple(valid, jsonMutations).map(([draft, { names, apply }]) => ({
    ...draft,
    json: draft.json === undefined ? undefined : apply(draft.json),
    changes: names,
  }));
  const draft = fc.oneof(valid, retyped);
  const http: fc.Arbitrary<readonly HttpMutation[]> = fc.oneof(
    { weight: 60, arbitrary: fc.array(httpMutation, { minLength: 1, maxLength: 2 }) },
    { weight: 1, arbitrary: fc.constant([oversize]) },
  );
  return fc.oneof(
    { weight: 2, arbitrary: draft.map(onTheWire) },
    {
      weight: 2,
      arbitrary: fc.tuple(draft, http).map(([made, changes]) => sendable(changes.reduce(changed, onTheWire(made)))),
    },
  );
}

/** The messages of a seed, always the same for the same world. */
export function messagesOf(world: World, seed: number, count: number): FuzzMessage[] {
  return fc.sample(fuzzMessages(world), { seed, numRuns: count });
}

function onTheWire({ json, ...rest }: Draft): FuzzMessage {
  return sendable({ ...rest, body: json === undefined ? undefined : Buffer.from(encoded(json)) });
}

function changed(message: FuzzMessage, { name, apply }: HttpMutation): FuzzMessage {
  return { ...apply(message), changes: [...message.changes, name] };
}

function sendable(message: FuzzMessage): FuzzMessage {
  const headers = Object.entries(message.headers).map(([name, value]) => [name, value.replaceAll(UNSENDABLE, '')]);
  return { ...message, headers: Object.fromEntries(headers) };
}
