import fc from 'fast-check';
import type { Draft } from './fuzz-message.ts';
import { batches, legacyOthers, legacyRequests, streamsAndEnds } from './legacy-messages.ts';
import { modernNotifications, modernRequests } from './modern-messages.ts';
import type { World } from './world.ts';

/** Messages as well-behaved clients of both eras send them, of each kind that there is. */
export function validMessages(world: World): fc.Arbitrary<Draft> {
  return fc.oneof(
    { weight: 6, arbitrary: modernRequests(world) },
    { weight: 1, arbitrary: modernNotifications },
    { weight: 6, arbitrary: legacyRequests(world) },
    { weight: 2, arbitrary: legacyOthers(world) },
    { weight: 1, arbitrary: batches(world) },
    { weight: 2, arbitrary: streamsAndEnds(world) },
  );
}
